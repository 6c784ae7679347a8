package io.github.tommerspark.engine;

import org.jspecify.annotations.Nullable;

/**
 * Thrown where a device failed, whatever it was to compute, so that this process can use it no
 * more: nothing that a text could be blamed for. In another process the same work may well succeed.
 */
public final class DeviceFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  DeviceFailedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
