package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.detect.DocumentMentions.ModelResult;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.engine.Processor;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class DtypeChoiceTest {
  private static final List<ModelSpec> MODELS =
      List.of(ModelSpec.bundled("nano-llama"), ModelSpec.bundled("nano-neox"));
  private static final List<String> TEXTS =
      List.of("Marie Curie was born in Warsaw.", "She moved to Paris in 1891.");

  @Test
  void whatWasAskedForStays() throws IOException {
    DtypeChoice choice =
        DtypeChoice.of(MODELS, EngineOptions.defaults().withDtype(ComputeType.BF16), TEXTS);
    assertThat(choice.dtype()).isEqualTo(ComputeType.BF16);
  }

  @Test
  void aProcessorWithoutBfloat16KeepsFp32AndOthersAreTried() throws IOException {
    DtypeChoice choice = DtypeChoice.of(MODELS, EngineOptions.defaults(), TEXTS);
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
        .isEqualTo(0);
    assertThat(DtypeChoice.dice(found(List.of(a, b), List.of(a)), found(List.of(b), List.of(a))))
        .isEqualTo(2.0 / 3);
    assertThat(DtypeChoice.dice(found(List.of(), List.of()), found(List.of(), List.of())))
        .isEqualTo(1);
  }

  private static List<DocumentMentions> found(List<Mention> first, List<Mention> second) {
    return List.of(
        new DocumentMentions(
            true,
            List.of(new ModelResult(first, null, 3, 1), new ModelResult(second, null, 3, 1))));
  }
}
