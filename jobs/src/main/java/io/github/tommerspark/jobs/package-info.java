/**
 * The jobs and their command line. A job takes its options as a record, is run with a Spark
 * session, and returns a result; the command parses options before and prints the result after.
 */
package io.github.tommerspark.jobs;
