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

  private static final Set<String> SHA256 = Set.of("sha_ni", "sha2");

  private Processor() {}

  /**
   * Returns whether it has instructions for SHA-256, with which a core hashes more than a gigabyte
   * a second; where the operating system does not tell, it is taken to have none.
   */
  public static boolean hasSha256() {
    List<String> cpuInfo = cpuInfo();
    return Stream.concat(flags(cpuInfo), Arrays.stream(field(cpuInfo, "Features").split("\\s+")))
        .anyMatch(SHA256::contains);
  }

  /**
   * The kind of this processor, as far as it decides how fast types of numbers are: model and
   * flags.
   */
  public static List<String> kind() {
    return cpuInfo().stream()
        .filter(line -> line.matches("(model name|flags|Features|CPU part)\\s*:.*"))
        .distinct()
        .toList();
  }

  /** Returns whether it multiplies bf16 by itself: AVX512_BF16 or AMX, on Linux. */
  public static boolean hasBfloat16() {
    return hasBfloat16(cpuInfo());
  }

  static boolean hasBfloat16(List<String> cpuInfo) {
    return flags(cpuInfo).anyMatch(BFLOAT16::contains);
  }

  /**
   * Returns whether its vector units are twice as wide as those that MKL makes use of: MKL takes
   * AVX2 on processors of AMD, which from Zen 5 (family 26) on compute AVX-512 in one step.
   */
  public static boolean outrunsMkl() {
    return outrunsMkl(cpuInfo());
  }

  static boolean outrunsMkl(List<String> cpuInfo) {
    return field(cpuInfo, "vendor_id").equals("AuthenticAMD")
        && field(cpuInfo, "cpu family").matches("2[6-9]|[3-9][0-9]")
        && flags(cpuInfo).anyMatch("avx512f"::equals);
  }

  private static List<String> cpuInfo() {
    try (Stream<String> lines = Files.lines(CPU_INFO)) {
      return lines.toList();
    } catch (IOException e) {
      return List.of(); // Not Linux.
    }
  }

  private static Stream<String> flags(List<String> cpuInfo) {
    return Arrays.stream(field(cpuInfo, "flags").split("\\s+"));
  }

  /** Returns the value of a field of the first processor; "" without one. */
  private static String field(List<String> cpuInfo, String name) {
    return cpuInfo.stream()
        .filter(line -> line.matches(name + "\\s*:.*"))
        .findFirst()
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .orElse("");
  }
}
