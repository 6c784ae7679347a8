package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.spark.MetricsPlugin;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.plugin.PluginContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsPluginTest {

  private static final List<String> PARTS =
      List.of("tokeniseMillis", "waitMillis", "forwardMillis", "decodeMillis");

  @TempDir private Path folder;

  @Test
  void theMetricsOfAnExecutorGrowWithWhatItAnnotates() throws IOException {
    MetricRegistry registry = new MetricRegistry();
    PluginContext context =
        (PluginContext)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {PluginContext.class},
                (proxy, method, arguments) ->
                    method.getName().equals("metricRegistry") ? registry : null);
    new MetricsPlugin().executorPlugin().init(context, Map.of());
    assertThat(registry.getGauges())
        .containsOnlyKeys(
            "rows",
            "tokens",
            "windows",
            "mentions",
            "paddedTokens",
            "errorRows",
            "loadMillis",
            "annotateMillis",
            "tokeniseMillis",
            "waitMillis",
            "forwardMillis",
            "decodeMillis",
            "inputMillis",
            "failedDevices");
    long rows = value(registry, "rows");
    long tokens = value(registry, "tokens");
    long windows = value(registry, "windows");
    long mentions = value(registry, "mentions");
    long errors = value(registry, "errorRows");
    long forward = value(registry, "forwardMillis");
    long annotate = value(registry, "annotateMillis");
    long parts = parts(registry);

    Files.write(
        folder.resolve("docs.jsonl"),
        List.of(
            "{\"id\": \"a\", \"text\": \"Marie Curie was born in Warsaw.\"}",
            "{\"id\": \"b\", \"text\": null}",
            "{\"id\": \"broken\", \"te"));
    Provenance.Counts counts =
        AnnotateJob.run(LocalSpark.session(), options()).provenance().counts();
    assertThat(value(registry, "rows") - rows).isEqualTo(3);
    assertThat(value(registry, "errorRows") - errors).isEqualTo(1);
    assertThat(value(registry, "windows") - windows).isEqualTo(1);
    assertThat(value(registry, "tokens") - tokens).isEqualTo(counts.tokens().get("nano-llama"));
    assertThat(value(registry, "mentions") - mentions)
        .isEqualTo(counts.mentions().get("nano-llama"));
    assertThat(value(registry, "loadMillis")).isPositive();
    assertThat(value(registry, "annotateMillis")).isPositive();
    assertThat(value(registry, "forwardMillis") - forward).isPositive();
    assertThat(parts(registry) - parts)
        .isLessThanOrEqualTo(value(registry, "annotateMillis") - annotate + PARTS.size());
  }

  private static long parts(MetricRegistry registry) {
    return PARTS.stream().mapToLong(part -> value(registry, part)).sum();
  }

  private static long value(MetricRegistry registry, String name) {
    return (Long) registry.getGauges().get(name).getValue();
  }

  private AnnotateOptions options() {
    return new AnnotateOptions(
        new CorpusOptions(
            List.of(folder.resolve("docs.jsonl").toString()), null, Map.of(), "text", null),
        new OutputOptions(
            folder.resolve("out").toString(),
            OutputFormat.PARQUET,
            WriteMode.ERROR,
            "mentions",
            null,
            false),
        List.of(ModelSpec.bundled("nano-llama")),
        EngineOptions.defaults(),
        0,
        false,
        Map.of());
  }
}
