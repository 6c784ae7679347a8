/** Reads what the other jobs wrote and makes one page of it. */
package io.github.tommerspark.jobs.report;
