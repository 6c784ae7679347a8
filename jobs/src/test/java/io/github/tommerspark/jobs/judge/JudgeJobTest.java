package io.github.tommerspark.jobs.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.annotate.AnnotateJob;
import io.github.tommerspark.jobs.annotate.AnnotateOptions;
import io.github.tommerspark.jobs.dataset.AnnotatedInput;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.ResultPlace;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.judge.ApiKey;
import io.github.tommerspark.judge.ChatServer;
import io.github.tommerspark.judge.ChatServer.Behaviour;
import io.github.tommerspark.judge.Endpoint;
import io.github.tommerspark.judge.JudgePrompt;
import io.github.tommerspark.judge.JudgeSettings;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JudgeJobTest {

  private static final String SECRET = "sk-very-secret-0123456789";
  private static final int DOCUMENTS = 30;

  private final SparkSession spark = LocalSpark.session();
  private final ChatServer server = new ChatServer();

  @TempDir private Path folder;

  /** Of 30 documents, each has a person, a place and a fragment; document 7 has no mention. */
  @BeforeEach
  void writeAnnotated() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < DOCUMENTS; i++) {
      String text = "👩 Ada %d went to [Rome %d] again.".formatted(i, i);
      lines.add(
          "{\"id\": \"d%d\", \"text\": \"%s\", \"mentions\": [%s], \"other\": [%s]}"
              .formatted(
                  i,
                  text,
                  i == 7
                      ? ""
                      : String.join(
                          ", ",
                          mention(text, "Ada " + i),
                          mention(text, "Rome " + i),
                          mention(text, "ent")),
                  mention(text, "Ada " + i)));
    }
    lines.add("{\"id\": \"none\", \"text\": null, \"mentions\": [], \"other\": []}");
    Files.write(folder.resolve("annotated.jsonl"), lines);
    server.judging(excerpt -> excerpt.contains("[[ent]]") ? "A fragment.\nno" : "A thing.\nyes");
  }

  @AfterEach
  void stopServer() {
    server.close();
  }

  private static String mention(String text, String words) {
    int start = text.codePointCount(0, text.indexOf(words));
    return "{\"start\": %d, \"end\": %d, \"text\": \"%s\", \"score\": 0.75}"
        .formatted(start, start + words.length(), words);
  }

  @Test
  void judgesAllMentionsAndWritesWhatItFound() throws IOException {
    server.then(ChatServer.answer("Hm."));
    JudgeResult result = run(options().columns("mentions").price(1, 10).build()).orElseThrow();

    JudgeResult.ModelRow row = result.rows().get(0);
    assertThat(row.documents()).isEqualTo(29);
    assertThat(row.mentions()).isEqualTo(87);
    assertThat(row.yes() + row.no()).isEqualTo(86);
    assertThat(row.unclear()).isEqualTo(1);
    assertThat(row.precision()).isEqualTo((double) row.yes() / 86);
    assertThat(result.warnings())
        .containsExactly("1 of 87 answers end neither in yes nor in no and count for nothing");
    assertThat(result.summary()).contains("mentions                    29       87");

    JsonNode json = new ObjectMapper().readTree(folder.resolve("judged/judge.json").toFile());
    assertThat(json.get("kind").asText()).isEqualTo("judge");
    assertThat(json.get("product").asText()).isEqualTo("tommer-spark 0.2.0");
    assertThat(json.at("/sample/population").asInt()).isEqualTo(30 - 1);
    assertThat(json.at("/requests/sent").asInt()).isEqualTo(87);
    // 300 tokens sent and 20 received for each.
    assertThat(json.at("/requests/prompt_tokens").asInt()).isEqualTo(87 * 300);
    assertThat(json.at("/requests/cost").asDouble()).isEqualTo((87 * 300 + 87 * 200) / 1e6);
    assertThat(json.at("/rows/0/precision").asDouble()).isEqualTo(row.precision());
    assertThat(json.at("/rows/0/wilson/low").asDouble()).isLessThan(row.precision());
    assertThat(json.at("/rows/0/clustered/high").asDouble()).isGreaterThan(row.precision());

    List<Row> verdicts =
        spark.read().parquet(folder.resolve("judged/verdicts").toString()).collectAsList();
    assertThat(verdicts).hasSize(87);
    for (Row verdict : verdicts) {
      boolean fragment = verdict.getAs("text").equals("ent");
      assertThat(verdict.<Float>getAs("score")).isEqualTo(0.75f);
      assertThat(verdict.<String>getAs("excerpt")).contains("[[" + verdict.getAs("text") + "]]");
      if (verdict.getAs("verdict") == null) {
        assertThat(verdict.<String>getAs("answer")).isEqualTo("Hm.");
      } else {
        assertThat(verdict.<Boolean>getAs("verdict")).isEqualTo(!fragment);
      }
    }
  }

  @Test
  void whatSeveralModelsFoundIsAskedOnce() throws IOException {
    JudgeResult result = run(options().build()).orElseThrow();
    assertThat(result.rows())
        .extracting(JudgeResult.ModelRow::model)
        .containsExactly("mentions", "other");
    assertThat(result.rows()).extracting(JudgeResult.ModelRow::mentions).containsExactly(87, 30);
    assertThat(result.rows().get(1).precision()).isEqualTo(1);
    assertThat(server.excerpts()).hasSize(88).doesNotHaveDuplicates();
    assertThat(server.excerpts()).contains("Excerpt: 👩 Ada 3 went to [ [[Rome 3]] ] again.");
  }

  @Test
  void withoutApprovalNothingIsSentOrWritten() throws IOException {
    JudgeOptions options = options().build();
    assertThat(JudgeJob.run(spark, options, plan -> false)).isEmpty();
    assertThat(server.excerpts()).isEmpty();
    assertThat(folder.resolve("judged")).doesNotExist();
  }

  @Test
  void aSampleDependsOnSeedAndIdsAlone() throws IOException {
    List<String> ids = ids(options().documents(8).build());
    assertThat(ids).hasSize(8).doesNotHaveDuplicates();
    assertThat(ids(options().documents(20).build()))
        .hasSize(20)
        .startsWith(ids.toArray(new String[0]));
    assertThat(ids(options().documents(8).seed(1).build())).isNotEqualTo(ids);

    Path stored = folder.resolve("stored");
    spark
        .read()
        .json(folder.resolve("annotated.jsonl").toString())
        .orderBy("text")
        .repartition(7)
        .write()
        .mode(SaveMode.Overwrite)
        .parquet(stored.toString());
    assertThat(ids(options().input(stored).documents(8).build())).isEqualTo(ids);
  }

  @Test
  void theBudgetIsSpentOnWholeDocuments() throws IOException {
    JudgeOptions options = options().columns("mentions").budget(10).build();
    JudgeResult result = run(options).orElseThrow();
    assertThat(result.sample().drawn()).isEqualTo(29);
    assertThat(result.sample().judged()).isEqualTo(3);
    assertThat(result.rows().get(0).mentions()).isEqualTo(9);
    assertThat(server.excerpts()).hasSize(9);

    assertThatThrownBy(() -> run(options().output("tiny").budget(2).build()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it has 3 mentions to ask about, and --budget is 2");
  }

  @Test
  void afterAKillTheSameCommandAsksOnlyTheRest() throws IOException {
    List<Behaviour> script = new ArrayList<>(Collections.nCopies(40, ChatServer.answer("yes")));
    script.addAll(Collections.nCopies(20, ChatServer.status(403, "no more")));
    server.then(script.toArray(Behaviour[]::new));
    JudgeOptions options = options().build();
    assertThatThrownBy(() -> run(options))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("answered 403: no more; check the key in OPENAI_API_KEY")
        .hasMessageContaining("(40 of 88 questions are answered in ");
    assertThat(folder.resolve("judged/judge.json")).doesNotExist();
    Files.writeString(
        options.cache(),
        Files.readString(options.cache()) + "{\"key\":\"torn",
        StandardCharsets.UTF_8);

    try (ChatServer healthy = new ChatServer()) {
      JudgeResult result = run(options().endpoint(healthy).build()).orElseThrow();
      assertThat(result.requests().cached()).isEqualTo(40);
      assertThat(result.requests().sent()).isEqualTo(48);
      assertThat(healthy.excerpts()).hasSize(48).doesNotHaveDuplicates();

      // And with all answers known, there is nothing left to ask.
      JudgeResult again = run(options().endpoint(healthy).output("again").build()).orElseThrow();
      assertThat(again.requests().sent()).isZero();
      assertThat(again.rows()).isEqualTo(result.rows());
      assertThat(healthy.excerpts()).hasSize(48);
    }
  }

  @Test
  void theKeyIsInNoFile() throws IOException {
    server.judging(excerpt -> "You sent " + SECRET + ".\nyes");
    run(options().build()).orElseThrow();
    assertThat(server.authorizations()).containsOnly("Bearer " + SECRET);
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> written = files.filter(Files::isRegularFile).toList();
      assertThat(written).hasSizeGreaterThan(4);
      for (Path file : written) {
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
            .as(file.toString())
            .doesNotContain(SECRET);
      }
    }
  }

  @Test
  void knowsItsWayAroundWhatAnnotateWrote() throws IOException {
    Files.writeString(
        folder.resolve("docs.jsonl"),
        """
        {"key": "curie", "body": "Marie Curie was born in Warsaw and worked at the University of Paris.", "mentions": [{"start": 0, "end": 1}]}
        {"key": "ada", "body": "👩 Ada Lovelace met Charles Babbage in London in 1833.", "mentions": []}
        """);
    Path found = folder.resolve("found");
    AnnotateJob.run(
        spark,
        new AnnotateOptions(
            new CorpusOptions(
                List.of(folder.resolve("docs.jsonl").toString()), null, Map.of(), "body", "key"),
            new OutputOptions(
                found.toString(), OutputFormat.PARQUET, WriteMode.ERROR, "found", null, false),
            List.of(ModelSpec.bundled("nano-llama")),
            EngineOptions.defaults(),
            0,
            false,
            Map.of()));
    JudgeResult result = run(options().input(found).build()).orElseThrow();
    assertThat(result.rows()).hasSize(1);
    assertThat(result.rows().get(0).model()).isEqualTo("nano-llama");
    assertThat(result.rows().get(0).column()).isEqualTo("found");
    assertThat(server.excerpts()).anyMatch(excerpt -> excerpt.contains("[[Warsaw]]"));
    assertThat(ids(options().input(found).build())).containsExactlyInAnyOrder("curie", "ada");
  }

  @Test
  void aRepeatedIdCountsOnceAndIsReported() throws IOException {
    Path file = folder.resolve("annotated.jsonl");
    List<String> lines = Files.readAllLines(file);
    lines.add(lines.get(3));
    Files.write(file, lines);
    JudgeResult result = run(options().columns("mentions").build()).orElseThrow();
    assertThat(result.sample().judged()).isEqualTo(29);
    assertThat(result.warnings())
        .containsExactly("1 sampled documents were left out: their ids had been there before");
  }

  @Test
  void whatCannotBeJudgedIsNamed() throws IOException {
    Path changed = folder.resolve("changed.jsonl");
    Files.writeString(
        changed,
        "{\"id\": \"x\", \"text\": \"Ada went.\", \"mentions\": [{\"start\": 0, \"end\": 3, \"text\": \"Bob\"}]}");
    assertThatThrownBy(() -> run(options().input(changed).build()))
        .hasMessage(
            "Cannot judge document x: its text has \"Ada\" from 0 to 3 where the mention is \"Bob\"; was the text changed after annotating?");
    Files.writeString(
        changed, "{\"id\": \"x\", \"text\": \"Ada\", \"mentions\": [{\"start\": 0, \"end\": 4}]}");
    assertThatThrownBy(() -> run(options().input(changed).build()))
        .hasMessageContaining("a mention from 0 to 4 does not lie in its text of 3 code points");
    Files.writeString(changed, "{\"id\": \"x\", \"text\": \"Ada\"}");
    assertThatThrownBy(() -> run(options().input(changed).build()))
        .hasMessageContaining("no column is an array of structs with start and end");
    assertThatThrownBy(() -> run(options().columns("nothing").build()))
        .hasMessageStartingWith("Cannot find the column \"nothing\" of --column in the input");
    assertThatThrownBy(() -> run(options().columns("text").build()))
        .hasMessageStartingWith("Cannot judge the column \"text\": it is of type string");
    assertThat(server.excerpts()).isEmpty();
  }

  @Test
  void anEarlierResultIsReplacedOnlyWhenAsked() throws IOException {
    run(options().columns("other").build()).orElseThrow();
    Path note = Files.writeString(folder.resolve("judged/note.txt"), "mine");
    assertThatThrownBy(() -> run(options().build()))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(
            "it holds a judge.json already; name another --output or say --overwrite");
    run(options().overwrite().build()).orElseThrow();
    assertThat(spark.read().parquet(folder.resolve("judged/verdicts").toString()).count())
        .isEqualTo(87 + 30);
    assertThat(note).hasContent("mine");

    Files.delete(folder.resolve("judged/judge.json"));
    assertThatThrownBy(() -> run(options().overwrite().build()))
        .hasMessageContaining("it holds verdicts without a judge.json");
  }

  private Optional<JudgeResult> run(JudgeOptions options) throws IOException {
    return JudgeJob.run(spark, options, plan -> true);
  }

  private List<String> ids(JudgeOptions options) throws IOException {
    return JudgeSample.draw(spark, options).documents().stream()
        .map(JudgeSample.Document::id)
        .toList();
  }

  private Options options() {
    return new Options();
  }

  private final class Options {

    private Path input = folder.resolve("annotated.jsonl");
    private List<String> columns = List.of();
    private String output = "judged";
    private boolean overwrite;
    private int documents = 1000;
    private long seed;
    private long budget = 1000;
    private String endpoint = server.url();
    private JudgeOptions.Price price;

    Options input(Path path) {
      input = path;
      return this;
    }

    Options columns(String... names) {
      columns = List.of(names);
      return this;
    }

    Options output(String name) {
      output = name;
      return this;
    }

    Options overwrite() {
      overwrite = true;
      return this;
    }

    Options documents(int count) {
      documents = count;
      return this;
    }

    Options seed(long value) {
      seed = value;
      return this;
    }

    Options budget(long requests) {
      budget = requests;
      return this;
    }

    Options endpoint(ChatServer other) {
      endpoint = other.url();
      return this;
    }

    Options price(double prompt, double answer) {
      price = new JudgeOptions.Price(prompt, answer);
      return this;
    }

    JudgeOptions build() {
      return new JudgeOptions(
          new AnnotatedInput(List.of(input.toString()), null, null, null, columns),
          documents,
          seed,
          new ResultPlace(folder.resolve(output).toString(), overwrite),
          new JudgePrompt("judge", 30, 100),
          new JudgeSettings(
              Endpoint.parse(endpoint),
              ApiKey.find(Map.of("OPENAI_API_KEY", SECRET)).orElseThrow(),
              budget,
              // Not to be waited for.
              600_000,
              4,
              Duration.ofSeconds(60)),
          folder.resolve("cache.jsonl"),
          price);
    }
  }
}
