package io.github.tommerspark.backbone;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** The config.json files of published backbones, by name: their shapes without their weights. */
public final class PublishedShapes {
  private static final String FOLDER = "/io/github/tommerspark/shapes/";

  private static final List<String> NAMES =
      List.of(
          "Llama-3.2-1B",
          "Llama-3.2-3B",
          "Llama-3.1-8B",
          "pythia-14m",
          "pythia-70m",
          "pythia-160m",
          "pythia-410m",
          "pythia-1b",
          "pythia-1.4b",
          "pythia-2.8b",
          "pythia-6.9b",
          "pythia-12b",
          "gpt-neox-20b",
          "gpt2",
          "Mistral-7B-v0.1",
          "Mistral-7B-v0.3",
          "phi-1_5",
          "phi-2",
          "phi-4",
          "gemma-2-2b",
          "bert-base-uncased",
          "bge-small-en-v1.5",
          "roberta-base",
          "distilbert-base-uncased",
          "electra-small-discriminator",
          "ModernBERT-base");

  private PublishedShapes() {}

  /** The names, family by family. */
  public static List<String> names() {
    return NAMES;
  }

  /**
   * The config.json of a published backbone.
   *
   * @param name in any case
   * @throws IllegalArgumentException if there is none of that name; the message lists the names
   */
  public static byte[] config(String name) {
    String known =
        NAMES.stream()
            .filter(name::equalsIgnoreCase)
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "Unknown shape \"%s\": use one of %s, or the path of a config.json"
                            .formatted(name, String.join(", ", NAMES))));
    try (InputStream config = PublishedShapes.class.getResourceAsStream(FOLDER + known + ".json")) {
      return config.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the shape " + known, e);
    }
  }
}
