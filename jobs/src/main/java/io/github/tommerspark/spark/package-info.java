/**
 * The code that runs inside Spark's executors: the models of a JVM, the function that annotates a
 * partition, and the columns it writes.
 */
package io.github.tommerspark.spark;
