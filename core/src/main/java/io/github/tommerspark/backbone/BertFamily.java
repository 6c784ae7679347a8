package io.github.tommerspark.backbone;

import io.github.tommerspark.backbone.BackboneSpec.Identity;
import io.github.tommerspark.backbone.BackboneSpec.Positions;
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.List;

/** BERT: norms after attention and MLP, learned positions. */
final class BertFamily implements Family {

  @Override
  public String modelType() {
    return "bert";
  }

  @Override
  public KeyUses keys() {
    return BertLike.keys();
  }

  @Override
  public BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    Sizes sizes = Sizes.of(config);
    int rows = config.size("max_position_embeddings", 512);
    return new BackboneSpec(
        Identity.of(config),
        sizes,
        Positions.learned(rows),
        BertLike.forward(config, sizes),
        List.of("bert.", ""),
        BertLike.embeddings(config, sizes, rows, sizes.width()),
        i -> BertLike.block(sizes, i));
  }
}
