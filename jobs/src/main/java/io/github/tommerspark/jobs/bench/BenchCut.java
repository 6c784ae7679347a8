package io.github.tommerspark.jobs.bench;

import io.github.tommerspark.detect.ModelTokens;
import io.github.tommerspark.text.TokenizedText;
import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The cutting of a corpus into documents, to see what their length does.
 *
 * @param tokens of a document; 0 for documents as they are, -1 for one sentence each
 */
record BenchCut(int tokens) {

  static final BenchCut NONE = new BenchCut(0);
  private static final int SENTENCE = -1;
  private static final String NONE_LABEL = "document";
  private static final String SENTENCE_LABEL = "sentence";
  private static final String JOIN = "\n\n";

  /**
   * The cut of that label: {@code document}, {@code sentence} or a number of tokens.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  static BenchCut parse(String label) {
    if (label.equals(NONE_LABEL)) {
      return NONE;
    } else if (label.equals(SENTENCE_LABEL)) {
      return new BenchCut(SENTENCE);
    } else if (label.matches("[1-9][0-9]{0,8}")) {
      return new BenchCut(Integer.parseInt(label));
    }
    throw new IllegalArgumentException(
        "--document-tokens must be %s, %s or a number of tokens, but is \"%s\""
            .formatted(NONE_LABEL, SENTENCE_LABEL, label));
  }

  /** As {@link #parse} takes it. */
  String label() {
    return switch (tokens) {
      case 0 -> NONE_LABEL;
      case SENTENCE -> SENTENCE_LABEL;
      default -> Integer.toString(tokens);
    };
  }

  /**
   * Cuts texts.
   *
   * @param texts in order
   * @param tokenizer counts tokens
   * @return the documents, which together are the texts
   */
  List<String> documents(List<String> texts, ModelTokens tokenizer) {
    if (tokens == 0) {
      return texts;
    }
    List<String> documents = new ArrayList<>();
    if (tokens == SENTENCE) {
      texts.forEach(text -> addSentences(text, documents));
      return documents;
    }
    String whole = String.join(JOIN, texts);
    TokenizedText tokenized = tokenizer.tokenize(whole);
    int begin = 0;
    for (int i = tokens; i < tokenized.size() + tokens; i += tokens) {
      int end = i < tokenized.size() ? tokenized.start(i) : whole.length();
      if (end > begin) {
        documents.add(whole.substring(begin, end));
      }
      begin = end;
    }
    return documents;
  }

  private static void addSentences(String text, List<String> documents) {
    BreakIterator sentences = BreakIterator.getSentenceInstance(Locale.ROOT);
    sentences.setText(text);
    int begin = sentences.first();
    for (int end = sentences.next(); end != BreakIterator.DONE; end = sentences.next()) {
      String sentence = text.substring(begin, end).strip();
      if (!sentence.isEmpty()) {
        documents.add(sentence);
      }
      begin = end;
    }
  }
}
