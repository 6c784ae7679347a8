package io.github.tommerspark.sql;

import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.Threshold;
import io.github.tommerspark.detect.Typing;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.message.Nearest;
import io.github.tommerspark.message.OptionNames;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.model.ModelArguments;
import io.github.tommerspark.model.TypingArguments;
import io.github.tommerspark.text.BosPolicy;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.spark.sql.catalyst.CatalystTypeConverters;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedArgumentExpression;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.StringType;
import scala.collection.JavaConverters;

/**
 * Reads the arguments of a call: {@code mentions(text [, model [, options]])}, where options are a
 * map or named arguments.
 */
final class MentionsArguments {

  static final String DEFAULT_MODEL = ModelArguments.DEFAULT;

  private static final String TEXT = "text";
  private static final String MODEL = "model";
  private static final String OPTIONS = "options";
  private static final List<String> POSITIONS = List.of(TEXT, MODEL, OPTIONS);

  /** The setting of the session that allows TorchScript files as backbones. */
  private static final String TRUST_PROPERTY = "spark.tommer.trust-backbone";

  private static final Set<String> KEYS =
      Set.of(
          "backbone",
          "head",
          "threshold",
          "decoder",
          "classifier",
          "labels",
          "labels_file",
          "label_threshold",
          "require_label",
          "all_labels",
          "rank_by",
          "bos",
          "dtype",
          "device",
          "device_concurrency",
          "max_tokens",
          "overlap",
          "word_boundaries",
          "batch_tokens",
          "on_error");

  /** Models that were found to be whole, so that not every analysis reads their files again. */
  private static final Set<Checked> SOUND = ConcurrentHashMap.newKeySet();

  private static final int SOUND_LIMIT = 1000;

  private record Checked(ModelSpec model, boolean trust) {}

  private final Map<String, Expression> given = new LinkedHashMap<>();
  private final Map<String, String> options = new LinkedHashMap<>();

  private MentionsArguments() {}

  /**
   * The call that these arguments make.
   *
   * <p>Throws {@link org.apache.spark.sql.AnalysisException}, which is checked and not declared, if
   * one cannot be used; the message names it.
   *
   * @param arguments resolved
   */
  static Expression call(List<Expression> arguments) {
    MentionsArguments parsed = new MentionsArguments();
    parsed.take(arguments);
    Expression text = parsed.text();
    return Catalyst.get().call(text, parsed.call());
  }

  private void take(List<Expression> arguments) {
    int position = 0;
    for (Expression argument : arguments) {
      if (argument instanceof NamedArgumentExpression named) {
        put(named.key(), named.value());
      } else if (position == POSITIONS.size()) {
        throw Refusal.of(
            String.format(
                Locale.ROOT,
                "it takes %s, but was given %d arguments; write options as map('threshold', '0.9') or as threshold => 0.9",
                "text [, model [, options]]",
                arguments.size()));
      } else {
        put(POSITIONS.get(position++), argument);
      }
    }
    Expression map = given.remove(OPTIONS);
    if (map != null) {
      if (!(map.dataType() instanceof MapType type)) {
        throw Refusal.of(
            "argument options must be a MAP<STRING, STRING>, such as map('threshold', '0.9'), but is %s"
                .formatted(map.dataType().sql()));
      }
      Map<?, ?> entries =
          JavaConverters.mapAsJavaMap((scala.collection.Map<?, ?>) constant(OPTIONS, map));
      entries.forEach((key, value) -> option(String.valueOf(key), value));
    }
    for (String key : List.copyOf(given.keySet())) {
      if (!POSITIONS.contains(key)) {
        option(key, constant(key, given.remove(key)));
      }
    }
  }

  private void put(String name, Expression value) {
    if (given.putIfAbsent(name, value) != null) {
      throw Refusal.of("argument %s is given twice".formatted(name));
    }
  }

  private void option(String key, Object value) {
    if (!KEYS.contains(key)) {
      List<String> near = Nearest.to(key, KEYS);
      throw Refusal.of(
          "unknown option \"%s\"%s; there are %s"
              .formatted(
                  key,
                  near.isEmpty() ? "" : ", did you mean " + String.join(" or ", near) + "?",
                  String.join(", ", KEYS.stream().sorted().toList())));
    }
    if (value == null) {
      throw Refusal.of("option %s must not be null; leave it out".formatted(key));
    }
    if (options.putIfAbsent(key, shown(value)) != null) {
      throw Refusal.of("option %s is given twice".formatted(key));
    }
  }

  private static String shown(Object value) {
    if (value instanceof scala.collection.Seq<?> seq) {
      return JavaConverters.seqAsJavaList(seq).stream()
          .map(MentionsArguments::shown)
          .collect(Collectors.joining(","));
    }
    return value instanceof BigDecimal number ? number.toPlainString() : String.valueOf(value);
  }

  private static Object constant(String name, Expression argument) {
    if (!argument.foldable()) {
      throw Refusal.of(
          "argument %s must be a constant, but is %s; call the function once for each value, with CASE or UNION ALL"
              .formatted(name, argument.sql()));
    }
    try {
      return CatalystTypeConverters.convertToScala(argument.eval(null), argument.dataType());
    } catch (RuntimeException e) {
      throw Refusal.of(
          "argument %s cannot be computed (%s): write a literal in place of %s"
              .formatted(name, e.getMessage(), argument.sql()));
    }
  }

  private Expression text() {
    Expression text = given.get(TEXT);
    if (text == null) {
      throw Refusal.of("argument text is missing");
    }
    if (text.dataType() instanceof StringType || text.dataType() instanceof NullType) {
      return text;
    }
    throw Refusal.of(
        "argument text must be a STRING, but is %s%s"
            .formatted(
                text.dataType().sql(),
                text.dataType() instanceof ArrayType
                    ? "; explode it first, in LATERAL VIEW or with explode()"
                    : "; write CAST(%s AS STRING)".formatted(text.sql())));
  }

  private String model() {
    Expression model = given.get(MODEL);
    if (model == null) {
      return null;
    }
    if (!(model.dataType() instanceof StringType)) {
      throw Refusal.of(
          "argument model must be a STRING, such as '%s', but is %s"
              .formatted(DEFAULT_MODEL, model.dataType().sql()));
    }
    String name = (String) constant(MODEL, model);
    if (name == null) {
      throw Refusal.of("argument model must not be null; leave it out for " + DEFAULT_MODEL);
    }
    return name;
  }

  private MentionsCall call() {
    ModelArguments arguments =
        new ModelArguments(
            option("decoder", Decoder::parse, Decoder.THRESHOLD),
            option("threshold", Threshold::parse, Threshold.DEFAULT),
            option("bos", BosPolicy::parse, null),
            option("max_tokens", Integer::valueOf, null),
            option("overlap", Integer::valueOf, null),
            option("word_boundaries", MentionsArguments::flag, null),
            typing());
    String named = model();
    ModelSpec model =
        spoken(
            "argument model",
            () -> {
              String backbone = options.get("backbone");
              String head = options.get("head");
              if ((backbone == null) != (head == null)) {
                throw new IllegalArgumentException(
                    "option %s needs option %s"
                        .formatted(
                            backbone == null ? "head" : "backbone",
                            backbone == null ? "backbone" : "head"));
              }
              if (backbone != null && named != null) {
                throw new IllegalArgumentException(
                    "%s and option backbone exclude each other".formatted(named));
              }
              return backbone == null
                  ? arguments.named(List.of(named == null ? DEFAULT_MODEL : named)).get(0)
                  : arguments.single(backbone, head).get(0);
            });
    EngineOptions engine =
        EngineOptions.defaults()
            .withDtype(option("dtype", ComputeType::parse, ComputeType.AUTO))
            .withDevice(option("device", DeviceChoice::parse, DeviceChoice.AUTO), 0)
            .withTrustBackbone(
                Boolean.parseBoolean(SQLConf.get().getConfString(TRUST_PROPERTY, "false")));
    engine =
        engine.withBatchTokens(
            option("batch_tokens", MentionsArguments::positive, engine.batchTokens()));
    engine =
        engine.withDeviceConcurrency(
            option("device_concurrency", MentionsArguments::positive, engine.deviceConcurrency()));
    check(model, engine);
    return new MentionsCall(
        model,
        engine,
        option("on_error", MentionsArguments::nullOnError, false),
        new LinkedHashMap<>(options));
  }

  private Typing typing() {
    String labels = options.get("labels");
    TypingArguments arguments =
        new TypingArguments(
            options.get("classifier"),
            labels == null ? null : Arrays.stream(labels.split(",")).map(String::strip).toList(),
            options.get("labels_file"),
            option("label_threshold", MentionsArguments::number, null),
            option("require_label", MentionsArguments::flag, false),
            option("all_labels", MentionsArguments::flag, false),
            options.get("rank_by"));
    return spoken("options of labels", arguments::typing);
  }

  private <T> T option(String key, Function<String, T> parse, T otherwise) {
    String value = options.get(key);
    return value == null
        ? otherwise
        : spoken(
            "option " + key,
            () -> {
              try {
                return parse.apply(value);
              } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                    "it must be a whole number, but is \"%s\"".formatted(value), e);
              }
            });
  }

  private static Integer positive(String value) {
    int number = Integer.parseInt(value);
    if (number < 1) {
      throw new IllegalArgumentException("it must be at least 1, but is " + number);
    }
    return number;
  }

  private static Double number(String value) {
    try {
      return Double.valueOf(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("it must be a number, but is \"%s\"".formatted(value), e);
    }
  }

  private static boolean flag(String value) {
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new IllegalArgumentException(
              "it must be true or false, but is \"%s\"".formatted(value));
    };
  }

  private static boolean nullOnError(String value) {
    return switch (value) {
      case "fail" -> false;
      case "null" -> true;
      default ->
          throw new IllegalArgumentException(
              "it must be fail or null, but is \"%s\"".formatted(value));
    };
  }

  /** Does something whose failures name options as the command line does. */
  private static <T> T spoken(String what, java.util.function.Supplier<T> action) {
    try {
      return action.get();
    } catch (IllegalArgumentException | UserException e) {
      throw Refusal.of("%s: %s".formatted(what, OptionNames.snakeCase(e.getMessage())));
    }
  }

  private static void check(ModelSpec model, EngineOptions engine) {
    Checked key = new Checked(model, engine.trustBackbone());
    if (SOUND.contains(key)) {
      return;
    }
    spoken(
        "argument model",
        () -> {
          try {
            return new ArrayList<>(MentionDetector.describe(List.of(model), engine));
          } catch (IOException e) {
            throw new UserException(e.getMessage(), e);
          }
        });
    if (SOUND.size() >= SOUND_LIMIT) {
      SOUND.clear();
    }
    SOUND.add(key);
  }
}
