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
  # window 0 is unlimited; scores are multiplied by `scale`.
  def attend(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, blocks: List[int], spread: Tensor, back: Tensor, window: int, scale: float) -> Tensor:
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
        y = self.attend_capped(qb, kb, vb, reach, scale)
      else:
        y = self.attend_block(qb, kb, vb, reach, scale)
      parts.append(y.reshape([tokens, q.size(1) * q.size(2)]))
      at = at + tokens
    y = parts[0]
    if len(parts) > 1:
      y = torch.cat(parts)
    if padded:
      return y.index_select(0, back)
    return y
