  # Blocks that norm after attention and after the MLP: BERT, RoBERTa. Weights, in this order:
  #   0 token embedding, 1 position embedding, 2 token type embedding, 3 embedding norm, 4 its bias;
  #   then for each block +0 q, +1 bias, +2 k, +3 bias, +4 v, +5 bias, +6 attention output, +7 bias,
  #   +8 norm, +9 bias, +10 up, +11 bias, +12 down, +13 bias, +14 norm, +15 bias.
  # ids int64 (tokens) -> one float32 (tokens, width) per entry of `layers` (ascending): the output of
  # that block.
  def hidden(self: __torch__.M, ids: Tensor, groups: List[int], layers: List[int], w: List[Tensor]) -> List[Tensor]:
    n = ids.size(0)
    at = self.positions(groups, ids)
    if self.positions_after_padding:
      at = self.positions_of_text(ids, groups)
    x = torch.embedding(w[0], ids).to(6) + torch.embedding(w[1], at).to(6) + w[2][0].to(6)
    x = self.norm(x, w[3], w[4])
    blocks = self.blocks(groups)
    spread, back = self.padding(groups, blocks, ids)
    taps = annotate(List[Tensor], [])
    for layer in range(layers[len(layers) - 1] + 1):
      b = 5 + 16 * layer
      h = x.to(w[b].dtype)
      q = self.linear(h, w[b], w[b + 1]).reshape([n, self.heads, self.head_dim])
      k = self.linear(h, w[b + 2], w[b + 3]).reshape([n, self.heads, self.head_dim])
      v = self.linear(h, w[b + 4], w[b + 5]).reshape([n, self.heads, self.head_dim])
      attended = self.linear(self.attend(q, k, v, blocks, spread, back, 0), w[b + 6], w[b + 7])
      x = self.norm(x + attended, w[b + 8], w[b + 9])
      up = self.activated(x.to(h.dtype), w[b + 10], w[b + 11])
      x = self.norm(x + self.linear(up, w[b + 12], w[b + 13]), w[b + 14], w[b + 15])
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
