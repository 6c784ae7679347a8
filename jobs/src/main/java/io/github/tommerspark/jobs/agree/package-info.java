/** How far the models of one dataset or of several agree on mentions. */
package io.github.tommerspark.jobs.agree;
