/** JMH benchmarks of the pieces written in Java: what is not a product of matrices. */
package io.github.tommerspark.benchmarks;
