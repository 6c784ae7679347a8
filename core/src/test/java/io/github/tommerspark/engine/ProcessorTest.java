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

  @Test
  void fromZen5OnAmdOutrunsMkl() {
    assertThat(Processor.outrunsMkl(processor("AuthenticAMD", 26, "avx512f"))).isTrue();
    assertThat(Processor.outrunsMkl(processor("AuthenticAMD", 25, "avx512f"))).isFalse();
    assertThat(Processor.outrunsMkl(processor("AuthenticAMD", 26, "avx2"))).isFalse();
    assertThat(Processor.outrunsMkl(processor("GenuineIntel", 26, "avx512f"))).isFalse();
    assertThat(Processor.outrunsMkl(List.of())).isFalse();
  }

  private static List<String> processor(String vendor, int family, String flag) {
    return List.of(
        "processor\t: 0",
        "vendor_id\t: " + vendor,
        "cpu family\t: " + family,
        "model\t\t: 2",
        "flags\t\t: fpu " + flag + " sse");
  }
}
