package io.github.tommerspark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessorTest {

  @Test
  void bfloat16IsAFlag() {
    assertThat(Processor.hasBfloat16(List.of("processor\t: 0", "flags\t\t: fpu avx512_bf16 sse")))
        .isTrue();
    assertThat(Processor.hasBfloat16(List.of("flags\t\t: fpu amx_bf16"))).isTrue();
    assertThat(Processor.hasBfloat16(List.of("flags\t\t: fpu avx512f", "bugs\t: amx_bf16")))
        .isFalse();
    assertThat(Processor.hasBfloat16(List.of())).isFalse();
  }
}
