/** Has a language model judge a sample of the mentions that were found. */
@NullMarked
package io.github.tommerspark.jobs.judge;

import org.jspecify.annotations.NullMarked;
