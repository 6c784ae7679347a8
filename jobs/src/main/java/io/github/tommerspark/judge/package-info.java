/**
 * A language model as judge of mentions: what it is asked, how its answers are read, kept and
 * counted. Runs on the driver and knows nothing of Spark.
 *
 * <p>The protocol is that of the ToMMeR paper's reference code (llm2ner, {@code
 * baselines/llmAsJudge.py}): a mention is shown in double brackets with 30 characters of text on
 * either side; the judge gives its reason in one sentence and then says yes or no. The wording is
 * our own.
 */
@NullMarked
package io.github.tommerspark.judge;

import org.jspecify.annotations.NullMarked;
