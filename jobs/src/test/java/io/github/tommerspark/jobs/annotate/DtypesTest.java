package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.WriteMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DtypesTest {

  /** Cannot be tried. */
  private static final ModelSpec ABSENT = ModelSpec.of("absent", "/no/backbone", "/no/head");

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @Test
  void whatWasAskedForIsNotTried() throws IOException {
    EngineOptions asked = EngineOptions.defaults().withDtype(ComputeType.FP16);
    assertThat(Dtypes.settled(spark, List.of(ABSENT), asked, Optional.of(ComputeType.BF16)))
        .isEqualTo(asked);
  }

  @Test
  void whatAnOutputHoldsIsKeptWithoutATrial() throws IOException {
    EngineOptions auto = EngineOptions.defaults();
    for (ComputeType dtype : List.of(ComputeType.FP32, ComputeType.BF16)) {
      Optional<ComputeType> recorded = recordedAfterARun(dtype);
      assertThat(recorded).contains(dtype);
      assertThat(Dtypes.settled(spark, List.of(ABSENT), auto, recorded))
          .isEqualTo(auto.withDtype(dtype));
    }
  }

  @Test
  void aNewOutputGetsWhatATrialShows() throws IOException {
    assertThat(Dtypes.recorded(spark, output("new"))).isEmpty();
    EngineOptions auto = EngineOptions.defaults();
    EngineOptions settled =
        Dtypes.settled(spark, List.of(ModelSpec.bundled("nano-llama")), auto, Optional.empty());
    assertThat(settled.dtype()).isIn(ComputeType.FP32, ComputeType.BF16);
    assertThat(settled).isEqualTo(auto.withDtype(settled.dtype()));
  }

  private Optional<ComputeType> recordedAfterARun(ComputeType dtype) throws IOException {
    Path docs = Files.writeString(folder.resolve("docs.jsonl"), "{\"text\": \"In Paris.\"}");
    OutputOptions output = output(dtype.label());
    AnnotateJob.run(
        spark,
        new AnnotateOptions(
            new CorpusOptions(List.of(docs.toString()), null, Map.of(), "text", null),
            output,
            List.of(ModelSpec.bundled("nano-llama")),
            EngineOptions.defaults().withDtype(dtype),
            0,
            false,
            Map.of()));
    return Dtypes.recorded(spark, output);
  }

  private OutputOptions output(String name) {
    return new OutputOptions(
        folder.resolve(name).toString(),
        OutputFormat.PARQUET,
        WriteMode.ERROR,
        "mentions",
        null,
        false);
  }
}
