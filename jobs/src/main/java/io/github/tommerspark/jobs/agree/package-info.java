/** The agreement of the models of one dataset or of several on mentions. */
package io.github.tommerspark.jobs.agree;
