/**
 * Outputs and their commits: what belongs to an output is what its commits name, and nothing else.
 * The protocol is described in {@code docs/outputs.md}. Also results of a few files, and how a file
 * appears whole or not at all.
 */
package io.github.tommerspark.jobs.output;
