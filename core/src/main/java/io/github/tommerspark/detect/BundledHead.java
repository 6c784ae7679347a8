package io.github.tommerspark.detect;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.StrictJson;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.ResourceDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A head that this library brings for a backbone that it does not bring, and what that backbone has
 * to be like.
 *
 * @param name what the model is called
 * @param repository name of the backbone's repository on the Hugging Face Hub
 * @param family value of model_type
 * @param hiddenSize width of the hidden states
 * @param layers number of blocks of the whole backbone; one that was cut may have fewer
 * @param vocabularySize number of token ids
 * @param maxPositions longest sequence that it was made for
 */
record BundledHead(
    String name,
    String repository,
    String family,
    int hiddenSize,
    int layers,
    int vocabularySize,
    int maxPositions) {

  private static final String FOLDERS = "io/github/tommerspark/models/";
  private static final String RECORD = "tommer.json";
  private static final String HEAD = "head";
  private static final List<String> NAMES = BundledNames.of("heads");

  /** Names of all such heads, sorted. */
  static List<String> names() {
    return NAMES;
  }

  /**
   * The head of a name.
   *
   * @param name any text, or null
   * @return empty if there is no such head
   */
  static Optional<BundledHead> find(String name) {
    if (name == null || !NAMES.contains(name)) {
      return Optional.empty();
    }
    try {
      JsonNode backbone = StrictJson.read(folder(name), RECORD).get("backbone");
      return Optional.of(
          new BundledHead(
              name,
              backbone.get("repository").asText(),
              backbone.get("modelType").asText(),
              backbone.get("hiddenSize").intValue(),
              backbone.get("layers").intValue(),
              backbone.get("vocabularySize").intValue(),
              backbone.get("maxPositions").intValue()));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read bundled head " + name, e);
    }
  }

  private static ModelDirectory folder(String name) {
    return new ResourceDirectory(BundledHead.class.getClassLoader(), FOLDERS + name);
  }

  /** The head's files. */
  ModelDirectory files() throws IOException {
    return folder(name).folder(HEAD);
  }

  /** Instructions for getting the backbone. */
  String remedy() {
    return "fetch it with ./submit.sh pull %s, or name a snapshot or GGUF file of it with ‹model› %s=PATH"
        .formatted(repository, name);
  }

  /**
   * Refuses a backbone of another shape.
   *
   * @throws ModelFormatException naming both
   */
  void requireFit(BackbonePlan backbone) throws ModelFormatException {
    if (!backbone.family().equals(family)
        || backbone.hiddenSize() != hiddenSize
        || backbone.vocabularySize() != vocabularySize
        || backbone.maxPositions() != maxPositions
        || backbone.layers() > layers) {
      throw new ModelFormatException(
          String.format(
              Locale.ROOT,
              "Cannot use model %s with backbone %s, which is a %s of width %d with %d blocks, %d tokens and %d positions: its head was made for %s, a %s of width %d with %d blocks, %d tokens and %d positions; %s",
              name,
              backbone.directory().name(),
              backbone.family(),
              backbone.hiddenSize(),
              backbone.layers(),
              backbone.vocabularySize(),
              backbone.maxPositions(),
              repository,
              family,
              hiddenSize,
              layers,
              vocabularySize,
              maxPositions,
              remedy()));
    }
  }
}
