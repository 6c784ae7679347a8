/**
 * Messages as users read them, whichever way they came in: failures in one line without secrets,
 * options by the names they have there, names near a mistyped one, and the version.
 */
@NullMarked
package io.github.tommerspark.message;

import org.jspecify.annotations.NullMarked;
