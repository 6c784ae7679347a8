package io.github.tommerspark.benchmarks;

import io.github.tommerspark.text.Window;
import io.github.tommerspark.text.WindowPlan;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Cutting a document of that many tokens into windows of 256. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Windows {
  private final WindowPlan plan =
      WindowPlan.of(256, 1, 0, OptionalInt.empty(), 25, true, true);

  /** Tokens of the document. */
  @Param({"100", "1000000"})
  public int tokens;

  /** The windows. */
  @Benchmark
  public List<Window> cut() {
    return plan.windows(tokens);
  }
}
