/**
 * The front door: texts in, mentions out. {@link io.github.tommerspark.detect.MentionDetector} ties
 * tokenizer, backbone, heads and decoders together and is usable from plain Java, without Spark.
 */
package io.github.tommerspark.detect;
