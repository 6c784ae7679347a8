  # Blocks that norm after attention and after the MLP: BERT, RoBERTa, DistilBERT, ELECTRA. Weights stand in w at the places
  # that the module has as attributes, those of a block counted from its first; an absent one is
  # an empty tensor. Slot.java has their shapes.
  # ids int64 (tokens) -> one float32 (tokens, width) per entry of `layers` (ascending): the output of
  # that block. Fails between blocks once `stop`, uint8 (1) on the host, is set.
  def hidden(self: __torch__.M, ids: Tensor, groups: List[int], layers: List[int], w: List[Tensor], stop: Tensor) -> List[Tensor]:
    n = ids.size(0)
    at = self.positions(groups, ids)
    if self.positions_after_padding:
      at = self.positions_of_text(ids, groups)
    x = torch.embedding(w[self.token_embedding], ids).to(6) + torch.embedding(w[self.position_embedding], at).to(6)
    if w[self.type_embedding].numel() > 0:
      x = x + w[self.type_embedding][0].to(6)
    x = self.norm(x, w[self.embedding_norm], w[self.embedding_norm_bias])
    if w[self.embedding_projection].numel() > 0:
      x = self.linear(x.to(w[self.embedding_projection].dtype), w[self.embedding_projection], w[self.embedding_projection_bias]).to(6)
    blocks = self.blocks(groups)
    spread, back = self.padding(groups, blocks, ids)
    taps = annotate(List[Tensor], [])
    for layer in range(layers[len(layers) - 1] + 1):
      if bool(stop):
        ops.prim.RaiseException("cancelled")
      b = self.first_block + self.block_slots * layer
      h = x.to(w[b + self.q].dtype)
      q = self.linear(h, w[b + self.q], w[b + self.q_bias]).reshape([n, self.heads, self.head_dim])
      k = self.linear(h, w[b + self.k], w[b + self.k_bias]).reshape([n, self.heads, self.head_dim])
      v = self.linear(h, w[b + self.v], w[b + self.v_bias]).reshape([n, self.heads, self.head_dim])
      attended = self.linear(self.attend(q, k, v, blocks, spread, back, self.windows[layer], self.attention_scales[layer]), w[b + self.out], w[b + self.out_bias])
      x = self.norm(x + attended, w[b + self.post_attention_norm], w[b + self.post_attention_norm_bias])
      up = self.activated(x.to(h.dtype), w[b + self.up], w[b + self.up_bias])
      x = self.norm(x + self.linear(up, w[b + self.down], w[b + self.down_bias]), w[b + self.post_mlp_norm], w[b + self.post_mlp_norm_bias])
      if torch.__contains__(layers, layer):
        taps.append(x)
    return taps

  # RoBERTa counts positions from the padding id, and tokens that are literally padding do not count:
  # int64 (tokens).
  def positions_of_text(self: __torch__.M, ids: Tensor, groups: List[int]) -> Tensor:
    real = (ids != self.padding_id).to(4)
    seen = real.cumsum(0)
    # What was seen before the first token of the own sequence.
    first = torch.arange(ids.size(0), dtype=4, device=ids.device) - self.positions(groups, ids)
    before = (seen - real).index_select(0, first)
    return (seen - before) * real + self.padding_id
