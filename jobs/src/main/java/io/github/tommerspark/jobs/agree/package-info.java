/** The agreement of the models of one dataset or of several on mentions. */
@NullMarked
package io.github.tommerspark.jobs.agree;

import org.jspecify.annotations.NullMarked;
