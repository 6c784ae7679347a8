/**
 * Outputs and their commits: what belongs to an output is what its commits name, and nothing else.
 * The protocol is described in {@code docs/outputs.md}.
 */
package io.github.tommerspark.jobs.output;
