package io.github.tommerspark.jobs.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.jobs.TommerSpark;
import io.github.tommerspark.jobs.dataset.AnnotatedInput;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.output.ResultPlace;
import io.github.tommerspark.judge.ApiKey;
import io.github.tommerspark.judge.JudgePrompt;
import io.github.tommerspark.judge.JudgeSettings;
import io.github.tommerspark.judge.Question;
import io.github.tommerspark.judge.VerdictCache;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

class JudgeCommandTest {

  private static final String REQUIRED =
      "--input in --endpoint https://api.example.com/v1 --judge-model judge --output out";
  private static final Map<String, String> ENVIRONMENT =
      Map.of("TOMMER_JUDGE_API_KEY", "sk-secret");

  private final StringWriter out = new StringWriter();

  @TempDir private Path folder;

  @Test
  void defaults() {
    JudgeOptions options = command(REQUIRED).options(Map.of());
    assertThat(options.prompt()).isEqualTo(new JudgePrompt("judge", 30, 100));
    assertThat(options.documents()).isEqualTo(1000);
    assertThat(options.seed()).isZero();
    assertThat(options.input().columns()).isEmpty();
    assertThat(options.cache()).isEqualTo(Path.of("judge-cache.jsonl"));
    assertThat(options.price()).isNull();
    JudgeSettings settings = options.settings();
    assertThat(settings.key()).isNull();
    assertThat(settings.budget()).isEqualTo(10_000);
    assertThat(settings.requestsPerMinute()).isEqualTo(300);
    assertThat(settings.concurrency()).isEqualTo(4);
    assertThat(settings.timeout()).isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void everyOption() {
    JudgeOptions options =
        command(
                REQUIRED
                    + " --input-format json --text-column body --id-column key --column a,b"
                    + " --overwrite --sample-documents 5 --seed -3 --budget 70 --context 10"
                    + " --max-answer-tokens 2000 --requests-per-minute 20 --concurrency 2"
                    + " --timeout 5 --cache c.jsonl --price-per-million-tokens 0.4,1.6 --yes")
            .options(ENVIRONMENT);
    ApiKey key = options.settings().key();
    assertThat(key.variable()).isEqualTo("TOMMER_JUDGE_API_KEY");
    assertThat(options)
        .isEqualTo(
            new JudgeOptions(
                new AnnotatedInput(
                    List.of("in"), InputFormat.JSON, "body", "key", List.of("a", "b")),
                5,
                -3,
                new ResultPlace("out", true),
                new JudgePrompt("judge", 10, 2000),
                new JudgeSettings(
                    options.settings().endpoint(), key, 70, 20, 2, Duration.ofSeconds(5)),
                Path.of("c.jsonl"),
                new JudgeOptions.Price(0.4, 1.6)));
    assertThat(options.toString()).doesNotContain("sk-secret");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--budget 0 | --budget must be at least 1, but is 0",
        "--context -1 | --context must be at least 0, but is -1",
        "--requests-per-minute 0 | --requests-per-minute must be at least 1, but is 0",
        "--timeout 0 | --timeout must be at least 1, but is 0",
        "--input-format xml | Unknown input format \"xml\": use one of json, parquet, csv, text, orc",
        "--price-per-million-tokens 1,2,3 | --price-per-million-tokens must be one price",
        "--price-per-million-tokens -1 | --price-per-million-tokens must be one price",
        "--price-per-million-tokens NaN | --price-per-million-tokens must be one price"
      })
  void whatMakesNoSenseIsRefused(String arguments, String message) {
    assertThatThrownBy(() -> command(REQUIRED + " " + arguments).options(Map.of()))
        .isInstanceOf(ParameterException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void onePriceIsForBothDirections() {
    assertThat(JudgeOptions.Price.parse(" 2 ")).isEqualTo(new JudgeOptions.Price(2, 2));
  }

  @Test
  void showsWhatWouldBeAskedAndAsksOnlyWithYes() throws IOException {
    String arguments =
        REQUIRED.replace("https", "http")
            + " --price-per-million-tokens 1,10 --budget 6 --requests-per-minute 3 --cache "
            + folder.resolve("cache.jsonl");
    JudgeCommand command = command(arguments);
    JudgeOptions options = command.options(ENVIRONMENT);
    JudgePlan plan = plan(options);
    assertThat(command.approve(plan, options)).isFalse();
    long sent = plan.open().stream().mapToLong(Question::estimatedTokens).sum();
    assertThat(out.toString().lines())
        .containsExactly(
            "host          api.example.com",
            "judge         judge",
            "key           from TOMMER_JUDGE_API_KEY",
            "texts         3 of 40 documents with mentions (seed 0; as many as --budget allows)",
            "mentions      6 of nano: 6 questions, 0 answered in " + options.cache(),
            "requests      6, at most 6 with those that have to be repeated; 3 a minute, so 120 s or more",
            "tokens        about %,d sent, at most 600 received".formatted(sent),
            "cost          at most about %.4f".formatted((sent + 6000) / 1e6),
            "warning: http://api.example.com is not encrypted: the key and the texts can be read on the way; use https",
            "Nothing was sent. The same command with --yes asks.");
    assertThat(out.toString()).doesNotContain("sk-secret");

    JudgeCommand confirmed = command(arguments + " --yes");
    assertThat(confirmed.approve(plan, confirmed.options(ENVIRONMENT))).isTrue();
    // With nothing to ask there is nothing to confirm.
    assertThat(
            command.approve(
                new JudgePlan(plan.sample(), plan.documents(), plan.questions(), List.of()),
                options))
        .isTrue();
  }

  private static JudgePlan plan(JudgeOptions options) throws IOException {
    List<JudgeSample.Document> documents = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      documents.add(
          new JudgeSample.Document(
              "d" + i,
              "Ada %d, Rome %d".formatted(i, i),
              List.of(
                  List.of(
                      new JudgeSample.Span(0, 3, "Ada", 1f),
                      new JudgeSample.Span(7, 11, "Rome", 1f)))));
    }
    JudgeSample sample = new JudgeSample(Map.of("mentions", "nano"), 40, documents, 0);
    try (VerdictCache cache = VerdictCache.open(options.cache())) {
      return JudgePlan.of(sample, options, cache);
    }
  }

  private JudgeCommand command(String arguments) {
    CommandLine root = TommerSpark.commandLine();
    List<String> all = new ArrayList<>(List.of("judge"));
    all.addAll(Arrays.asList(arguments.split(" ")));
    CommandLine judge = root.getSubcommands().get("judge").setOut(new PrintWriter(out, true));
    root.parseArgs(all.toArray(String[]::new));
    return judge.getCommand();
  }
}
