package io.github.tommerspark.benchmarks;

import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.decode.Decoder;
import java.util.SplittableRandom;
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

/** From a document's candidates to its mentions, once per document of that many tokens. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Decoders {
  private static final int LONGEST = 26;
  private static final double THRESHOLD = 0.5;

  /** How candidates become mentions. */
  @Param({"THRESHOLD", "GREEDY", "FLAT", "GREEDY_NESTED", "WELL_NESTED", "LINE_COL_GREEDY"})
  public Decoder decoder;

  /** Tokens of the document; one candidate each, as the bundled models have at 0.5. */
  @Param({"256", "16384"})
  public int tokens;

  private Candidates candidates;

  /** Makes the candidates. */
  @Setup
  public void makeCandidates() {
    SplittableRandom random = new SplittableRandom(1);
    candidates = new Candidates();
    for (int end = 0; end < tokens; end++) {
      int start = Math.max(0, end - random.nextInt(1 + random.nextInt(LONGEST)));
      candidates.add(start, end, (float) (THRESHOLD + (1 - THRESHOLD) * random.nextDouble()));
    }
  }

  /** The mentions of the document. */
  @Benchmark
  public Candidates decode() {
    return decoder.decode(candidates, THRESHOLD);
  }
}
