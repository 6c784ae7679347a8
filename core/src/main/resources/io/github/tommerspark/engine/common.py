  # Parts that the families share.

  # Root-mean-square norm, or layer norm with an optional bias, over the last dimension. In float32,
  # like the reference, since a mean over a wide vector loses too much in 16 bits.
  def norm(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if self.norm_kind == "rms":
      return torch.rms_norm(x, [weight.size(0)], weight, self.norm_eps)
    if bias.numel() == 0:
      return torch.layer_norm(x, [weight.size(0)], weight, None, self.norm_eps)
    return torch.layer_norm(x, [weight.size(0)], weight, bias, self.norm_eps)

  def activation(self: __torch__.M, x: Tensor) -> Tensor:
    if self.activation_kind == "silu":
      return torch.silu(x)
    if self.activation_kind == "gelu":
      return torch.gelu(x)
    if self.activation_kind == "gelu_tanh":
      return torch.gelu(x, approximate="tanh")
    return torch.relu(x)

  # cos and sin of the rotary embedding, each (tokens, 1, rotary), the two halves repeated.
  # frequencies (rotary / 2).
  def rotary_table(self: __torch__.M, positions: Tensor, frequencies: Tensor, like: Tensor) -> Tuple[Tensor, Tensor]:
    angles = positions.to(6).unsqueeze(1) * frequencies.unsqueeze(0)
    angles = torch.cat([angles, angles], 1).unsqueeze(1)
    return (angles.cos().to(like.dtype), angles.sin().to(like.dtype))

  # Rotates the first `rotary` of the last dimension of x (tokens, heads, head_dim).
  def rotate(self: __torch__.M, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    rotary = cos.size(2)
    half = rotary // 2
    turned = x.narrow(2, 0, rotary)
    swapped = torch.cat([-turned.narrow(2, half, half), turned.narrow(2, 0, half)], 2)
    y = turned * cos + swapped * sin
    if rotary != x.size(2):
      y = torch.cat([y, x.narrow(2, rotary, x.size(2) - rotary)], 2)
    return y

  # True where a query may look, (length, length): the `window` keys up to itself under a causal mask,
  # keys at most `window` tokens to either side without one.
  def window_mask(self: __torch__.M, length: int, window: int, like: Tensor) -> Tensor:
    at = torch.arange(length, dtype=4, device=like.device)
    back = at.unsqueeze(1) - at.unsqueeze(0)
    if self.causal:
      return (back >= 0).logical_and(back < window)
    return back.abs() <= window

  # q (tokens, heads, head_dim), k and v (tokens, kv_heads, head_dim) -> (tokens, heads * head_dim).
  # window 0 is unlimited.
  def attend(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, groups: List[int], window: int) -> Tensor:
    repeat = q.size(1) // k.size(1)
    parts = annotate(List[Tensor], [])
    at = 0
    for g in range(len(groups) // 2):
      count = groups[2 * g]
      length = groups[2 * g + 1]
      tokens = count * length
      qg = q.narrow(0, at, tokens).reshape([count, length, q.size(1), q.size(2)]).transpose(1, 2)
      kg = k.narrow(0, at, tokens).reshape([count, length, k.size(1), k.size(2)]).transpose(1, 2)
      vg = v.narrow(0, at, tokens).reshape([count, length, v.size(1), v.size(2)]).transpose(1, 2)
      if repeat > 1:
        kg = self.repeated(kg, repeat)
        vg = self.repeated(vg, repeat)
      if self.soft_cap > 0.0:
        y = self.attend_capped(qg, kg, vg, window)
      elif window > 0 and length > window:
        mask = self.window_mask(length, window, q)
        y = torch.scaled_dot_product_attention(qg, kg, vg, mask, 0.0, False, scale=self.attention_scale)
      else:
        y = torch.scaled_dot_product_attention(qg, kg, vg, None, 0.0, self.causal, scale=self.attention_scale)
      parts.append(y.transpose(1, 2).reshape([tokens, q.size(1) * q.size(2)]))
      at = at + tokens
    if len(parts) == 1:
      return parts[0]
    return torch.cat(parts)

  # (count, kv_heads, length, head_dim) -> (count, kv_heads * repeat, length, head_dim).
  def repeated(self: __torch__.M, x: Tensor, repeat: int) -> Tensor:
    wide = x.unsqueeze(2).expand([-1, -1, repeat, -1, -1])
    return wide.reshape([x.size(0), x.size(1) * repeat, x.size(2), x.size(3)])

  # Attention with a soft cap on the scores, which no fused kernel offers; one sequence at a time to
  # bound the memory of its score matrices. q, k, v (count, heads, length, head_dim).
  def attend_capped(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    width = q.size(2)
    if window > 0:
      width = window
    hidden = self.window_mask(q.size(2), width, q).logical_not()
    parts = annotate(List[Tensor], [])
    for b in range(q.size(0)):
      scores = torch.matmul(q[b], k[b].transpose(1, 2)) * self.attention_scale
      scores = torch.tanh(scores / self.soft_cap) * self.soft_cap
      weights = scores.to(6).masked_fill(hidden, -inf).softmax(-1)
      parts.append(torch.matmul(weights.to(v.dtype), v[b]))
    return torch.stack(parts)

