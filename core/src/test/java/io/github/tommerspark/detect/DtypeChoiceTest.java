package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.DocumentMentions.ModelResult;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.engine.Processor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DtypeChoiceTest {
  private static final List<ModelSpec> MODELS =
      List.of(ModelSpec.bundled("nano-llama"), ModelSpec.bundled("nano-neox"));
  private static final List<String> TEXTS =
      List.of("Marie Curie was born in Warsaw.", "She moved to Paris in 1891.");

  @TempDir private Path folder;

  @Test
  void whatWasTriedIsNotTriedAgain() throws IOException {
    List<ModelDescription> models = MentionDetector.describe(MODELS, EngineOptions.defaults());
    Path directory = folder.resolve("memory");
    DtypeMemory memory = DtypeMemory.of(directory, models);
    assertThat(memory.recalled()).isEmpty();
    memory.remember(new DtypeChoice(ComputeType.BF16, "it is fast"));
    DtypeChoice before = DtypeMemory.of(directory, models).recalled().orElseThrow();
    assertThat(before.dtype()).isEqualTo(ComputeType.BF16);
    assertThat(before.reason()).startsWith("it is fast; remembered in ");
    if (Processor.hasBfloat16()) {
      assertThat(DtypeChoice.of(MODELS, EngineOptions.defaults(), TEXTS, directory))
          .isEqualTo(before);
    }

    // Other models, and another threshold of these, are something else.
    assertThat(DtypeMemory.of(directory, models.subList(0, 1)).recalled()).isEmpty();
    List<ModelSpec> stricter =
        List.of(MODELS.get(0).withDecoder(Decoder.THRESHOLD, 0.9), MODELS.get(1));
    assertThat(
            DtypeMemory.of(directory, MentionDetector.describe(stricter, EngineOptions.defaults()))
                .recalled())
        .isEmpty();

    // What is not a record of ours is tried anew.
    try (Stream<Path> files = Files.list(directory)) {
      Files.writeString(files.findFirst().orElseThrow(), "{\"dtype\": \"int3\"}");
    }
    assertThat(DtypeMemory.of(directory, models).recalled()).isEmpty();
  }

  @Test
  void whatWasAskedForStays() throws IOException {
    DtypeChoice choice =
        DtypeChoice.of(MODELS, EngineOptions.defaults().withDtype(ComputeType.BF16), TEXTS, folder);
    assertThat(choice.dtype()).isEqualTo(ComputeType.BF16);
  }

  @Test
  void aProcessorWithoutBfloat16KeepsFp32AndOthersAreTried() throws IOException {
    DtypeChoice choice = DtypeChoice.of(MODELS, EngineOptions.defaults(), TEXTS, folder);
    if (Processor.hasBfloat16()) {
      assertThat(choice.reason()).contains("DICE");
    } else {
      assertThat(choice.dtype()).isEqualTo(ComputeType.FP32);
      assertThat(choice.reason()).contains("no instructions");
    }
  }

  @Test
  void diceIsOfTheModelThatDiffersMost() {
    Mention a = new Mention(0, 5, "Marie", 0.9f);
    Mention b = new Mention(6, 11, "Curie", 0.9f);
    assertThat(DtypeChoice.dice(found(List.of(a, b), List.of(a)), found(List.of(a, b), List.of())))
        .hasValue(0);
    assertThat(DtypeChoice.dice(found(List.of(a, b), List.of(a)), found(List.of(b), List.of(a))))
        .hasValue(2.0 / 3);
  }

  @Test
  void modelsThatFindNothingAgreeAboutNothing() {
    Mention a = new Mention(0, 5, "Marie", 0.9f);
    assertThat(DtypeChoice.dice(found(List.of(), List.of()), found(List.of(), List.of())))
        .isEmpty();
    assertThat(DtypeChoice.dice(found(List.of(a), List.of()), found(List.of(a), List.of())))
        .isEmpty();
  }

  private static List<DocumentMentions> found(List<Mention> first, List<Mention> second) {
    return List.of(
        new DocumentMentions(
            true,
            List.of(new ModelResult(first, null, 3, 1), new ModelResult(second, null, 3, 1))));
  }
}
