/** Models as users name them, on the command line, in a pipeline or in SQL. */
package io.github.tommerspark.model;
