package io.github.tommerspark.hub;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of a model on a Hub, as the command line has it: {@code org/name}, with a branch, tag or
 * commit as {@code org/name@revision}, and with a GGUF file in it as {@code
 * org/name/model-Q4_K_M.gguf} or {@code org/name@revision/model-Q4_K_M.gguf}.
 *
 * @param name organisation or user, a slash, and the name of the repository
 * @param revision branch, tag or commit; {@code main} if none was named
 * @param file the GGUF file, relative to the repository; null for the model of its root
 */
public record RepositoryId(String name, String revision, @Nullable String file) {

  /** The branch that is meant where none is named. */
  public static final String MAIN = "main";

  private static final String PART = "[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?";
  private static final Pattern NAME = Pattern.compile(PART + "/" + PART);
  private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._/+-]{0,199}");
  private static final Pattern FILE =
      Pattern.compile("(?:[A-Za-z0-9_][A-Za-z0-9._ +-]*/)*[A-Za-z0-9_][A-Za-z0-9._ +-]*\\.gguf");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern ID =
      Pattern.compile("(?<name>[^/@]+/[^/@]+)(?:@(?<revision>.+?))?(?:/(?<file>[^@]+\\.gguf))?");

  /**
   * Checks the parts.
   *
   * @throws IllegalArgumentException naming the part that cannot be one
   */
  public RepositoryId {
    if (!NAME.matcher(name).matches()
        || name.contains("--")
        || name.contains("..")
        || name.endsWith(".git")
        || name.endsWith(".gguf")) {
      throw new IllegalArgumentException(
          "\"%s\" is no name of a model on a Hub: it is an organisation or user, a slash and a name, such as meta-llama/Llama-3.2-1B"
              .formatted(name));
    }
    if (!REVISION.matcher(revision).matches() || !isRelative(revision)) {
      throw new IllegalArgumentException(
          "\"%s\" is no revision: it is the name of a branch or tag, or a commit"
              .formatted(revision));
    }
    if (file != null && (!FILE.matcher(file).matches() || !isRelative(file))) {
      throw new IllegalArgumentException("\"%s\" is no name of a GGUF file".formatted(file));
    }
  }

  /**
   * Understands what the user wrote.
   *
   * @return nothing if it does not look like the name of a model on a Hub
   */
  public static Optional<RepositoryId> parse(String given) {
    Matcher matcher = ID.matcher(given);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String revision = matcher.group("revision");
    try {
      return Optional.of(
          new RepositoryId(
              matcher.group("name"), revision == null ? MAIN : revision, matcher.group("file")));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** This model, at another revision. */
  public RepositoryId withRevision(String revision) {
    return new RepositoryId(name, revision, file);
  }

  /** A GGUF file of this repository. */
  public RepositoryId withFile(String file) {
    return new RepositoryId(name, revision, file);
  }

  /** The name without the organisation. */
  public String shortName() {
    return name.substring(name.indexOf('/') + 1);
  }

  boolean isCommit() {
    return isCommit(revision);
  }

  static boolean isCommit(String revision) {
    return COMMIT.matcher(revision).matches();
  }

  /** The repository's directory in the cache. */
  String folder() {
    return "models--" + name.replace("/", "--");
  }

  /** The command that fetches it. */
  public String pullCommand() {
    return "./submit.sh pull " + this;
  }

  private static boolean isRelative(String path) {
    for (String segment : path.split("/", -1)) {
      if (segment.isEmpty() || segment.startsWith(".") || segment.endsWith(".lock")) {
        return false;
      }
    }
    return !path.contains("..");
  }

  @Override
  public String toString() {
    return name + (revision.equals(MAIN) ? "" : "@" + revision) + (file == null ? "" : "/" + file);
  }
}
