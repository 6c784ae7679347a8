/**
 * Things that commands share and users see: options of the model and of the machine, the Spark
 * session, errors in a line, locations without their secrets, text with its mentions marked.
 */
package io.github.tommerspark.jobs.cli;
