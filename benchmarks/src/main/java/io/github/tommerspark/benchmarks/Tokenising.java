package io.github.tommerspark.benchmarks;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.ModelTokens;
import io.github.tommerspark.engine.EngineOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Tokenising documents of some 2,000 tokens with one tokenizer, as the tasks of an executor do: run
 * with {@code -t 1}, {@code -t 4}, {@code -t 16}, and with {@code MALLOC_ARENA_MAX} set to 1 and
 * not set.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class Tokenising {

  private static final int WORDS = 1500;

  /** A bundled model. */
  @Param({"nano-llama"})
  public String model;

  private ModelTokens tokenizer;
  private String text;

  /**
   * What threads did in an iteration: tokens, the processor time that they took, and how often a
   * thread waited, for a lock above all.
   */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Count {
    private static final Path STATUS = Path.of("/proc/thread-self/status");
    private static final String WAITS = "voluntary_ctxt_switches:";

    /** Tokens of the iteration. */
    public long tokens;

    /** Seconds of a processor. */
    public double processorSeconds;

    /** Times that the thread gave its processor up; 0 where there is no /proc. */
    public long waits;

    private long beginNanos;
    private long beginWaits;

    /** Begins to count. */
    @Setup(Level.Iteration)
    public void begin() throws IOException {
      beginNanos = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      beginWaits = waitsSoFar();
    }

    /** Ends it. */
    @TearDown(Level.Iteration)
    public void end() throws IOException {
      processorSeconds =
          (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - beginNanos) / 1e9;
      waits = waitsSoFar() - beginWaits;
    }

    private static long waitsSoFar() throws IOException {
      if (!Files.exists(STATUS)) {
        return 0;
      }
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith(WAITS))
          .mapToLong(line -> Long.parseLong(line.substring(WAITS.length()).strip()))
          .sum();
    }
  }

  /** Makes a text whose words differ, as caches of words see to it that repeated ones cost nothing. */
  @Setup
  public void load() throws IOException {
    tokenizer = ModelTokens.load(ModelSpec.bundled(model), EngineOptions.defaults());
    StringBuilder words = new StringBuilder();
    for (int i = 0; i < WORDS; i++) {
      words.append("station".substring(i % 7)).append(Integer.toString(i * 7919, 36)).append(' ');
    }
    text = words.toString();
  }

  /** One document. */
  @Benchmark
  public int encode(Count count) {
    int tokens = tokenizer.tokenize(text).size();
    count.tokens += tokens;
    return tokens;
  }

  /** Closes the tokenizer. */
  @TearDown
  public void close() {
    tokenizer.close();
  }
}
