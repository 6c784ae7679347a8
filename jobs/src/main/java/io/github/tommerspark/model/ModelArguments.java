package io.github.tommerspark.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.Threshold;
import io.github.tommerspark.detect.Typing;
import io.github.tommerspark.gguf.GgufSnapshot;
import io.github.tommerspark.hub.HubCache;
import io.github.tommerspark.hub.HubException;
import io.github.tommerspark.hub.RepositoryId;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.source.Quoted;
import io.github.tommerspark.text.BosPolicy;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** From what users say about models to model specs. */
public final class ModelArguments {

  /** The model used when none is named. */
  public static final String DEFAULT = "bge-small";

  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_-]*");
  private static final Pattern SCHEME = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]+:.*");
  private static final Set<String> KEYS =
      Set.of(
          "name",
          "backbone",
          "head",
          "decoder",
          "threshold",
          "bos",
          "maxTokens",
          "overlap",
          "wordBoundaries",
          "classifier",
          "labels",
          "labelsFile",
          "labelThreshold",
          "requireLabel",
          "allLabels",
          "rankBy");

  private final Decoder decoder;
  private final Threshold threshold;
  private final BosPolicy bos;
  private final Integer maxTokens;
  private final Integer overlap;
  private final Boolean wordBoundaries;
  private final Typing typing;

  /** Settings of every model that has none of its own; null means the model's default. */
  public ModelArguments(
      Decoder decoder,
      Threshold threshold,
      BosPolicy bos,
      Integer maxTokens,
      Integer overlap,
      Boolean wordBoundaries,
      Typing typing) {
    this.decoder = decoder;
    this.threshold = threshold;
    this.bos = bos;
    this.maxTokens = maxTokens;
    this.overlap = overlap;
    this.wordBoundaries = wordBoundaries;
    this.typing = typing;
  }

  /**
   * The models of {@code --model}: names of bundled ones, or {@code NAME=BACKBONE,HEAD}.
   *
   * @throws IllegalArgumentException if one cannot be understood
   */
  public List<ModelSpec> named(List<String> models) {
    List<ModelSpec> specs = new ArrayList<>();
    for (String model : models) {
      int equals = model.indexOf('=');
      specs.add(
          equals < 0
              ? bundled(model)
              : located(model, model.substring(0, equals), model.substring(equals + 1)));
    }
    return distinct(specs);
  }

  /**
   * The model of {@code --backbone} and {@code --head}, called as the backbone's directory.
   *
   * @param head may be null where the backbone alone is wanted
   */
  public List<ModelSpec> single(String backbone, String head) {
    boolean bundled = MentionDetector.bundledModels().contains(backbone);
    return List.of(
        spec(
                nameOf(backbone),
                bundled ? backbone : locate(backbone),
                head == null ? null : locateHead(Path.of("").toAbsolutePath(), head))
            .withSensibleRanking());
  }

  /**
   * The models of a JSON file: an array of objects, or an object with such an array as {@code
   * models}. Relative paths in it are relative to the file.
   *
   * @throws IllegalArgumentException if it cannot be understood
   */
  public List<ModelSpec> file(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new UserException("Cannot read ‹models› %s: no such file".formatted(file));
    }
    try {
      JsonNode root = new ObjectMapper().readTree(Files.readAllBytes(file));
      JsonNode models = root.isObject() ? root.path("models") : root;
      if (!models.isArray() || models.isEmpty()) {
        throw new IllegalArgumentException(
            "Cannot read ‹models› %s: expected an array of models".formatted(file));
      }
      List<ModelSpec> specs = new ArrayList<>();
      for (JsonNode model : models) {
        specs.add(fromJson(model, file));
      }
      return distinct(specs);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "Cannot read ‹models› %s: %s".formatted(file, Quoted.reason(e)), e);
    } catch (IOException e) {
      throw new UserException("Cannot read ‹models› %s: %s".formatted(file, e.getMessage()), e);
    }
  }

  private ModelSpec fromJson(JsonNode model, Path file) {
    for (Iterator<String> keys = model.fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      if (!KEYS.contains(key)) {
        throw new IllegalArgumentException(
            "Cannot read ‹models› %s: unknown key \"%s\"; a model has %s"
                .formatted(file, key, String.join(", ", KEYS.stream().sorted().toList())));
      }
    }
    String name = text(model, "name", file);
    String backbone = text(model, "backbone", file);
    String head = text(model, "head", file);
    if (name == null) {
      throw new IllegalArgumentException(
          "Cannot read ‹models› %s: a model has no \"name\"".formatted(file));
    }
    checkName(name);
    Path folder = file.toAbsolutePath().getParent();
    boolean bundled = backbone == null || MentionDetector.bundledModels().contains(backbone);
    if (!bundled && head == null && MentionDetector.bundledHeads().contains(name)) {
      head = name;
    }
    if (!bundled && head == null) {
      throw new IllegalArgumentException(
          "Cannot read ‹models› %s: model \"%s\" has a backbone but no \"head\""
              .formatted(file, name));
    }
    ModelSpec spec;
    if (!bundled) {
      spec = spec(name, locate(folder, backbone), locateHead(folder, head));
    } else if (backbone == null && head == null && MentionDetector.bundledHeads().contains(name)) {
      spec = bundled(name);
    } else {
      spec =
          spec(
              name,
              bundledName(backbone == null ? name : backbone),
              head == null ? null : locateHead(folder, head));
    }
    JsonNode decoding = model.get("decoder");
    JsonNode cut = model.get("threshold");
    spec =
        spec.withDecoder(
            decoding == null ? spec.decoder() : Decoder.parse(decoding.asText()),
            cut == null ? spec.threshold() : Threshold.parse(cut.asText()));
    spec =
        spec.withWindows(
            model.has("maxTokens")
                ? (Integer) number(model.get("maxTokens"), "maxTokens", file).intValue()
                : spec.maxTokens(),
            model.has("overlap")
                ? (Integer) number(model.get("overlap"), "overlap", file).intValue()
                : spec.overlap());
    if (model.has("wordBoundaries")) {
      spec = spec.withWordBoundaries(flag(model.get("wordBoundaries"), "wordBoundaries", file));
    }
    Typing own = typing(model, file).typing(folder);
    if (own != null) {
      spec = spec.withTyping(own);
    }
    return model.has("bos") ? spec.withBos(BosPolicy.parse(model.get("bos").asText())) : spec;
  }

  private static TypingArguments typing(JsonNode model, Path file) {
    return new TypingArguments(
        text(model, "classifier", file),
        model.has("labels") ? texts(model, "labels", file) : null,
        text(model, "labelsFile", file),
        model.has("labelThreshold")
            ? number(model.get("labelThreshold"), "labelThreshold", file).doubleValue()
            : null,
        model.has("requireLabel") && flag(model.get("requireLabel"), "requireLabel", file),
        model.has("allLabels") && flag(model.get("allLabels"), "allLabels", file),
        text(model, "rankBy", file));
  }

  /** The name of a bundled model as it is; else the place of a classifier. */
  static String classifier(Path folder, String given) {
    return MentionDetector.bundledModels().contains(given) ? given : locate(folder, given);
  }

  private static Number number(JsonNode node, String key, Path file) {
    if (!node.isNumber()) {
      throw new IllegalArgumentException(
          "Cannot read ‹models› %s: \"%s\" must be a number, but is %s".formatted(file, key, node));
    }
    return node.numberValue();
  }

  private static boolean flag(JsonNode node, String key, Path file) {
    if (!node.isBoolean()) {
      throw new IllegalArgumentException(
          "Cannot read ‹models› %s: \"%s\" must be true or false, but is %s"
              .formatted(file, key, node));
    }
    return node.booleanValue();
  }

  private static List<String> texts(JsonNode model, String key, Path file) {
    JsonNode node = model.path(key);
    List<String> texts = new ArrayList<>();
    for (JsonNode element : node) {
      texts.add(element.asText());
    }
    if (!node.isMissingNode() && !node.isArray()) {
      throw new IllegalArgumentException(
          "Cannot read ‹models› %s: \"%s\" must be an array of strings, but is %s"
              .formatted(file, key, node));
    }
    return texts;
  }

  private static String text(JsonNode model, String key, Path file) {
    JsonNode node = model.get(key);
    if (node != null && !node.isTextual()) {
      throw new IllegalArgumentException(
          "Cannot read ‹models› %s: \"%s\" must be a string, but is %s".formatted(file, key, node));
    }
    return node == null ? null : node.textValue();
  }

  /** The name of a bundled model as it is; else the place of a snapshot. */
  public static String backbone(String given) {
    return MentionDetector.bundledModels().contains(given) ? given : locate(given);
  }

  private ModelSpec bundled(String name) {
    return MentionDetector.bundledHeads().contains(name)
        ? spec(name, pulled(MentionDetector.repository(name)), name)
        : spec(name, bundledName(name), null);
  }

  /** The place of a model of the Hub, or its name where it is not here, which loading explains. */
  private static String pulled(String repository) {
    try {
      return locate(repository);
    } catch (UserException e) {
      return repository;
    }
  }

  private static String bundledName(String name) {
    if (!MentionDetector.bundledModels().contains(name)) {
      throw new IllegalArgumentException(
          "Unknown model \"%s\": bundled are %s; name one of your own as ‹model› NAME=BACKBONE,HEAD%s"
              .formatted(
                  name,
                  String.join(", ", allBundled()),
                  RepositoryId.parse(name)
                      .map(id -> ", where each may be a model of a Hub after " + id.pullCommand())
                      .orElse("")));
    }
    return name;
  }

  /** Names of bundled models, and of those whose head alone is. */
  private static List<String> allBundled() {
    List<String> names = new ArrayList<>(MentionDetector.bundledModels());
    names.addAll(MentionDetector.bundledHeads());
    return names;
  }

  private ModelSpec located(String given, String name, String directories) {
    checkName(name);
    String[] parts = directories.split(",", -1);
    if (parts.length == 1 && MentionDetector.bundledModels().contains(parts[0])) {
      return spec(name, parts[0], null);
    }
    if (parts.length == 1 && MentionDetector.bundledHeads().contains(parts[0])) {
      return spec(name, pulled(MentionDetector.repository(parts[0])), parts[0]);
    }
    if (parts.length == 1 && !parts[0].isBlank() && MentionDetector.bundledHeads().contains(name)) {
      return spec(name, locate(parts[0]), name);
    }
    if (parts.length != 2 || parts[0].isBlank() || parts[1].isBlank()) {
      throw new IllegalArgumentException(
          "Cannot understand ‹model› %s: expected NAME=BACKBONE,HEAD with one comma; name directories that have commas by ‹backbone› and ‹head›"
              .formatted(given));
    }
    String backbone =
        MentionDetector.bundledModels().contains(parts[0]) ? parts[0] : locate(parts[0]);
    return spec(name, backbone, locateHead(Path.of("").toAbsolutePath(), parts[1]));
  }

  private ModelSpec spec(String name, String backbone, String head) {
    return new ModelSpec(
        name, backbone, head, decoder, threshold, bos, maxTokens, overlap, wordBoundaries, typing);
  }

  /**
   * Checks what a model is called.
   *
   * @throws IllegalArgumentException if a column could not be called so
   */
  public static void checkName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "Cannot call a model \"%s\": a name is a letter, then letters, digits, _ or -"
              .formatted(name));
    }
  }

  /** Checks models; names become columns, where '-' is '_' and case does not count. */
  private static List<ModelSpec> distinct(List<ModelSpec> specs) {
    Map<String, String> columns = new HashMap<>();
    for (ModelSpec spec : specs) {
      spec.withSensibleRanking();
      String other =
          columns.put(spec.name().replace('-', '_').toLowerCase(Locale.ROOT), spec.name());
      if (other != null) {
        throw new IllegalArgumentException(
            "Two models are called \"%s\" and \"%s\": their columns would have the same name"
                .formatted(other, spec.name()));
      }
    }
    return specs;
  }

  /** The last segment of a path, or the name of a model on a Hub, made a model name. */
  private static String nameOf(String backbone) {
    String trimmed =
        RepositoryId.parse(backbone)
            .filter(id -> !Files.exists(Path.of(backbone)))
            .map(RepositoryId::name)
            .orElseGet(() -> backbone.replaceAll("/+$", ""));
    String last = GgufSnapshot.modelName(trimmed.substring(trimmed.lastIndexOf('/') + 1));
    String cleaned = last.replaceAll("[^A-Za-z0-9_-]+", "-").replaceAll("^[^A-Za-z]+", "");
    return cleaned.isEmpty() ? "model" : cleaned;
  }

  private static String locate(String given) {
    return locate(Path.of("").toAbsolutePath(), given);
  }

  /** The name of a bundled head as it is; else the place of a head. */
  private static String locateHead(Path folder, String given) {
    return MentionDetector.bundledHeads().contains(given) ? given : locate(folder, given);
  }

  /**
   * An absolute local path that exists, or a URI of another file system as it is. The name of a
   * model on a Hub becomes the path of what was pulled: executors and runs to come read that
   * revision.
   */
  private static String locate(Path folder, String given) {
    try {
      if (given.startsWith("file:")) {
        return locate(folder, URI.create(given).getPath());
      }
      if (SCHEME.matcher(given).matches()) {
        return given;
      }
      Path path = folder.resolve(given).normalize();
      if (Files.exists(path)) {
        return path.toString();
      }
      Optional<RepositoryId> id = RepositoryId.parse(given);
      if (id.isEmpty()) {
        throw new UserException("Cannot find %s: there is no such directory".formatted(path));
      }
      return HubCache.ofEnvironment().find(id.get()).toString();
    } catch (HubException e) {
      throw new UserException(e.getMessage(), e);
    } catch (InvalidPathException e) {
      throw new UserException("Cannot find %s: %s".formatted(given, e.getMessage()), e);
    }
  }
}
