package io.github.tommerspark.jobs.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.gold.GoldSpan;
import io.github.tommerspark.gold.TypeMap;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.annotate.AnnotateJob;
import io.github.tommerspark.jobs.annotate.AnnotateOptions;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.dataset.GoldData;
import io.github.tommerspark.jobs.dataset.GoldReading;
import io.github.tommerspark.jobs.dataset.GoldSource;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.message.Failures;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class ExportJobTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  /** Three documents that can be exported, one without a text and one that failed. */
  @BeforeEach
  void writeAnnotated() throws IOException {
    Files.writeString(
        folder.resolve("in.jsonl"),
        """
        {"id": "a/1", "text": "👩 Ada met Bob in New York", "error": null, "mentions": [{"start": 2, "end": 5, "text": "Ada", "score": 0.9, "label": "person", "label_score": 0.75}, {"start": 10, "end": 13, "text": "Bob", "score": 0.5, "label": null, "label_score": null}, {"start": 17, "end": 25, "text": "New York", "score": 0.875, "label": "big city", "label_score": 0.5}, {"start": 21, "end": 25, "text": "York", "score": 0.625, "label": "city", "label_score": 0.5}]}
        {"id": "A/1", "text": "nothing\\nhere", "error": null, "mentions": []}
        {"id": "b", "text": "Rome", "error": null, "mentions": [{"start": 0, "end": 4, "text": "Rome", "score": 0.25, "label": "city", "label_score": 0.5}]}
        {"id": "none", "text": null, "error": null, "mentions": []}
        {"id": "bad", "text": "Paris", "error": "too long", "mentions": []}
        """);
  }

  @Test
  void labelStudioTasksHavePredictionsAndComeBackAsGold() throws IOException {
    ExportResult result = run("--format", "label-studio", "--files", "1");
    assertThat(result.summary())
        .endsWith(
            ": 3 documents with 5 mentions in 2 files; 1 rows with an error are left out; 1 rows without a text are left out");
    assertThat(names("out")).containsExactly("_export.json", "label_config.xml", "part-00000.json");
    assertThat(Files.readString(folder.resolve("out/label_config.xml")))
        .contains("\"MENTION\"", "\"big city\"", "\"city\"", "\"person\"");
    JsonNode tasks = JSON.readTree(folder.resolve("out/part-00000.json").toFile());
    assertThat(tasks).hasSize(3);
    assertThat(tasks.at("/0/predictions/0/model_version").asText()).isEqualTo("mentions");
    assertThat(tasks.at("/0/predictions/0/result/1").toString())
        .isEqualTo(
            "{\"id\":\"m0-1\",\"from_name\":\"label\",\"to_name\":\"text\",\"type\":\"labels\",\"value\":{\"start\":10,\"end\":13,\"text\":\"Bob\",\"labels\":[\"MENTION\"]},\"score\":0.5}");
    JsonNode summary = JSON.readTree(folder.resolve("out/_export.json").toFile());
    assertThat(summary.path("offsets").asText()).isEqualTo("code points");
    assertThat(summary.path("without_text").asInt()).isEqualTo(1);

    tasks.forEach(
        task -> ((ObjectNode) task).set("annotations", ((ObjectNode) task).remove("predictions")));
    Files.createDirectory(folder.resolve("corrected"));
    JSON.writeValue(folder.resolve("corrected/project-1.json").toFile(), tasks);
    assertThat(gold("corrected", GoldSource.LABEL_STUDIO))
        .containsExactly(
            ada("big city"), new GoldDocument("A/1", "nothing\nhere", List.of()), rome());
  }

  @Test
  void bratComesBackAsGoldWhetherItsFormatIsNamedOrNot() throws IOException {
    run("--format", "brat");
    List<String> names = names("out");
    // Ids that are one where upper and lower case are, and that cannot be names, are told apart.
    assertThat(names)
        .hasSize(8)
        .contains("_export.json", "annotation.conf", "documents/b.ann", "documents/b.txt")
        .anyMatch(name -> name.matches("documents/xa_1-[0-9a-f]{8}\\.ann"))
        .anyMatch(name -> name.matches("documents/xA_1-[0-9a-f]{8}\\.ann"));
    assertThat(Files.readString(folder.resolve("out/annotation.conf")))
        .startsWith("[entities]\nMENTION\nbig_city\ncity\nperson\n");
    for (GoldSource source : new GoldSource[] {null, GoldSource.BRAT}) {
      assertThat(gold("out", source))
          .extracting(GoldDocument::text, GoldDocument::mentions)
          .containsExactlyInAnyOrder(
              tuple(ada("big_city").text(), ada("big_city").mentions()),
              tuple("nothing\nhere", List.of()),
              tuple("Rome", rome().mentions()));
    }
    Files.delete(folder.resolve("out/documents/b.ann"));
    assertThatThrownBy(() -> gold("out", GoldSource.BRAT))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("its mentions are not beside it, in b.ann");
    Files.move(folder.resolve("out/documents/b.txt"), folder.resolve("b.ann"));
    assertThatThrownBy(() -> gold("b.ann", null))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("its text is not beside it, in b.txt");
  }

  @Test
  void datasetsHaveTagsByNumberAndAllSpans() throws IOException {
    ExportResult result = run("--format", "datasets");
    assertThat(result.overlapping()).isEqualTo(1);
    assertThat(result.summary()).contains("1 mentions overlap better ones and are in spans only");
    assertThat(Files.readString(folder.resolve("out/README.md")))
        .contains("'1': \"B-MENTION\"", "'3': \"B-big city\"", "path: data/*.parquet");
    List<Row> rows =
        spark.read().parquet(folder.resolve("out/data").toString()).orderBy("text").collectAsList();
    assertThat(rows).hasSize(3);
    Row ada = rows.get(2);
    assertThat(ada.<String>getList(ada.fieldIndex("tokens")))
        .containsExactly("👩", "Ada", "met", "Bob", "in", "New", "York");
    assertThat(ada.<Integer>getList(ada.fieldIndex("ner_tags")))
        .containsExactly(0, 7, 0, 1, 0, 3, 4);
    assertThat(ada.<Row>getList(ada.fieldIndex("spans")))
        .extracting(span -> span.mkString(","))
        .containsExactly(
            "2,5,Ada,0.9,person,0.75",
            "10,13,Bob,0.5,null,null",
            "17,25,New York,0.875,big city,0.5",
            "21,25,York,0.625,city,0.5");
  }

  @Test
  void conllIsFlatAndItsFilesFollowEachOther() throws IOException {
    ExportResult result = run("--format", "conll", "--require-label", "--threshold", "0.5");
    assertThat(result.mentions()).isEqualTo(3);
    assertThat(result.summary()).contains("1 mentions overlap better ones and are left out");
    List<GoldDocument> documents = gold("out", null);
    assertThat(documents)
        .extracting(GoldDocument::text)
        .containsExactly("👩 Ada met Bob in New York", "nothing here", "Rome");
    assertThat(documents.get(0).mentions())
        .containsExactly(new GoldSpan(3, 6, "person"), new GoldSpan(18, 26, "big_city"));
    assertThat(documents.get(2).mentions()).isEmpty();
  }

  @Test
  void displacyIsAnArrayInEachFile() throws IOException {
    run("--format", "displacy");
    List<String> texts = new ArrayList<>();
    for (String name : names("out")) {
      if (name.startsWith("part-")) {
        JsonNode array = JSON.readTree(folder.resolve("out").resolve(name).toFile());
        assertThat(array.isArray()).isTrue();
        array.forEach(object -> texts.add(object.path("text").asText()));
      }
    }
    assertThat(texts).containsExactly("👩 Ada met Bob in New York", "nothing\nhere", "Rome");
  }

  /** The models of a run of annotate are known by their names. */
  @Test
  void severalModelsArePredictionsBesideEachOtherAndElseAChoice() throws IOException {
    AnnotateJob.run(
        spark,
        new AnnotateOptions(
            new CorpusOptions(
                List.of(folder.resolve("in.jsonl").toString()),
                InputFormat.JSON,
                Map.of(),
                "text",
                "id"),
            new OutputOptions(
                folder.resolve("annotated").toString(),
                OutputFormat.PARQUET,
                WriteMode.ERROR,
                "found",
                List.of("id", "text"),
                false),
            List.of(ModelSpec.bundled("nano-llama"), ModelSpec.bundled("nano-neox")),
            EngineOptions.defaults(),
            0,
            false,
            Map.of()));
    ExportResult result = export("annotated", "--format", "label-studio", "--files", "1");
    assertThat(result.models()).containsExactly("nano-llama", "nano-neox");
    JsonNode tasks = JSON.readTree(folder.resolve("out/part-00000.json").toFile());
    assertThat(tasks.get(0).path("predictions"))
        .extracting(p -> p.path("model_version").asText())
        .containsExactly("nano-llama", "nano-neox");
    assertThatThrownBy(() -> export("annotated", "--format", "conll", "--mode", "overwrite"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "there are found_nano_llama, found_nano_neox; choose one with --column");
    result =
        export(
            "annotated", "--format", "conll", "--mode", "overwrite", "--column", "found_nano_neox");
    assertThat(result.models()).containsExactly("nano-neox");
    // Nothing of what was there before.
    assertThat(names("out")).allMatch(name -> name.matches("_export.json|part-\\d{5}.conll"));
  }

  @Test
  void aSampleIsTheSameHoweverTheDataIsStored() throws IOException {
    run("--format", "displacy", "--sample-documents", "2", "--seed", "3");
    String once = Files.readString(folder.resolve("out/part-00000.json"));
    spark
        .read()
        .json(folder.resolve("in.jsonl").toString())
        .repartition(3)
        .write()
        .parquet(folder.resolve("parquet").toString());
    export(
        "parquet",
        "--format",
        "displacy",
        "--sample-documents",
        "2",
        "--seed",
        "3",
        "--mode",
        "overwrite");
    assertThat(Files.readString(folder.resolve("out/part-00000.json"))).isEqualTo(once);
    assertThat(JSON.readTree(once)).hasSize(2);
  }

  @Test
  void aMentionThatIsNotInItsTextEndsTheExportAndLeavesNothing() throws IOException {
    String line = Files.readString(folder.resolve("in.jsonl")).replace("\"Bob\"", "\"Eve\"");
    Files.writeString(folder.resolve("in.jsonl"), line);
    assertThatThrownBy(() -> run("--format", "label-studio"))
        .extracting(Failures::line)
        .asString()
        .isEqualTo(
            "Cannot export document a/1: its text has \"Bob\" from 10 to 13 where the mention is \"Eve\"; was the text changed after annotating?");
    assertThat(names("out")).isEmpty();
  }

  @Test
  void whatIsThereIsReplacedOnlyIfItIsAnExport() throws IOException {
    run("--format", "brat");
    assertThatThrownBy(() -> run("--format", "conll"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it holds data already");
    Files.writeString(folder.resolve("out/notes.md"), "mine");
    assertThatThrownBy(() -> run("--format", "conll", "--mode", "overwrite"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it holds notes.md, which this job does not write");
    assertThat(folder.resolve("out/documents/b.ann")).exists();
  }

  @Test
  void aDatasetWithoutTextsOrMentionsIsRefused() throws IOException {
    Files.writeString(
        folder.resolve("in.jsonl"),
        "{\"id\": \"a\", \"mentions\": [{\"start\": 0, \"end\": 1}]}\n");
    assertThatThrownBy(() -> run("--format", "conll"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it was written without its texts");
    Files.writeString(folder.resolve("in.jsonl"), "{\"text\": \"a\"}\n");
    assertThatThrownBy(() -> run("--format", "conll"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("Cannot find mentions in");
    Files.writeString(
        folder.resolve("in.jsonl"),
        "{\"text\": null, \"mentions\": [{\"start\": 0, \"end\": 1}]}\n");
    assertThatThrownBy(() -> run("--format", "conll"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("there is no document with a text in it");
  }

  @ParameterizedTest
  @EnumSource(ExportFormat.class)
  void everyFormatIsNamedAsItIsTold(ExportFormat format) {
    assertThat(ExportFormat.parse(format.label())).isEqualTo(format);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--format xml|Unknown format \"xml\": use one of displacy, brat, label-studio, conll, datasets",
        "--format conll --decoder threshold|--decoder must be flat or greedy, but is \"threshold\"",
        "--format conll --mode append|--mode must be error or overwrite, but is \"append\"",
        "--format conll --threshold 1|--threshold must be at least 0 and below 1, but is 1.0",
        "--format conll --sample-documents 0|--sample-documents must be at least 1, but is 0",
        "--format brat --files 3|--files does not go with --format brat",
        "--format brat --column a,b|--format brat takes the mentions of one --column"
      })
  void impossibleOptionsAreRefusedBeforeSparkStarts(String given) {
    String[] parts = given.split("\\|");
    assertThatThrownBy(() -> options("in.jsonl", parts[0].split(" ")))
        .isInstanceOf(CommandLine.ParameterException.class)
        .hasMessageContaining(parts[1]);
  }

  private static GoldDocument ada(String city) {
    return new GoldDocument(
        "a/1",
        "👩 Ada met Bob in New York",
        List.of(
            new GoldSpan(3, 6, "person"),
            new GoldSpan(11, 14, "MENTION"),
            new GoldSpan(18, 26, city),
            new GoldSpan(22, 26, "city")));
  }

  private static GoldDocument rome() {
    return new GoldDocument("b", "Rome", List.of(new GoldSpan(0, 4, "city")));
  }

  private List<GoldDocument> gold(String path, GoldSource source) throws IOException {
    return GoldData.read(
            spark,
            "gold",
            List.of(folder.resolve(path).toString()),
            new GoldReading(source, "entities", TypeMap.NONE))
        .documents();
  }

  private ExportResult run(String... more) throws IOException {
    return export("in.jsonl", more);
  }

  private ExportResult export(String input, String... more) throws IOException {
    return ExportJob.run(spark, options(input, more));
  }

  private ExportOptions options(String input, String... more) {
    ExportCommand command = new ExportCommand();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--input",
                folder.resolve(input).toString(),
                "--output",
                folder.resolve("out").toString()));
    arguments.addAll(Arrays.asList(more));
    new CommandLine(command).parseArgs(arguments.toArray(String[]::new));
    return command.options();
  }

  private List<String> names(String directory) {
    Path root = folder.resolve(directory);
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> root.relativize(file).toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
