package io.github.tommerspark.jobs.train;

import io.github.tommerspark.head.HeadType;
import io.github.tommerspark.head.ScoreNormalization;
import io.github.tommerspark.train.HeadLayout;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** Options of the shape of heads. */
final class HeadOptions {

  @Option(
      names = "--head-type",
      paramLabel = "TYPE",
      defaultValue = "published",
      description =
          "published is the paper's layout; boundary looks at first and last tokens with their neighbours and at what lies inside a span, and finds more (default: ${DEFAULT-VALUE}).")
  private String headType;

  @Option(
      names = "--token-size",
      paramLabel = "N",
      defaultValue = "" + HeadLayout.TOKEN_SIZE,
      description = "Numbers per token of boundary heads (default: ${DEFAULT-VALUE}).")
  private int tokenSize;

  @Option(
      names = "--embedding-size",
      paramLabel = "N",
      defaultValue = "" + HeadLayout.EMBEDDING_SIZE,
      description =
          "Numbers per token in its context of boundary heads (default: ${DEFAULT-VALUE}).")
  private int embeddingSize;

  @Option(
      names = "--inside-probes",
      paramLabel = "N",
      defaultValue = "" + HeadLayout.INSIDE_PROBES,
      description =
          "Probes whose greatest and least values inside a span boundary heads use (default: ${DEFAULT-VALUE}).")
  private int insideProbes;

  @Option(
      names = "--word-boundaries",
      negatable = true,
      description =
          "Learn and find only mentions that begin and end at word boundaries (default: no; yes for boundary heads).")
  private Boolean wordBoundaries;

  @Option(
      names = "--window",
      paramLabel = "N",
      defaultValue = "25",
      description =
          "Largest distance between the first and last token of a mention, which has one token more; 0 is no limit (default: ${DEFAULT-VALUE}).")
  private int window;

  @Option(
      names = "--cosine",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Match tokens by cosine, or with --no-cosine by scaled product (default: cosine).")
  private boolean cosine;

  @Option(
      names = "--causal",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Mask starts after the end, or with --no-causal let them take part (default: causal).")
  private boolean causal;

  @Option(
      names = "--normalize-scores",
      paramLabel = "NAME",
      defaultValue = "none",
      description = "none, log_sigmoid or atan, applied to matches (default: ${DEFAULT-VALUE}).")
  private String normalization;

  /** Returns the kind of head. */
  HeadType type() {
    return HeadType.parse(headType);
  }

  /** Returns the layout of heads. */
  HeadLayout layout() {
    HeadType type = type();
    return new HeadLayout(
        type,
        tokenSize,
        embeddingSize,
        insideProbes,
        wordBoundaries != null ? wordBoundaries : type == HeadType.BOUNDARY);
  }

  /** Returns the largest distance between the first and last token of a mention; 0 is no limit. */
  int window() {
    return window;
  }

  /** Returns whether tokens are matched by cosine. */
  boolean cosine() {
    return cosine;
  }

  /** Returns whether starts after the end are masked. */
  boolean causal() {
    return causal;
  }

  /** Returns what is applied to matches. */
  ScoreNormalization normalization() {
    return Arrays.stream(ScoreNormalization.values())
        .filter(one -> name(one).equals(normalization))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Unknown --normalize-scores \"%s\": use one of %s"
                        .formatted(
                            normalization,
                            Arrays.stream(ScoreNormalization.values())
                                .map(HeadOptions::name)
                                .collect(Collectors.joining(", ")))));
  }

  private static String name(ScoreNormalization normalization) {
    return normalization == ScoreNormalization.NONE ? "none" : normalization.key();
  }
}
