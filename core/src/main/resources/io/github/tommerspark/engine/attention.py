  # True where queries may not look, (rows, keys): queries from `first` on, keys from `low` on; the
  # `window` keys up to itself under a causal mask, keys at most `window` tokens to either side
  # without one.
  def hidden_keys(self: __torch__.M, first: int, rows: int, low: int, keys: int, window: int, like: Tensor) -> Tensor:
    query = torch.arange(first, first + rows, dtype=4, device=like.device).unsqueeze(1)
    key = torch.arange(low, low + keys, dtype=4, device=like.device).unsqueeze(0)
    if self.causal:
      hidden = key > query
      if window > 0:
        hidden = hidden.logical_or(key <= query - window)
      return hidden
    return (query - key).abs() > window

  # (count, length, kv_heads, head_dim) -> (count, heads, length, head_dim): each head of the keys as
  # often as queries share it.
  def repeated(self: __torch__.M, x: Tensor, heads: int) -> Tensor:
    x = x.transpose(1, 2)
    repeat = heads // x.size(1)
    if repeat == 1:
      return x
    wide = x.unsqueeze(2).expand([-1, -1, repeat, -1, -1])
    return wide.reshape([x.size(0), heads, x.size(2), x.size(3)])

  # Attention by the engine's own kernel. q (count, length, heads, head_dim), k and v (count, length,
  # kv_heads, head_dim) -> (count, length, heads, head_dim). Scores are multiplied by `scale`.
  def attend_fused(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, window: int, scale: float) -> Tensor:
    qh = q.transpose(1, 2)
    kh = self.repeated(k, q.size(2))
    vh = self.repeated(v, q.size(2))
    if window > 0:
      length = q.size(1)
      seen = self.hidden_keys(0, length, 0, length, window, q).logical_not()
      y = torch.scaled_dot_product_attention(qh, kh, vh, seen, 0.0, False, scale=scale)
    else:
      y = torch.scaled_dot_product_attention(qh, kh, vh, None, 0.0, self.causal, scale=scale)
    return y.transpose(1, 2)

  # Attention with a soft cap on the scores, which no fused kernel offers; one sequence at a time to
  # bound the memory of its score matrices. Shapes as in attend_fused.
  def attend_capped(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, window: int, scale: float) -> Tensor:
    length = q.size(1)
    qh = q.transpose(1, 2)
    kh = self.repeated(k, q.size(2))
    vh = self.repeated(v, q.size(2))
    hidden = self.hidden_keys(0, length, 0, length, window, q)
    parts = annotate(List[Tensor], [])
    for b in range(q.size(0)):
      scores = torch.matmul(qh[b], kh[b].transpose(1, 2)) * scale
      scores = torch.tanh(scores / self.soft_cap) * self.soft_cap
      weights = scores.to(6).masked_fill(hidden, -inf).softmax(-1)
      parts.append(torch.matmul(weights.to(v.dtype), vh[b]))
    return torch.stack(parts).transpose(1, 2)

