package io.github.tommerspark.jobs.agree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.jobs.output.ResultPlace;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

class AgreeOptionsTest {

  @Test
  void defaults() {
    assertThat(parse("--input", "mentions", "--output", "out"))
        .isEqualTo(
            new AgreeOptions(
                List.of(new AgreeOptions.Source(null, List.of("mentions"))),
                null,
                null,
                null,
                new ResultPlace("out", false),
                new AgreeOptions.Bootstrap(1000, 1),
                new AgreeOptions.Consensus(0, "mentions_consensus")));
  }

  @Test
  void everyOption() {
    assertThat(
            parse(
                ("--dataset a=x b=s3a://bucket/key=1 --columns p,q --text-column body"
                        + " --id-column key --output out --mode overwrite --replicates 50 --seed 7"
                        + " --consensus 2 --consensus-column agreed")
                    .split(" ")))
        .isEqualTo(
            new AgreeOptions(
                List.of(
                    new AgreeOptions.Source("a", List.of("x")),
                    new AgreeOptions.Source("b", List.of("s3a://bucket/key=1"))),
                List.of("p", "q"),
                "body",
                "key",
                new ResultPlace("out", true),
                new AgreeOptions.Bootstrap(50, 7),
                new AgreeOptions.Consensus(2, "agreed")));
  }

  @Test
  void whatContradictsIsRefused() {
    assertRefused("Say either --input PATH, .*", "--output", "out");
    assertRefused("Say either .*", "--input", "a", "--dataset", "b=c", "--output", "out");
    assertRefused("--dataset must be NAME=PATH, but is c", "--dataset", "c", "--output", "out");
    assertRefused(
        "--dataset names a twice", "--dataset", "a=b", "--dataset", "a=c", "--output", "out");
    assertRefused(
        "Unknown mode \"append\": use one of error, overwrite",
        "--input",
        "a",
        "--output",
        "out",
        "--mode",
        "append");
    assertRefused(
        "--replicates must not be negative, but is -1",
        "--input",
        "a",
        "--output",
        "out",
        "--replicates=-1");
    assertRefused(
        "--consensus must be at least 1, but is 0",
        "--input",
        "a",
        "--output",
        "out",
        "--consensus",
        "0");
  }

  private static void assertRefused(String message, String... arguments) {
    assertThatThrownBy(() -> parse(arguments))
        .isInstanceOf(ParameterException.class)
        .message()
        .matches(message);
  }

  private static AgreeOptions parse(String... arguments) {
    AgreeCommand command = new AgreeCommand();
    new CommandLine(command).parseArgs(arguments);
    return command.options();
  }
}
