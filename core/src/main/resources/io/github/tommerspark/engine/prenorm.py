  # Blocks that norm before attention and before the MLP: Llama, Mistral, Qwen, Phi, Gemma, GPT-NeoX,
  # GPT-2, ModernBERT. Weights stand in w at the places that the module has as attributes, those of a
  # block counted from its first; an absent one is an empty tensor. Slot.java has their shapes.
  # ids int64 (tokens) -> one float32 (tokens, width) per entry of `layers` (ascending): the output of
  # that block, before any final norm. Fails between blocks once `stop`, uint8 (1) on the host, is set.
  def hidden(self: __torch__.M, ids: Tensor, groups: List[int], layers: List[int], w: List[Tensor], stop: Tensor) -> List[Tensor]:
    absent = torch.empty([0], dtype=6, device=ids.device)
    at = self.positions(groups, ids)
    x = torch.embedding(w[self.token_embedding], ids).to(6)
    if w[self.position_embedding].numel() > 0:
      x = x + torch.embedding(w[self.position_embedding], at).to(6)
    if w[self.embedding_norm].numel() > 0:
      x = self.norm(x, w[self.embedding_norm], w[self.embedding_norm_bias])
    if self.embedding_scale != 1.0:
      x = x * self.embedding_scale
    cos, sin = absent, absent
    cos_local, sin_local = absent, absent
    if w[self.rotary_frequencies].numel() > 0:
      cos, sin = self.rotary_table(at, w[self.rotary_frequencies], w[self.first_block + self.q])
      cos_local, sin_local = cos, sin
    if w[self.local_rotary_frequencies].numel() > 0:
      cos_local, sin_local = self.rotary_table(at, w[self.local_rotary_frequencies], w[self.first_block + self.q])
    blocks = self.blocks(groups)
    spread, back = self.padding(groups, blocks, ids)
    taps = annotate(List[Tensor], [])
    for layer in range(layers[len(layers) - 1] + 1):
      if bool(stop):
        ops.prim.RaiseException("cancelled")
      b = self.first_block + self.block_slots * layer
      if w[b + self.attention_norm].numel() > 0:
        h = self.normed(x, w[b + self.attention_norm], w[b + self.attention_norm_bias], w[b + self.q].dtype)
      else:
        h = x.to(w[b + self.q].dtype)
      q, k, v = self.project(h, w, b)
      if w[b + self.q_norm].numel() > 0:
        q = self.norm(q.to(6), w[b + self.q_norm], absent).to(h.dtype)
        k = self.norm(k.to(6), w[b + self.k_norm], absent).to(h.dtype)
      if cos.numel() > 0:
        if self.windows[layer] > 0:
          q = self.rotate(q, cos_local, sin_local)
          k = self.rotate(k, cos_local, sin_local)
        else:
          q = self.rotate(q, cos, sin)
          k = self.rotate(k, cos, sin)
      attended = self.attend(q, k, v, blocks, spread, back, self.windows[layer], self.attention_scales[layer])
      # Sums are made in place: what reads x without the attention must come before.
      if self.parallel:
        h = self.normed(x, w[b + self.mlp_norm], w[b + self.mlp_norm_bias], w[b + self.down].dtype)
      if w[b + self.post_attention_norm].numel() > 0:
        x = x.add_(self.norm(self.linear(attended, w[b + self.out], w[b + self.out_bias]).to(6), w[b + self.post_attention_norm], absent))
      else:
        x = self.added(x, attended, w[b + self.out], w[b + self.out_bias])
      if not self.parallel:
        h = self.normed(x, w[b + self.mlp_norm], w[b + self.mlp_norm_bias], w[b + self.down].dtype)
      m = self.mlp(h, w, b)
      if w[b + self.post_mlp_norm].numel() > 0:
        x = x.add_(self.norm(self.linear(m, w[b + self.down], w[b + self.down_bias]).to(6), w[b + self.post_mlp_norm], absent))
      else:
        x = self.added(x, m, w[b + self.down], w[b + self.down_bias])
      if torch.__contains__(layers, layer):
        taps.append(x)
        if layer < layers[len(layers) - 1]:
          x = x.clone()
    return taps

  # h (tokens, width) -> q (tokens, heads, head_dim), k and v (tokens, kv_heads, head_dim).
  def project(self: __torch__.M, h: Tensor, w: List[Tensor], b: int) -> Tuple[Tensor, Tensor, Tensor]:
    n = h.size(0)
    q = self.linear(h, w[b + self.q], w[b + self.q_bias])
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
      k = self.linear(h, w[b + self.k], w[b + self.k_bias])
      v = self.linear(h, w[b + self.v], w[b + self.v_bias])
    return (q.reshape([n, self.heads, self.head_dim]),
            k.reshape([n, self.kv_heads, self.head_dim]),
            v.reshape([n, self.kv_heads, self.head_dim]))

  # The MLP up to its last product.
  def mlp(self: __torch__.M, h: Tensor, w: List[Tensor], b: int) -> Tensor:
    if self.mlp_kind == "gated":
      return self.scaled(h, w[b + self.up], w[b + self.up_bias], self.activated(h, w[b + self.gate], w[b + self.gate_bias]))
    if self.mlp_kind == "fused":
      both = self.linear(h, w[b + self.gate], w[b + self.gate_bias])
      half = both.size(1) // 2
      return self.activation(both.narrow(1, 0, half)) * both.narrow(1, half, half)
    return self.activated(h, w[b + self.up], w[b + self.up_bias])

