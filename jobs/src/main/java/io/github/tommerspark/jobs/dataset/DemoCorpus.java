package io.github.tommerspark.jobs.dataset;

import java.io.InputStream;

/** The corpus that comes with the jar: some encyclopedic texts, for demonstrations and trials. */
public final class DemoCorpus {

  private static final String RESOURCE = "/io/github/tommerspark/demo/corpus.jsonl";

  private DemoCorpus() {}

  /**
   * The corpus from its beginning, JSON Lines with the fields {@code id}, {@code title} and {@code
   * text}.
   */
  public static InputStream open() {
    return DemoCorpus.class.getResourceAsStream(RESOURCE);
  }
}
