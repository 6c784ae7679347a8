package io.github.tommerspark.report;

import io.github.tommerspark.results.ResultJson;
import java.io.IOException;
import java.util.List;

/** Sections from the JSON files that other commands write. */
public final class Results {

  /** Names of those files. */
  public static final List<String> FILES = List.of("agreement.json", "evaluation.json");

  private Results() {}

  /**
   * Reads a file.
   *
   * @param json its content
   * @param file its name, for messages and as the source
   * @return the section of its {@code kind}
   * @throws IOException if it is no such file; the message is one line
   */
  public static Section read(byte[] json, String file) throws IOException {
    String kind = ResultJson.read(json, file, Kind.class).kind();
    return switch (kind == null ? "" : kind) {
      case "agreement" -> AgreementSection.read(json, file);
      case "evaluation" -> EvaluationSection.read(json, file);
      default ->
          throw new IOException(
              "Cannot read %s: field \"kind\" is %s, but must be \"agreement\" or \"evaluation\", as the commands agree and evaluate write it"
                  .formatted(file, kind == null ? "missing" : '"' + kind + '"'));
    };
  }

  private record Kind(String kind) {}
}
