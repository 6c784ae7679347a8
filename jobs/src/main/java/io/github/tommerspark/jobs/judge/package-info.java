/** Has a language model judge a sample of the mentions that were found. */
package io.github.tommerspark.jobs.judge;
