package io.github.tommerspark.benchmarks;

import io.github.tommerspark.text.CodePointOffsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Between UTF-16 units and code points, in a document of 8,000 characters and 500 mentions. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Offsets {
  private static final int LENGTH = 8000;
  private static final int STEP = 16;

  /** A sentence that the document repeats. */
  @Param({"Marie Curie was born in Warsaw. ", "東京 lies far away. ", "👩‍🔬 was born in Warsaw. "})
  public String sentence;

  private String text;

  /** Makes the text. */
  @Setup
  public void makeText() {
    text = sentence.repeat(LENGTH / sentence.length());
  }

  /** A sum of offsets in code points. */
  @Benchmark
  public long toCodePoints() {
    CodePointOffsets offsets = CodePointOffsets.of(text);
    long sum = 0;
    for (int unit = 0; unit < text.length(); unit += STEP) {
      sum += offsets.toCodePoint(unit);
    }
    return sum;
  }
}
