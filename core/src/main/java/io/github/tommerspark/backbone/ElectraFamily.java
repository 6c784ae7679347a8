package io.github.tommerspark.backbone;

import static io.github.tommerspark.backbone.Slot.EMBEDDING_PROJECTION;

import io.github.tommerspark.backbone.BackboneSpec.Identity;
import io.github.tommerspark.backbone.BackboneSpec.Positions;
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.List;

/** ELECTRA: BERT with embeddings that may be narrower than the hidden states. */
final class ElectraFamily implements Family {

  @Override
  public String modelType() {
    return "electra";
  }

  @Override
  public KeyUses keys() {
    return BertLike.keys().honoured("embedding_size");
  }

  @Override
  public BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    Sizes sizes = Sizes.of(config);
    int narrow = config.size("embedding_size", 128);
    int positions = config.size("max_position_embeddings", 512);
    Weights model = BertLike.embeddings(config, sizes, positions, narrow);
    if (narrow != sizes.width()) {
      model.biased(EMBEDDING_PROJECTION, "embeddings_project", sizes.width(), narrow);
    }
    return new BackboneSpec(
        Identity.of(config),
        sizes,
        Positions.learned(positions),
        BertLike.forward(config, sizes),
        List.of("electra.", ""),
        model,
        i -> BertLike.block(sizes, i));
  }
}
