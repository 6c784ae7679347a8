/** What fuzz tests share. */
package io.github.tommerspark.testing;
