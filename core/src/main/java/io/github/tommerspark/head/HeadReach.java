package io.github.tommerspark.head;

import java.io.Serializable;

/**
 * The reach of a head, by which texts are cut into windows.
 *
 * @param window largest distance between the first and the last token of a span; 0 for no limit
 * @param leftContextOnly whether the score of a span depends on nothing behind it but the next
 *     token
 */
public record HeadReach(int window, boolean leftContextOnly) implements Serializable {}
