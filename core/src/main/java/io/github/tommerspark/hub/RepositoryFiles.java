package io.github.tommerspark.hub;

import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.source.LocalDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The files of a repository that a model needs: of a backbone its config, tokenizer and weights, of
 * a head its definition and parameters, of a classifier its settings and parameters; and heads and
 * classifiers in folders of a backbone, as its {@code tommer.json} names them.
 */
final class RepositoryFiles {

  /** The kind of thing that a repository holds at its root. */
  enum Kind {
    BACKBONE,
    HEAD,
    CLASSIFIER
  }

  private static final String CONFIG = "config.json";
  private static final String TOKENIZER = "tokenizer.json";
  private static final String RECORD = "tommer.json";
  private static final String WEIGHTS = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";
  private static final String NEWER_HEAD = "experimaestro.json";
  private static final String BOUNDARY_HEAD = "boundary.json";
  private static final String OLDER_HEAD = "definition.json";
  private static final String OLDER_PARAMETERS = "parameters";
  private static final String CLASSIFIER = "classifier.json";
  private static final String SAFETENSORS = ".safetensors";

  private final Set<String> names;

  RepositoryFiles(Collection<String> names) {
    this.names = new TreeSet<>(names);
  }

  /** Returns the kind of thing at the root; empty if it is none of these. */
  Optional<Kind> kind() {
    if (names.contains(NEWER_HEAD) || names.contains(OLDER_HEAD) || names.contains(BOUNDARY_HEAD)) {
      return Optional.of(Kind.HEAD);
    } else if (names.contains(CLASSIFIER)) {
      return Optional.of(Kind.CLASSIFIER);
    } else if (names.contains(CONFIG)) {
      return Optional.of(Kind.BACKBONE);
    }
    return Optional.empty();
  }

  /**
   * The files to fetch, those that describe a model before its weights. Of a sharded backbone these
   * are without the shards, which {@link #shards} has.
   *
   * @throws HubException if what is there cannot be used
   */
  List<String> needed(RepositoryId id) throws HubException {
    if (id.file() != null) {
      if (!names.contains(id.file())) {
        throw new HubException(
            "%s has no file %s; its GGUF files are: %s"
                .formatted(id.name(), id.file(), listed(ggufs())));
      }
      return List.of(id.file());
    }
    Kind kind =
        kind()
            .orElseThrow(
                () ->
                    new HubException(
                        ggufs().isEmpty()
                            ? "%s is no model that can be used: it has none of %s, %s, %s"
                                .formatted(id.name(), CONFIG, NEWER_HEAD, OLDER_HEAD)
                            : "%s has GGUF files only: name one with ‹gguf›, of %s"
                                .formatted(id.name(), listed(ggufs()))));
    List<String> needed = new ArrayList<>();
    if (kind == Kind.BACKBONE) {
      require(
          id,
          names.contains(TOKENIZER),
          TOKENIZER,
          "which save_pretrained of a fast tokenizer writes");
      boolean safetensors = names.contains(WEIGHTS) || names.contains(INDEX);
      require(
          id,
          safetensors,
          WEIGHTS,
          ggufs().isEmpty()
              ? "and other formats are not read: look for a revision or a copy with safetensors"
              : "but GGUF files: name one with ‹gguf›, of " + listed(ggufs()));
      needed.add(CONFIG);
      needed.add(TOKENIZER);
      addIfThere(needed, RECORD);
      for (String folder : folders()) {
        addPart(needed, folder);
      }
      needed.add(names.contains(WEIGHTS) ? WEIGHTS : INDEX);
    } else {
      addPart(needed, "");
      require(
          id,
          needed.stream().anyMatch(RepositoryFiles::isParameters),
          kind == Kind.CLASSIFIER ? WEIGHTS : WEIGHTS + " or " + OLDER_PARAMETERS,
          "its definition alone is of no use");
    }
    return needed;
  }

  /**
   * The shards of a backbone, as its index names them.
   *
   * @param index the file of the index on the local disk
   * @throws IOException if it cannot be read, or names a file that is not in the repository
   */
  List<String> shards(RepositoryId id, Path index) throws IOException {
    Set<String> shards =
        Checkpoint.shards(LocalDirectory.of(index), index.getFileName().toString());
    for (String shard : shards) {
      if (!names.contains(shard) || !shard.endsWith(SAFETENSORS)) {
        throw new HubException(
            "%s lacks the shard \"%s\" that its %s names".formatted(id.name(), shard, INDEX));
      }
    }
    require(id, !shards.isEmpty(), "shards", "its %s names none".formatted(INDEX));
    return List.copyOf(shards);
  }

  /**
   * The first file that a snapshot needs and does not have.
   *
   * @param snapshot the directory that the names are from
   */
  Optional<String> missing(Path snapshot) throws IOException {
    Optional<Kind> kind = kind();
    if (kind.isEmpty()) {
      return Optional.of(CONFIG);
    } else if (kind.get() != Kind.BACKBONE) {
      return names.stream().anyMatch(RepositoryFiles::isParameters)
          ? Optional.empty()
          : Optional.of(names.contains(OLDER_HEAD) ? OLDER_PARAMETERS : WEIGHTS);
    } else if (!names.contains(TOKENIZER)) {
      return Optional.of(TOKENIZER);
    } else if (names.contains(WEIGHTS)) {
      return Optional.empty();
    } else if (!names.contains(INDEX)) {
      return Optional.of(WEIGHTS);
    }
    return Checkpoint.shards(new LocalDirectory(snapshot), INDEX).stream()
        .filter(shard -> !names.contains(shard))
        .findFirst();
  }

  private List<String> ggufs() {
    return names.stream().filter(name -> name.endsWith(".gguf")).toList();
  }

  /** Folders at the root that hold a head or a classifier. */
  private Set<String> folders() {
    Set<String> folders = new TreeSet<>();
    for (String name : names) {
      int slash = name.indexOf('/');
      if (slash > 0
          && List.of(NEWER_HEAD, OLDER_HEAD, BOUNDARY_HEAD, CLASSIFIER)
              .contains(name.substring(slash + 1))) {
        folders.add(name.substring(0, slash + 1));
      }
    }
    return folders;
  }

  /** Adds a head or a classifier: what describes it, then its parameters. */
  private void addPart(List<String> needed, String folder) {
    for (String file : List.of(NEWER_HEAD, OLDER_HEAD, BOUNDARY_HEAD, CLASSIFIER, RECORD)) {
      addIfThere(needed, folder + file);
    }
    for (String name : names) {
      if (name.startsWith(folder) && isParameters(name)) {
        needed.add(name);
      }
    }
  }

  private static boolean isParameters(String name) {
    return name.endsWith(SAFETENSORS)
        || name.substring(name.lastIndexOf('/') + 1).equals(OLDER_PARAMETERS);
  }

  private void addIfThere(List<String> needed, String name) {
    if (names.contains(name)) {
      needed.add(name);
    }
  }

  private static void require(RepositoryId id, boolean there, String file, String remark)
      throws HubException {
    if (!there) {
      throw new HubException("%s has no %s, %s".formatted(id.name(), file, remark));
    }
  }

  private static String listed(List<String> names) {
    int shown = 12;
    return names.isEmpty()
        ? "none"
        : String.join(", ", names.subList(0, Math.min(shown, names.size())))
            + (names.size() > shown
                ? String.format(Locale.ROOT, " and %d more", names.size() - shown)
                : "");
  }
}
