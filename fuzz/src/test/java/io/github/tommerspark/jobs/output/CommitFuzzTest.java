package io.github.tommerspark.jobs.output;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.testing.Bounds;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.Path;

/** Records of an output: one byte, a snapshot if it is odd, a byte 0, and the commit after it. */
class CommitFuzzTest {

  private static final Path FILE = new Path("memory");

  @DictionaryEntries({
    "\"format\":1",
    "\"number\":1",
    "\"operation\":\"new\"",
    "\"operation\":\"overwrite\"",
    "\"transaction\":{\"runId\":",
    "\"series\":",
    "\"batch\":",
    "\"added\":{",
    "\"removed\":[",
    "\"expired\":[",
    "\"batches\":{",
    "\"run\":{",
    "\"version\":\"0.2.0\"",
    "\"output\":{\"columns\":{}}",
    "\"models\":[",
    "\"files\":{",
    "\"retired\":[",
    "\"runIds\":{",
    "\"runs\":[",
    "\"newest\":",
    "null"
  })
  @FuzzTest
  void commits(byte[] input) {
    if (input.length == 0) {
      return;
    }
    int end = 1;
    while (end < input.length && input[end] != 0) {
      end++;
    }
    byte[] first = Arrays.copyOfRange(input, 1, end);
    byte[] second = Arrays.copyOfRange(input, Math.min(end + 1, input.length), input.length);
    Bounds.check(
        List.of(UserException.class),
        () -> {
          OutputState state = new OutputState();
          byte[] commit = first;
          if (input[0] % 2 != 0) {
            state = OutputState.of(CommitLog.parse(FILE, first, OutputState.Snapshot.class));
            commit = second;
          }
          Commit next = CommitLog.parse(FILE, commit, Commit.class);
          if (next.number() == state.number() + 1) {
            state.apply(next);
          }
          use(state);
        });
  }

  /** Everything that readers ask of a state. */
  private static void use(OutputState state) {
    for (Map.Entry<String, Long> file : state.files().entrySet()) {
      if (file.getValue() + file.getKey().length() == Long.MIN_VALUE) {
        throw new AssertionError("Not a size");
      }
    }
    for (String series : state.seriesIds()) {
      state.commitOf(series, state.lastBatch(series));
      state.seriesAfter(series);
    }
    for (long run : state.runs()) {
      state.commitOf(String.valueOf(run));
    }
    state.newest().ifPresent(run -> run.difference(run));
    OutputState.of(state.snapshot());
  }
}
