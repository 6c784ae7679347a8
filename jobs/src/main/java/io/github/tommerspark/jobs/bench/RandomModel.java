package io.github.tommerspark.jobs.bench;

import io.github.tommerspark.backbone.BackboneExport;
import io.github.tommerspark.backbone.RandomSnapshot;
import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.detect.ModelTokens;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.head.HeadAdditions;
import io.github.tommerspark.head.HeadConfig;
import io.github.tommerspark.head.HeadFiles;
import io.github.tommerspark.head.HeadType;
import io.github.tommerspark.head.PublishedHead;
import io.github.tommerspark.head.ScoreNormalization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A backbone of a shape and a head for it, with random weights: files in a folder.
 *
 * @param backbone a snapshot with nano-llama's tokenizer
 * @param head a head that finds about as many mentions as a trained one
 */
record RandomModel(Path backbone, Path head) {

  private static final int RANK = 64;
  private static final int WINDOW = 25;

  /** The bundled model whose tokenizer it has. */
  static final String TOKENIZER = "nano-llama";

  /**
   * Writes both.
   *
   * @param config content of a config.json
   * @param layer index of the last block, whose output the head reads
   * @param stored type of the backbone's weights; null to write none, which suffices for plans
   * @throws IOException if the config is of no supported backbone, or the folder cannot be written
   */
  static RandomModel write(byte[] config, int layer, @Nullable DType stored, Path folder)
      throws IOException {
    Path backbone = folder.resolve("backbone");
    Path head = folder.resolve("head");
    int width =
        stored == null
            ? BackboneExport.outline(config, layer, backbone)
            : RandomSnapshot.write(config, layer, stored, backbone);
    ModelTokens.copyTokenizer(TOKENIZER, backbone);
    HeadFiles.write(head(width, layer), head);
    return new RandomModel(backbone, head);
  }

  private static Head head(int width, int layer) {
    Random random = new Random(1);
    HeadConfig config =
        new HeadConfig(
            HeadType.PUBLISHED,
            "backbone",
            layer,
            RANK,
            true,
            WINDOW,
            true,
            ScoreNormalization.NONE,
            HeadAdditions.NONE);
    return new PublishedHead(
        config,
        width,
        gaussian(random, width * RANK, 1),
        gaussian(random, width * RANK, 1),
        gaussian(random, width, 1 / Math.sqrt(width)),
        -3f,
        new float[] {1, 1, 1, 1, 1});
  }

  private static float[] gaussian(Random random, int count, double spread) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (spread * random.nextGaussian());
    }
    return values;
  }
}
