package io.github.tommerspark.engine;

/**
 * Thrown where the memory of a device does not suffice even for the smallest piece of work. Who
 * else uses the device has a part in that, and no text.
 */
public final class DeviceMemoryException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** A lack of memory; the message says what to do. */
  public DeviceMemoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
