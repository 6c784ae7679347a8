/**
 * The native engine behind the models: libtorch, driven with TorchScript sources that are shipped
 * as text and with weights that are passed in on every call.
 */
@NullMarked
package io.github.tommerspark.engine;

import org.jspecify.annotations.NullMarked;
