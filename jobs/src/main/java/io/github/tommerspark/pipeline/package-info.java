/**
 * Mention detection as a stage of Spark ML pipelines, beside Spark NLP's annotators or without
 * them.
 */
package io.github.tommerspark.pipeline;
