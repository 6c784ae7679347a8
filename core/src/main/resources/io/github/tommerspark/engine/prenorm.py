  # Blocks that norm before attention and before the MLP: Llama, Mistral, Qwen, Phi, Gemma, GPT-NeoX,
  # GPT-2, ModernBERT. Weights, in this order; an absent one is an empty tensor:
  #   0 token embedding, 1 position embedding, 2 embedding norm, 3 its bias,
  #   4 rotary frequencies, 5 rotary frequencies of layers with a window; then for each block
  #   +0 attention norm, +1 bias, +2 q (or fused qkv), +3 bias, +4 k, +5 bias, +6 v, +7 bias,
  #   +8 q norm, +9 k norm, +10 attention output, +11 bias, +12 norm after attention,
  #   +13 MLP norm, +14 bias, +15 gate (or fused gate and up), +16 bias, +17 up, +18 bias,
  #   +19 down, +20 bias, +21 norm after the MLP.
  # ids int64 (tokens) -> one float32 (tokens, width) per entry of `layers` (ascending): the output of
  # that block, before any final norm.
  def hidden(self: __torch__.M, ids: Tensor, groups: List[int], layers: List[int], w: List[Tensor]) -> List[Tensor]:
    absent = torch.empty([0], dtype=6, device=ids.device)
    at = self.positions(groups, ids)
    x = torch.embedding(w[0], ids).to(6)
    if w[1].numel() > 0:
      x = x + torch.embedding(w[1], at).to(6)
    if w[2].numel() > 0:
      x = self.norm(x, w[2], w[3])
    if self.embedding_scale != 1.0:
      x = x * self.embedding_scale
    cos, sin = absent, absent
    cos_local, sin_local = absent, absent
    if w[4].numel() > 0:
      cos, sin = self.rotary_table(at, w[4], w[8])
      cos_local, sin_local = cos, sin
    if w[5].numel() > 0:
      cos_local, sin_local = self.rotary_table(at, w[5], w[8])
    blocks = self.blocks(groups)
    spread, back = self.padding(groups, blocks, ids)
    taps = annotate(List[Tensor], [])
    for layer in range(layers[len(layers) - 1] + 1):
      b = 6 + 22 * layer
      if w[b].numel() > 0:
        h = self.normed(x, w[b], w[b + 1], w[b + 2].dtype)
      else:
        h = x.to(w[b + 2].dtype)
      q, k, v = self.project(h, w, b)
      if w[b + 8].numel() > 0:
        q = self.norm(q.to(6), w[b + 8], absent).to(h.dtype)
        k = self.norm(k.to(6), w[b + 9], absent).to(h.dtype)
      if cos.numel() > 0:
        if self.windows[layer] > 0:
          q = self.rotate(q, cos_local, sin_local)
          k = self.rotate(k, cos_local, sin_local)
        else:
          q = self.rotate(q, cos, sin)
          k = self.rotate(k, cos, sin)
      attended = self.attend(q, k, v, blocks, spread, back, self.windows[layer])
      # Sums are made in place: what reads x without the attention must come before.
      if self.parallel:
        h = self.normed(x, w[b + 13], w[b + 14], w[b + 19].dtype)
      if w[b + 12].numel() > 0:
        x = x.add_(self.norm(self.linear(attended, w[b + 10], w[b + 11]).to(6), w[b + 12], absent))
      else:
        x = self.added(x, attended, w[b + 10], w[b + 11])
      if not self.parallel:
        h = self.normed(x, w[b + 13], w[b + 14], w[b + 19].dtype)
      m = self.mlp(h, w, b)
      if w[b + 21].numel() > 0:
        x = x.add_(self.norm(self.linear(m, w[b + 19], w[b + 20]).to(6), w[b + 21], absent))
      else:
        x = self.added(x, m, w[b + 19], w[b + 20])
      if torch.__contains__(layers, layer):
        taps.append(x)
        if layer < layers[len(layers) - 1]:
          x = x.clone()
    return taps

  # h (tokens, width) -> q (tokens, heads, head_dim), k and v (tokens, kv_heads, head_dim).
  def project(self: __torch__.M, h: Tensor, w: List[Tensor], b: int) -> Tuple[Tensor, Tensor, Tensor]:
    n = h.size(0)
    q = self.linear(h, w[b + 2], w[b + 3])
    if self.qkv_kind == "per_head":
      fused = q.reshape([n, self.heads, 3, self.head_dim])
      return (fused.select(2, 0), fused.select(2, 1), fused.select(2, 2))
    queries = self.heads * self.head_dim
    keys = self.kv_heads * self.head_dim
    if self.qkv_kind == "fused":
      k = q.narrow(1, queries, keys)
      v = q.narrow(1, queries + keys, keys)
      q = q.narrow(1, 0, queries)
    else:
      k = self.linear(h, w[b + 4], w[b + 5])
      v = self.linear(h, w[b + 6], w[b + 7])
    return (q.reshape([n, self.heads, self.head_dim]),
            k.reshape([n, self.kv_heads, self.head_dim]),
            v.reshape([n, self.kv_heads, self.head_dim]))

  # The MLP up to its last product.
  def mlp(self: __torch__.M, h: Tensor, w: List[Tensor], b: int) -> Tensor:
    if self.mlp_kind == "gated":
      return self.scaled(h, w[b + 17], w[b + 18], self.activated(h, w[b + 15], w[b + 16]))
    if self.mlp_kind == "fused":
      both = self.linear(h, w[b + 15], w[b + 16])
      half = both.size(1) // 2
      return self.activation(both.narrow(1, 0, half)) * both.narrow(1, half, half)
    return self.activated(h, w[b + 17], w[b + 18])

