package io.github.tommerspark.spark;

import io.github.tommerspark.detect.DtypeChoice;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import java.io.IOException;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;

/** Chooses, on one executor, what {@code --dtype auto} stands for on all of them. */
public final class DtypeTask implements Function<EngineOptions, DtypeChoice> {

  private static final long serialVersionUID = 1L;

  /** The folder in the model cache with what was tried. */
  private static final String MEMORY = "dtypes";

  private final List<ModelSpec> models;
  private final List<String> texts;

  private DtypeTask(List<ModelSpec> models, List<String> texts) {
    this.models = List.copyOf(models);
    this.texts = List.copyOf(texts);
  }

  /**
   * Chooses.
   *
   * @param texts to try
   * @return what {@link DtypeChoice#of} returned there
   */
  public static DtypeChoice run(
      JavaSparkContext spark, List<ModelSpec> models, EngineOptions options, List<String> texts) {
    return spark
        .parallelize(List.of(options), 1)
        .map(new DtypeTask(models, texts))
        .collect()
        .get(0);
  }

  @Override
  public DtypeChoice call(EngineOptions options) throws IOException {
    EngineSetup.apply();
    return DtypeChoice.of(
        models,
        TaskDevice.current(options).engine(),
        texts,
        new HadoopModelStore().cacheDirectory().resolve(MEMORY));
  }
}
