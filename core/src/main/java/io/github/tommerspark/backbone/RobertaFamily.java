package io.github.tommerspark.backbone;

import io.github.tommerspark.backbone.BackboneSpec.Identity;
import io.github.tommerspark.backbone.BackboneSpec.Positions;
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.List;

/** RoBERTa: BERT with positions counted from the padding id. */
final class RobertaFamily implements Family {

  @Override
  public String modelType() {
    return "roberta";
  }

  @Override
  public KeyUses keys() {
    return BertLike.keys().honoured("pad_token_id");
  }

  @Override
  public BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    Sizes sizes = Sizes.of(config);
    int rows = config.size("max_position_embeddings", 512);
    int padding = config.count("pad_token_id", 1);
    if (padding + 2 > rows) {
      throw config.wrong("pad_token_id", padding, "below max_position_embeddings - 1");
    }
    return new BackboneSpec(
        Identity.of(config),
        sizes,
        Positions.learned(rows - padding - 1),
        BertLike.forward(config, sizes).withPositionsFrom(padding),
        List.of("roberta.", ""),
        BertLike.embeddings(config, sizes, rows, sizes.width()),
        i -> BertLike.block(sizes, i));
  }
}
