package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.engine.EngineOptions;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelProfileTest {

  @Test
  void aBundledModelIsMeasured() throws IOException {
    ModelProfile profile =
        ModelProfile.measure(
            ModelSpec.bundled("nano-llama"),
            EngineOptions.defaults(),
            List.of("Marie Curie was born in Warsaw.", "She moved to Paris in 1891."),
            1);
    // 4 blocks of width 256: q and o, k and v of half that width, three matrices of the MLP.
    assertThat(profile.productFlops())
        .isEqualTo(4 * 2.0 * (2 * 256 * 256 + 2 * 128 * 256 + 3 * 704 * 256));
    assertThat(profile.attentionFlops()).isEqualTo(4 * 4.0 * 256 * 257 / 2);
    assertThat(profile.peakFlops()).isPositive();
    assertThat(profile.headShare()).isBetween(0.0, 1.0);
    assertThat(profile.weightBytes()).isEqualTo(2 * profile.parameters());
    assertThat(profile.loadSeconds()).isPositive();
    assertThat(profile.readSeconds()).isPositive();
    assertThat(profile.dtype()).isEqualTo("fp32");
  }
}
