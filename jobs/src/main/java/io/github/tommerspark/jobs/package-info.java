/**
 * The command line. {@link io.github.tommerspark.jobs.TommerSpark} is what spark-submit starts;
 * every job has a package of its own below, with its command: the command parses options, the job
 * takes them as a record, is run with a Spark session and returns a result, and the command prints
 * it. Commands that are no jobs are here.
 *
 * <p>Jobs rest on {@code dataset}, which reads corpora and writes outputs, and on {@code cli},
 * which has the options and messages that commands share. {@code bench} runs {@code annotate}; no
 * other job knows another.
 */
package io.github.tommerspark.jobs;
