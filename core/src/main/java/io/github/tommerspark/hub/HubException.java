package io.github.tommerspark.hub;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A model of a Hub cannot be had; the message is one line that says why and what to do. */
public final class HubException extends IOException {

  private static final long serialVersionUID = 1L;

  HubException(String message) {
    super(message);
  }

  HubException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
