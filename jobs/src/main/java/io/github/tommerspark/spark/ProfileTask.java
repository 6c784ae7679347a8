package io.github.tommerspark.spark;

import io.github.tommerspark.detect.ModelProfile;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import java.io.IOException;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;

/** Measures a model on one executor. */
public final class ProfileTask implements Function<Integer, ModelProfile> {

  private static final long serialVersionUID = 1L;

  private final ModelSpec model;
  private final EngineOptions options;
  private final List<String> texts;

  private ProfileTask(ModelSpec model, EngineOptions options, List<String> texts) {
    this.model = model;
    this.options = options;
    this.texts = List.copyOf(texts);
  }

  /**
   * Measures a model.
   *
   * @param texts to run it over
   * @param calls forward calls at once
   * @return what {@link ModelProfile#measure} returned there
   */
  public static ModelProfile run(
      JavaSparkContext spark,
      ModelSpec model,
      EngineOptions options,
      List<String> texts,
      int calls) {
    return spark
        .parallelize(List.of(calls), 1)
        .map(new ProfileTask(model, options, texts))
        .collect()
        .get(0);
  }

  @Override
  public ModelProfile call(Integer calls) throws IOException {
    EngineSetup.apply();
    return ModelProfile.measure(model, TaskDevice.current(options).engine(), texts, calls);
  }
}
