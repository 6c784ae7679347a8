package io.github.tommerspark.engine;

import ai.djl.engine.EngineException;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * For tests: forward calls of this process that fail as a device, memory or libtorch would make
 * them, before anything is computed.
 *
 * <p>{@code KIND/N} fails every N-th call, {@code KIND/N+} the N-th and all after it; KIND is
 * {@code cuda}, {@code memory} or {@code engine}. {@code token/ID} fails every call that has this
 * token.
 */
public final class InjectedFaults {

  private static final Pattern SPEC = Pattern.compile("(cuda|memory|engine|token)/(\\d+)(\\+?)");
  private static final InjectedFaults NONE = new InjectedFaults(null, 0, false);

  /** Calls are those of the process, whichever detector makes them. */
  private static final ConcurrentHashMap<String, InjectedFaults> ALL = new ConcurrentHashMap<>();

  private final @Nullable String kind;
  private final long number;
  private final boolean onwards;
  private final AtomicLong calls = new AtomicLong();

  private InjectedFaults(@Nullable String kind, long number, boolean onwards) {
    this.kind = kind;
    this.number = number;
    this.onwards = onwards;
  }

  /**
   * The faults of that description.
   *
   * @param spec null for none
   * @throws IllegalArgumentException if it is not one
   */
  public static InjectedFaults of(@Nullable String spec) {
    return spec == null ? NONE : ALL.computeIfAbsent(spec, InjectedFaults::parse);
  }

  private static InjectedFaults parse(String spec) {
    Matcher parts = SPEC.matcher(spec);
    if (!parts.matches() || Long.parseLong(parts.group(2)) == 0 && !spec.startsWith("token")) {
      throw new IllegalArgumentException("Unknown faults \"%s\"".formatted(spec));
    }
    return new InjectedFaults(
        parts.group(1), Long.parseLong(parts.group(2)), !parts.group(3).isEmpty());
  }

  /**
   * Fails if it is that call's turn.
   *
   * @param ids the token ids of the call
   */
  public void before(long[] ids) {
    if (kind == null) {
      return;
    }
    if (kind.equals("token")) {
      if (Arrays.stream(ids).anyMatch(id -> id == number)) {
        throw new EngineException("RuntimeError: a test has no answer to token " + number);
      }
      return;
    }
    long call = calls.incrementAndGet();
    if (onwards ? call >= number : call % number == 0) {
      throw new EngineException(
          switch (kind) {
            case "cuda" -> "CUDA error: an illegal memory access was encountered (of a test)";
            case "memory" -> "CUDA out of memory (of a test): a neighbour has it";
            default -> "RuntimeError: a failure of a test";
          });
    }
  }
}
