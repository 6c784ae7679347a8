/** Makes the bundled models' snapshots when the product is built; not part of the jar. */
package io.github.tommerspark.models;
