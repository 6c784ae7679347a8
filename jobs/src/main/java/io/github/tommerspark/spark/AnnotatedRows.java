package io.github.tommerspark.spark;

import io.github.tommerspark.detect.DocumentMentions;
import io.github.tommerspark.detect.MentionDetector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * The rows of a partition, annotated: reads ahead a bounded number of rows, so that the detector
 * can fill its batches with texts of like length, and returns them in the order they came in.
 *
 * @param <I> a row to annotate
 * @param <O> an annotated row
 */
public abstract class AnnotatedRows<I, O> implements Iterator<O> {

  /** Rows read ahead at most. */
  static final int LOOK_AHEAD_ROWS = 512;

  /** Characters of text after which no further row is read ahead. */
  static final long LOOK_AHEAD_CHARS = 2_000_000;

  private final Iterator<I> input;
  private final ExecutorModels.Loaded models;
  private final ArrayDeque<O> ready = new ArrayDeque<>();

  /**
   * Annotates rows when they are asked for.
   *
   * @param input the rows
   * @param models find the mentions
   */
  protected AnnotatedRows(Iterator<I> input, ExecutorModels.Loaded models) {
    this.input = input;
    this.models = models;
  }

  /** The text that the detector reads of a row. */
  protected abstract List<String> texts(I row);

  /**
   * Returns the share of a row in the memory of waiting rows, in characters of text.
   *
   * @param texts of the row
   */
  protected long weight(I row, List<String> texts) {
    long chars = 0;
    for (String text : texts) {
      chars += text.length();
    }
    return chars;
  }

  /**
   * The annotated row.
   *
   * @param found the mentions in each of its texts
   */
  protected abstract O output(I row, List<DocumentMentions> found);

  /**
   * Rows that were read ahead have been annotated.
   *
   * @param annotateNanos in the detector
   * @param forwardNanos of these, in forward calls
   */
  protected abstract void done(long annotateNanos, long forwardNanos);

  /** Counts what was found in a row for the metrics of this JVM. */
  protected static void counted(long tokens, long windows, long mentions) {
    ExecutorCounts.MENTIONS.add(mentions);
    ExecutorCounts.TOKENS.add(tokens);
    ExecutorCounts.WINDOWS.add(windows);
  }

  @Override
  public final boolean hasNext() {
    if (ready.isEmpty()) {
      List<Pending<I>> chunk = readAhead();
      if (!chunk.isEmpty()) {
        annotate(chunk);
      }
    }
    return !ready.isEmpty();
  }

  @Override
  public final O next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return ready.remove();
  }

  private record Pending<I>(I row, List<String> texts) {}

  private List<Pending<I>> readAhead() {
    long begin = System.nanoTime();
    List<Pending<I>> chunk = new ArrayList<>();
    long weight = 0;
    while (chunk.size() < LOOK_AHEAD_ROWS && weight < LOOK_AHEAD_CHARS && input.hasNext()) {
      I row = input.next();
      List<String> texts = texts(row);
      chunk.add(new Pending<>(row, texts));
      weight += weight(row, texts);
    }
    ExecutorCounts.INPUT_NANOS.add(System.nanoTime() - begin);
    return chunk;
  }

  private void annotate(List<Pending<I>> chunk) {
    List<String> texts = new ArrayList<>(chunk.size());
    chunk.forEach(pending -> texts.addAll(pending.texts()));
    long begin = System.nanoTime();
    long forward = MentionDetector.forwardNanosOfThread();
    List<DocumentMentions> found = models.detector().annotate(texts);
    long took = System.nanoTime() - begin;
    ExecutorCounts.ANNOTATE_NANOS.add(took);
    int next = 0;
    for (Pending<I> pending : chunk) {
      int end = next + pending.texts().size();
      ready.add(output(pending.row(), found.subList(next, end)));
      ExecutorCounts.ROWS.increment();
      next = end;
    }
    done(took, MentionDetector.forwardNanosOfThread() - forward);
  }
}
