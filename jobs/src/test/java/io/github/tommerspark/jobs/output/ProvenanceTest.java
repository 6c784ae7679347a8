package io.github.tommerspark.jobs.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProvenanceTest {

  @Test
  void outputsOfVersion01HaveNoHashOfAllWeightsAndMayBeAddedTo() {
    assertThat(run(null).difference(run(null))).isEmpty();
    assertThat(run("b").difference(run(null))).isEmpty();
    assertThat(run(null).difference(run("b"))).isEmpty();
    assertThat(run("b").difference(run("b"))).isEmpty();
    assertThat(run("b").difference(run("a")))
        .hasValue("SHA-256 of the weights of test is a there and b now");
  }

  @ParameterizedTest
  @CsvSource({
    "0.1.0, 0.1.7, true",
    "0.1.0, 0.1.0-SNAPSHOT, true",
    "0.1.0, 0.2.0, true",
    "0.1.0, 0.9.0, false",
    "0.2.0, 0.3.0, false",
    "0.9.0, 1.0.0, false",
    "1.0.0, 1.9.3, true",
    "1.0.0, 2.0.0, false"
  })
  void versionsPromiseOneAnotherWhatTheirNumbersSay(String there, String here, boolean fits) {
    assertThat(run(here, null).difference(run(there, null)).isEmpty()).isEqualTo(fits);
  }

  private static Provenance run(String weights) {
    return run("0.1.0", weights);
  }

  private static Provenance run(String version, String weights) {
    return new Provenance(
        "tommer-spark",
        version,
        "run",
        null,
        null,
        Map.of(),
        null,
        new Provenance.Output("out", "parquet", Map.of(), Map.of()),
        List.of(
            new Provenance.Model(
                "test",
                "mentions",
                "b",
                "h",
                "llama",
                0,
                "f",
                "fp32",
                "threshold",
                0.5,
                64,
                8,
                "tokenizer",
                1,
                null,
                weights)),
        null,
        Map.of(),
        0);
  }
}
