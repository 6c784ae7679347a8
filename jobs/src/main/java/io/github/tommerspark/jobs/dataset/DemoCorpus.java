package io.github.tommerspark.jobs.dataset;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The corpus that comes with the jar: some encyclopedic texts, for demonstrations and trials. */
public final class DemoCorpus {

  private static final String RESOURCE = "/io/github/tommerspark/demo/corpus.jsonl";
  private static final ObjectMapper JSON = new ObjectMapper();

  private DemoCorpus() {}

  /**
   * The corpus from its beginning, JSON Lines with the fields {@code id}, {@code title} and {@code
   * text}.
   */
  public static InputStream open() {
    return DemoCorpus.class.getResourceAsStream(RESOURCE);
  }

  /**
   * Its texts in order, without rows that have none.
   *
   * @throws IOException if the jar cannot be read
   */
  public static List<String> texts() throws IOException {
    List<String> texts = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(open(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String text = JSON.readTree(line).path("text").textValue();
        if (text != null) {
          texts.add(text);
        }
      }
    }
    return texts;
  }
}
