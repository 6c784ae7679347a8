package io.github.tommerspark.text;

import java.util.Locale;

/** Policy on beginning sequences with a beginning-of-sequence token. */
public enum BosPolicy {
  /** The special tokens that the tokenizer's own post-processor adds, as upstream does. */
  TOKENIZER,
  /**
   * Additionally a beginning-of-sequence token where the post-processor adds nothing in front. For
   * heads that were trained so.
   */
  ALWAYS;

  /**
   * Reads a policy as users write it.
   *
   * @param text {@code tokenizer} or {@code always}
   * @return the policy
   * @throws IllegalArgumentException if the text is neither
   */
  public static BosPolicy parse(String text) {
    for (BosPolicy policy : values()) {
      if (policy.label().equals(text)) {
        return policy;
      }
    }
    throw new IllegalArgumentException(
        "Cannot use BOS policy \"" + text + "\": it must be tokenizer or always");
  }

  /**
   * The policy as users write it.
   *
   * @return {@code tokenizer} or {@code always}
   */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
