package io.github.tommerspark.judge;

import java.nio.charset.StandardCharsets;

/**
 * A mention to be judged. Mentions that look the same in the same surroundings are one question.
 *
 * @param key SHA-256 of the request, in hex: the judge's name, the prompt and the excerpt decide
 *     it, the endpoint does not
 * @param excerpt the marked mention with the text around it
 * @param request the body to be posted, JSON
 */
public record Question(String key, String excerpt, String request) {

  private static final int BYTES_PER_TOKEN = 4;

  /** Tokens of the request, roughly: a token for every four bytes. */
  public long estimatedTokens() {
    return ((long) request.getBytes(StandardCharsets.UTF_8).length + BYTES_PER_TOKEN - 1)
        / BYTES_PER_TOKEN;
  }
}
