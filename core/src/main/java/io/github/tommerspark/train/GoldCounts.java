package io.github.tommerspark.train;

import java.io.Serializable;
import java.util.Locale;

/**
 * The fate of gold mentions when they were mapped to tokens.
 *
 * @param documents that were read
 * @param mentions in all
 * @param labelled that heads can learn, or find
 * @param repeated that have the tokens of another one
 * @param withoutToken whose first character lies in no token
 * @param atSequenceStart that begin with the first token of a sequence, which never starts a span;
 *     only where the tokenizer adds no token before it
 * @param beyondWindow that have more tokens than a head's window
 * @param acrossWindows that begin before the window of their document which owns their end
 * @param insideWords that begin or end within a word, where heads respect word boundaries
 */
public record GoldCounts(
    long documents,
    long mentions,
    long labelled,
    long repeated,
    long withoutToken,
    long atSequenceStart,
    long beyondWindow,
    long acrossWindows,
    long insideWords)
    implements Serializable {

  /** No documents. */
  public static final GoldCounts NONE = new GoldCounts(0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** The counts of both. */
  public GoldCounts and(GoldCounts other) {
    return new GoldCounts(
        documents + other.documents,
        mentions + other.mentions,
        labelled + other.labelled,
        repeated + other.repeated,
        withoutToken + other.withoutToken,
        atSequenceStart + other.atSequenceStart,
        beyondWindow + other.beyondWindow,
        acrossWindows + other.acrossWindows,
        insideWords + other.insideWords);
  }

  /** For people, on one line. */
  public String summary() {
    return String.format(
        Locale.ROOT,
        "%,d documents with %,d gold mentions: %,d labelled, %,d with the tokens of another, lost %,d to tokenisation, %,d at the first token of a sequence, %,d longer than the window, %,d across windows of long documents, %,d cut through a word",
        documents,
        mentions,
        labelled,
        repeated,
        withoutToken,
        atSequenceStart,
        beyondWindow,
        acrossWindows,
        insideWords);
  }
}
