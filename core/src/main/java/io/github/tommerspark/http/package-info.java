/** Answers of servers that nobody vouches for: what all clients do with them. */
@NullMarked
package io.github.tommerspark.http;

import org.jspecify.annotations.NullMarked;
