  # How a batch is laid out for attention: (count, length) pairs of blocks. A block holds neighbouring
  # sequences of nearly one length, since a call for each length costs more than some keys too many.
  # Under a causal mask no token looks at what stands after it, so padding there changes nothing;
  # without one, a block has sequences of one length only.
  def blocks(self: __torch__.M, groups: List[int]) -> List[int]:
    blocks = annotate(List[int], [])
    for g in range(len(groups) // 2):
      count = groups[2 * g]
      length = groups[2 * g + 1]
      last = len(blocks) - 2
      joined = False
      if self.causal and last >= 0:
        spare = blocks[last + 1] - length
        joined = spare >= 0 and spare <= max(8, blocks[last + 1] // 8)
      if joined:
        blocks[last] = blocks[last] + count
      else:
        blocks.append(count)
        blocks.append(length)
    return blocks

  # From packed to blocks and back, as indices of tokens: `spread` (padded tokens), where padding
  # repeats a sequence's last token, and `back` (tokens). Both are empty if there is no padding.
  def padding(self: __torch__.M, groups: List[int], blocks: List[int], like: Tensor) -> Tuple[Tensor, Tensor]:
    none = torch.empty([0], dtype=4, device=like.device)
    if len(groups) == len(blocks):
      return (none, none)
    spread = annotate(List[Tensor], [])
    back = annotate(List[Tensor], [])
    first, padded, block, left = 0, 0, 0, blocks[0]
    for g in range(len(groups) // 2):
      count = groups[2 * g]
      length = groups[2 * g + 1]
      if left == 0:
        block = block + 1
        left = blocks[2 * block]
      wide = blocks[2 * block + 1]
      step = torch.arange(wide, dtype=4, device=like.device).unsqueeze(0)
      row = torch.arange(count, dtype=4, device=like.device).unsqueeze(1)
      spread.append((row * length + step.clamp_max(length - 1) + first).reshape([count * wide]))
      back.append((row * wide + step.narrow(1, 0, length) + padded).reshape([count * length]))
      first = first + count * length
      padded = padded + count * wide
      left = left - count
    return (torch.cat(spread), torch.cat(back))

  # q (tokens, heads, head_dim), k and v (tokens, kv_heads, head_dim) -> (tokens, heads * head_dim).
  # window 0 is unlimited.
  def attend(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, blocks: List[int], spread: Tensor, back: Tensor, window: int) -> Tensor:
    padded = spread.numel() > 0
    if padded:
      q = q.index_select(0, spread)
      k = k.index_select(0, spread)
      v = v.index_select(0, spread)
    parts = annotate(List[Tensor], [])
    at = 0
    for b in range(len(blocks) // 2):
      count = blocks[2 * b]
      length = blocks[2 * b + 1]
      tokens = count * length
      qb = q.narrow(0, at, tokens).reshape([count, length, q.size(1), q.size(2)])
      kb = k.narrow(0, at, tokens).reshape([count, length, k.size(1), k.size(2)])
      vb = v.narrow(0, at, tokens).reshape([count, length, v.size(1), v.size(2)])
      reach = window
      if length <= window:
        reach = 0
      if self.soft_cap > 0.0:
        y = self.attend_capped(qb, kb, vb, reach)
      else:
        y = self.attend_block(qb, kb, vb, reach)
      parts.append(y.reshape([tokens, q.size(1) * q.size(2)]))
      at = at + tokens
    y = parts[0]
    if len(parts) > 1:
      y = torch.cat(parts)
    if padded:
      return y.index_select(0, back)
    return y

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
  # kv_heads, head_dim) -> (count, length, heads, head_dim).
  def attend_fused(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    qh = q.transpose(1, 2)
    kh = self.repeated(k, q.size(2))
    vh = self.repeated(v, q.size(2))
    if window > 0:
      length = q.size(1)
      seen = self.hidden_keys(0, length, 0, length, window, q).logical_not()
      y = torch.scaled_dot_product_attention(qh, kh, vh, seen, 0.0, False, scale=self.attention_scale)
    else:
      y = torch.scaled_dot_product_attention(qh, kh, vh, None, 0.0, self.causal, scale=self.attention_scale)
    return y.transpose(1, 2)

  # Attention with a soft cap on the scores, which no fused kernel offers; one sequence at a time to
  # bound the memory of its score matrices. Shapes as in attend_fused.
  def attend_capped(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    length = q.size(1)
    qh = q.transpose(1, 2)
    kh = self.repeated(k, q.size(2))
    vh = self.repeated(v, q.size(2))
    hidden = self.hidden_keys(0, length, 0, length, window, q)
    parts = annotate(List[Tensor], [])
    for b in range(q.size(0)):
      scores = torch.matmul(qh[b], kh[b].transpose(1, 2)) * self.attention_scale
      scores = torch.tanh(scores / self.soft_cap) * self.soft_cap
      weights = scores.to(6).masked_fill(hidden, -inf).softmax(-1)
      parts.append(torch.matmul(weights.to(v.dtype), vh[b]))
    return torch.stack(parts).transpose(1, 2)

