package io.github.tommerspark.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Capabilities of the processor, as far as the operating system tells. */
public final class Processor {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final Set<String> BFLOAT16 = Set.of("avx512_bf16", "amx_bf16");

  private Processor() {}

  /** Returns whether it multiplies bf16 by itself: AVX512_BF16 or AMX, on Linux. */
  public static boolean hasBfloat16() {
    try (Stream<String> lines = Files.lines(CPU_INFO)) {
      return hasBfloat16(lines.toList());
    } catch (IOException e) {
      return false; // Not Linux.
    }
  }

  static boolean hasBfloat16(List<String> cpuInfo) {
    return cpuInfo.stream()
        .filter(line -> line.startsWith("flags"))
        .findFirst()
        .map(line -> Arrays.stream(line.split("\\s+")).anyMatch(BFLOAT16::contains))
        .orElse(false);
  }
}
