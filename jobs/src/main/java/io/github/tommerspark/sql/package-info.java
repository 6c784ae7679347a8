/**
 * The function {@code mentions} of SQL: its arguments, and the rewriting of plans that makes an
 * operator over partitions of each call. What Spark's Scala collections touch is in {@code
 * src/main/catalyst}, compiled once for each version of Scala.
 */
package io.github.tommerspark.sql;
