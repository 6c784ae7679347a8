package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.classify.ClassifierFiles;
import io.github.tommerspark.classify.MentionClassifier;
import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.TommerSpark;
import io.github.tommerspark.jobs.evaluate.EvaluateCommand;
import io.github.tommerspark.jobs.evaluate.EvaluateJob;
import io.github.tommerspark.jobs.evaluate.EvaluateResult;
import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.report.ReportCommand;
import io.github.tommerspark.jobs.report.ReportJob;
import io.github.tommerspark.jobs.report.ReportOptions;
import io.github.tommerspark.jobs.train.TrainClassifierCommand;
import io.github.tommerspark.jobs.train.TrainClassifierJob;
import io.github.tommerspark.jobs.train.TrainingRecord;
import io.github.tommerspark.message.OptionNames;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.pipeline.MentionDetectorModel;
import io.github.tommerspark.results.EvaluationFile;
import io.github.tommerspark.source.LocalDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** From training a classifier to the report of what its labels are worth. */
class TypedMentionsJobTest {

  private static final List<String> PEOPLE = List.of("Marie Curie", "Ada Lovelace", "Isaac Newton");
  private static final List<String> PLACES = List.of("Warsaw", "London", "Paris");

  @TempDir private static Path shared;

  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();

  /** A mention of a gold document, of no text outside of the BMP before its end. */
  private record Marked(int start, int end, String type) {}

  private record Sentence(String text, List<Marked> mentions) {

    static Sentence of(String person, String place) {
      String text = "%s was born in %s 😀.".formatted(person, place);
      int at = text.indexOf(place);
      return new Sentence(
          text,
          List.of(
              new Marked(0, person.length(), "PER"), new Marked(at, at + place.length(), "LOC")));
    }

    String json(int id) {
      return """
          {"id": "%d", "text": "%s", "entities": [%s]}"""
          .formatted(
              id,
              text,
              mentions.stream()
                  .map(
                      m ->
                          """
                          {"start": %d, "end": %d, "type": "%s"}"""
                              .formatted(m.start(), m.end(), m.type()))
                  .collect(Collectors.joining(", ")));
    }

    static void write(List<Sentence> sentences, Path file) throws IOException {
      Files.write(
          file,
          IntStream.range(0, sentences.size()).mapToObj(i -> sentences.get(i).json(i)).toList());
    }
  }

  private static final List<Sentence> SENTENCES = sentences();

  /** In which people and places are always the same. */
  private static List<Sentence> sentences() {
    Random random = new Random(1);
    List<Sentence> sentences = new ArrayList<>();
    for (int i = 0; i < 80; i++) {
      sentences.add(
          Sentence.of(
              PEOPLE.get(random.nextInt(PEOPLE.size())),
              PLACES.get(random.nextInt(PLACES.size()))));
    }
    return sentences;
  }

  /**
   * Gold that no model has all right: types exchanged, a mention left out, and one that is none.
   */
  private static List<Sentence> oddGold() {
    List<Sentence> sentences = new ArrayList<>(SENTENCES);
    List<Marked> first = sentences.get(0).mentions();
    sentences.set(
        0,
        new Sentence(
            sentences.get(0).text(),
            List.of(
                new Marked(first.get(0).start(), first.get(0).end(), "LOC"),
                new Marked(first.get(1).start(), first.get(1).end(), "PER"))));
    sentences.set(
        1, new Sentence(sentences.get(1).text(), sentences.get(1).mentions().subList(0, 1)));
    String text = sentences.get(2).text();
    List<Marked> more = new ArrayList<>(sentences.get(2).mentions());
    more.add(new Marked(text.indexOf("was born"), text.indexOf(" in "), "LOC"));
    sentences.set(2, new Sentence(text, more));
    return sentences;
  }

  @BeforeAll
  static void train() throws IOException {
    Sentence.write(SENTENCES, shared.resolve("gold.jsonl"));
    Sentence.write(oddGold(), shared.resolve("odd.jsonl"));
    Files.write(
        shared.resolve("docs.jsonl"),
        Stream.of("Marie Curie was born in Warsaw 😀.", "", "Isaac Newton saw London")
            .map("{\"text\": \"%s\"}"::formatted)
            .toList());
    Path types = shared.resolve("types.tsv");
    Files.write(
        types, List.of("type\tbroader\tsynonyms", "person\tbeing\thuman", "place\t\tlocation"));
    train("own", "--accumulation", "1", "--learning-rate", "3e-3");
    TrainingRecord record =
        train("zero", "--zero-shot", "--types", types.toString(), "--learning-rate", "1e-2");
    assertThat(record.summary()).contains("learned    5 labels from ");
  }

  private static TrainingRecord train(String name, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--model",
                "nano-llama",
                "--train",
                "g=" + shared.resolve("gold.jsonl"),
                "--map",
                "PER=person",
                "LOC=place",
                "--threshold",
                "0.3",
                "--embedding-size",
                "32",
                "--epochs",
                "10",
                "--output",
                shared.resolve(name).toString()));
    arguments.addAll(List.of(more));
    TrainClassifierCommand command = parsed("train-classifier", arguments.toArray(String[]::new));
    return TrainClassifierJob.run(
        LocalSpark.session(), command.options(), Map.of("--output", name), line -> {});
  }

  @Test
  void theTrainingIsRecordedBesideTheClassifier() throws IOException {
    MentionClassifier classifier = ClassifierFiles.read(new LocalDirectory(shared.resolve("own")));
    assertThat(classifier.classes()).containsExactly("O", "person", "place");
    assertThat(classifier.zeroShot()).isFalse();
    assertThat(classifier.llmName()).isEqualTo("nano-llama");
    JsonNode record = new ObjectMapper().readTree(shared.resolve("own/training.json").toFile());
    assertThat(record.get("kind").asText()).isEqualTo("classifier_training");
    assertThat(record.get("model").get("fingerprint").asText()).hasSize(64);
    // Every tenth document is held out.
    assertThat(record.get("train").get(0).get("documents").asInt()).isEqualTo(72);
    assertThat(record.get("dev").get(0).get("documents").asInt()).isEqualTo(8);
    JsonNode run = record.get("runs").get(0);
    assertThat(run.get("epochs")).hasSize(10);
    assertThat(run.get("dev_recall").asDouble())
        .isPositive()
        .isLessThanOrEqualTo(run.get("dev_detector_recall").asDouble());
    assertThatThrownBy(() -> train("own"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it holds a classifier already");
  }

  @Test
  void annotatingWritesLabels() throws IOException {
    annotate("out", "own");
    Dataset<Row> written = spark.read().parquet(folder.resolve("out").toString());
    assertThat(written.schema().apply("mentions").dataType().simpleString())
        .isEqualTo(
            "array<struct<start:int,end:int,text:string,score:float,label:string,label_score:float>>");
    assertThat(
            written
                .selectExpr("inline(mentions)")
                .selectExpr("label")
                .distinct()
                .as(Encoders.STRING())
                .collectAsList())
        .isSubsetOf(null, "person", "place")
        .contains("person", "place");

    // Plain Java says the same.
    try (MentionDetector detector =
        MentionDetector.builder()
            .model("nano-llama")
            .threshold(0.3)
            .classifier(shared.resolve("own").toString())
            .build()) {
      List<Mention> mentions =
          detector.detect(List.of("Marie Curie was born in Warsaw 😀.")).get(0);
      assertThat(
              written
                  .where("text like 'Marie%'")
                  .selectExpr("inline(mentions)")
                  .selectExpr("concat(text, '/', coalesce(label, 'null'))")
                  .as(Encoders.STRING())
                  .collectAsList())
          .containsExactlyElementsOf(
              mentions.stream().map(m -> m.text() + "/" + m.label()).toList());
      assertThat(mentions)
          .filteredOn(mention -> mention.label() != null)
          .isNotEmpty()
          .allSatisfy(mention -> assertThat(mention.labelScore()).isBetween(0.33f, 1f));
    }

    Provenance.Model model = provenance("out").models().get(0);
    assertThat(model.classifier().labels()).containsExactly("person", "place");
    // Other labels may not stand beside these.
    assertThatThrownBy(
            () -> annotate("out", "zero", "--labels", "person,place", "--mode", "append"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("classifier fingerprint of nano-llama is ");
    assertThatThrownBy(() -> annotate("out", null, "--mode", "append"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("--labels of nano-llama is [person, place] there and absent now");
    annotate("out", "own", "--mode", "append");
    assertThat(spark.read().parquet(folder.resolve("out").toString()).count()).isEqualTo(6);
  }

  @Test
  void labelsAreGivenAtRunTime() throws IOException {
    annotate("out", "zero", "--labels", "location, human,town", "--spark-nlp");
    Dataset<Row> written = spark.read().parquet(folder.resolve("out").toString());
    Set<String> entities =
        new TreeSet<>(
            written
                .selectExpr("inline(chunk)")
                .selectExpr("metadata['entity']")
                .as(Encoders.STRING())
                .collectAsList());
    assertThat(entities)
        .isSubsetOf("MENTION", "location", "human", "town")
        .contains("town", "human");
    assertThat(
            written
                .selectExpr(
                    "transform(mentions, m -> coalesce(m.label, 'MENTION')) as a",
                    "transform(chunk, c -> c.metadata['entity']) as b")
                .where("a != b")
                .count())
        .isZero();
    assertThat(provenance("out").models().get(0).classifier().labels())
        .containsExactly("location", "human", "town");
  }

  @Test
  void thePipelineStageLabels() {
    MentionDetectorModel stage =
        new MentionDetectorModel()
            .setModel("nano-llama")
            .setThreshold(0.3)
            .setClassifier(shared.resolve("zero").toString())
            .setLabels("person", "place")
            .setRequireLabel(true)
            .setLabelThreshold(0.4);
    Dataset<Row> texts = spark.read().json(shared.resolve("docs.jsonl").toString());
    Dataset<Row> found = stage.transform(texts);
    assertThat(found.schema()).isEqualTo(stage.transformSchema(texts.schema()));
    assertThat(
            found
                .selectExpr("inline(mentions)")
                .selectExpr("label")
                .as(Encoders.STRING())
                .collectAsList())
        .isNotEmpty()
        .allMatch(Set.of("person", "place")::contains);
    assertThatThrownBy(() -> stage.setLabels("O"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("labels cannot be used");
  }

  @Test
  void labelsAreScoredAgainstGoldTypes() throws IOException {
    EvaluateResult live =
        evaluate(
            "--model",
            "nano-llama",
            "--threshold",
            "0.3",
            "--classifier",
            shared.resolve("own").toString());
    EvaluationFile.Typed micro = live.evaluation().typed().get(0);
    assertThat(micro.total()).isEqualTo(160);
    // Two types are exchanged, and one mention is none.
    assertThat(micro.truePos()).isBetween(1L, 157L);
    assertThat(micro.recall()).isLessThanOrEqualTo(micro.detectorRecall());
    List<EvaluationFile.TypedClass> classes = live.evaluation().classes();
    assertThat(classes.stream().map(EvaluationFile.TypedClass::type))
        .containsExactly("person", "place");
    Map<String, Counted> counted = countByHand();
    for (EvaluationFile.TypedClass one : classes) {
      Counted expected = counted.get(one.type());
      assertThat(new Counted(one.truePos(), one.falsePos(), one.total())).isEqualTo(expected);
      assertThat(live.summary())
          .contains("nano-llama, labels")
          .containsPattern(
              "\n    %s +%.4f +%.4f +%.4f +%d +%d +%d\n"
                  .formatted(
                      one.type(),
                      (double) expected.right() / (expected.right() + expected.wrong()),
                      (double) expected.right() / expected.gold(),
                      2.0
                          * expected.right()
                          / (expected.right() + expected.wrong() + expected.gold()),
                      expected.right(),
                      expected.wrong(),
                      expected.gold()));
    }
    assertThat(classes.stream().mapToLong(EvaluationFile.TypedClass::truePos).sum())
        .isEqualTo(micro.truePos());
    // Rows of the confusion matrix are all gold mentions, columns all labels.
    Map<String, EvaluationFile.Confusion> rows =
        live.evaluation().confusion().stream()
            .collect(Collectors.toMap(EvaluationFile.Confusion::type, row -> row));
    for (EvaluationFile.TypedClass one : classes) {
      EvaluationFile.Confusion row = rows.get(one.type());
      assertThat(row.missed() + row.labels().values().stream().mapToLong(n -> n).sum())
          .isEqualTo(one.total());
      assertThat(
              rows.values().stream()
                  .mapToLong(other -> other.labels().getOrDefault(one.type(), 0L))
                  .sum())
          .isEqualTo(one.truePos() + one.falsePos());
    }

    // What annotate wrote scores the same.
    annotate("out", "own", "--input", shared.resolve("odd.jsonl").toString());
    EvaluateResult written =
        evaluate(
            "--predictions",
            "nano-llama=" + folder.resolve("out"),
            "--backbone",
            "nano-llama",
            "--overwrite");
    assertThat(written.evaluation().classes()).isEqualTo(classes);

    ReportJob.run(spark, parsedReport("--input", folder.resolve("scores").toString()));
    assertThat(Files.readString(folder.resolve("report.html")))
        .contains("Labels: all classes but O", "Labels by class", "Confusion of labels");
  }

  private record Counted(long right, long wrong, long gold) {}

  /** What plain Java finds in the odd gold, by class. */
  private static Map<String, Counted> countByHand() throws IOException {
    Map<String, Counted> counted = new TreeMap<>();
    try (MentionDetector detector =
        MentionDetector.builder()
            .model("nano-llama")
            .threshold(0.3)
            .classifier(shared.resolve("own").toString())
            .build()) {
      List<Set<Marked>> found = new ArrayList<>();
      for (List<Mention> mentions :
          detector.detect(oddGold().stream().map(Sentence::text).toList())) {
        found.add(
            mentions.stream()
                .map(m -> new Marked(m.start(), m.end(), m.label()))
                .collect(Collectors.toSet()));
      }
      for (Map.Entry<String, String> type : Map.of("PER", "person", "LOC", "place").entrySet()) {
        long right = 0;
        long labelled = 0;
        long gold = 0;
        for (int i = 0; i < found.size(); i++) {
          Set<Marked> wanted =
              oddGold().get(i).mentions().stream()
                  .filter(m -> m.type().equals(type.getKey()))
                  .map(m -> new Marked(m.start(), m.end(), type.getValue()))
                  .collect(Collectors.toSet());
          right += found.get(i).stream().filter(wanted::contains).count();
          labelled += found.get(i).stream().filter(m -> type.getValue().equals(m.type())).count();
          gold += wanted.size();
        }
        counted.put(type.getValue(), new Counted(right, labelled - right, gold));
      }
    }
    return counted;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train-classifier --train a=b --classifier nano-llama | --classifier and --labels are for using classifiers; to go on training one, name it with --init",
        "train-classifier --train a=b --model nano-llama --model nano-neox | A classifier is trained on one model, but 2 are named",
        "train-classifier --train a=b --types t.tsv | --types needs --zero-shot",
        "train-classifier --train a=b --zero-shot --span average | --span cannot be used with --zero-shot",
        "train-classifier --train a=b --zero-shot --clip 1 | --clip cannot be used with --zero-shot",
        "train-classifier --train a=b --zero-shot --dropout 1 | --dropout must be at least 0 and below 1, but is 1.0",
        "train-classifier --train a=b --map PER | Cannot understand --map PER: expected TYPE=NAME",
        "train-classifier --train a=b --map A=b A=c | --map names the type \"A\" twice",
        "train-classifier --train a=b --span max | Unknown --span \"max\": use one of concat, average",
        "train-classifier --train a=b --epochs 0 | --epochs must be at least 1, but is 0",
        "train-classifier --train a | Cannot understand --train a: expected NAME=PATH",
      })
  void optionsThatMakeNoSense(String line, String message) {
    String[] arguments = (line + " --output out").split(" ");
    assertThatThrownBy(
            () ->
                ((TrainClassifierCommand)
                        parsed(
                            arguments[0],
                            List.of(arguments).subList(1, arguments.length).toArray(String[]::new)))
                    .options())
        .isInstanceOf(CommandLine.ParameterException.class)
        .satisfies(thrown -> assertThat(OptionNames.flags(thrown.getMessage())).isEqualTo(message));
  }

  private void annotate(String output, String classifier, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--model",
                "nano-llama",
                "--threshold",
                "0.3",
                "--output",
                folder.resolve(output).toString()));
    if (!List.of(more).contains("--input")) {
      arguments.addAll(List.of("--input", shared.resolve("docs.jsonl").toString()));
    }
    if (classifier != null) {
      arguments.addAll(List.of("--classifier", shared.resolve(classifier).toString()));
    }
    arguments.addAll(List.of(more));
    AnnotateCommand command = parsed("annotate", arguments.toArray(String[]::new));
    AnnotateJob.run(spark, command.options());
  }

  private EvaluateResult evaluate(String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--gold",
                "g=" + shared.resolve("odd.jsonl"),
                "--map",
                "PER=person",
                "LOC=place",
                "--output",
                folder.resolve("scores").toString()));
    arguments.addAll(List.of(more));
    EvaluateCommand command = parsed("evaluate", arguments.toArray(String[]::new));
    return EvaluateJob.run(spark, command.options());
  }

  private ReportOptions parsedReport(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("--output", folder.resolve("report.html").toString()));
    arguments.addAll(List.of(more));
    ReportCommand command = parsed("report", arguments.toArray(String[]::new));
    return command.options();
  }

  private Provenance provenance(String output) throws IOException {
    return CommitLog.newest(
            new org.apache.hadoop.fs.Path(folder.resolve(output).toUri()),
            spark.sparkContext().hadoopConfiguration())
        .orElseThrow();
  }

  private static <T> T parsed(String command, String... arguments) {
    CommandLine root = TommerSpark.commandLine();
    root.parseArgs(Stream.concat(Stream.of(command), Stream.of(arguments)).toArray(String[]::new));
    return root.getSubcommands().get(command).getCommand();
  }
}
