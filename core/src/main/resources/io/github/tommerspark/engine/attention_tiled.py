  # A block's attention on a CPU with oneDNN: shapes as in attend_fused. The engine's own kernel takes its
  # products from MKL, which leaves the wide vector units of some processors idle. Here tiles of queries
  # meet only the keys that one of them may see, heads that share keys stand together as more queries,
  # and products are oneDNN's: batched ones in bf16, which takes them there by itself, and in fp32 one by
  # one where they are large enough to be worth the call.
  def attend_block(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    if q.dtype == 5:
      # No half products in oneDNN on most processors.
      return self.attend_fused(q, k, v, window)
    count = q.size(0)
    length = q.size(1)
    kv = k.size(2)
    dim = q.size(3)
    repeat = q.size(2) // kv
    one_by_one = q.dtype == 6 and length >= 192
    tile = 64
    if one_by_one or not self.causal:
      tile = 128
    qt = (q * self.attention_scale).reshape([count, length, kv, repeat, dim]).permute([0, 2, 3, 1, 4])
    # Copied even where a view would do: oneDNN has no fast product for a matrix with gaps between rows.
    kt = k.permute([0, 2, 1, 3]).contiguous().view([count * kv, length, dim])
    vt = v.permute([0, 2, 1, 3]).contiguous().view([count * kv, length, dim])
    parts = annotate(List[Tensor], [])
    # The corner of a causal mask, of which the last tile needs a part.
    side = min(tile, length)
    corner = torch.empty([0], dtype=q.dtype)
    if self.causal and window == 0:
      corner = self.mask(0, side, 0, side, 0, q)
    for t in range((length + tile - 1) // tile):
      first = t * tile
      rows = min(tile, length - first)
      low = 0
      high = length
      if self.causal:
        high = first + rows
        if window > 0:
          low = max(0, first - window + 1)
      elif window > 0:
        low = max(0, first - window)
        high = min(length, first + rows + window)
      queries = qt.narrow(3, first, rows).reshape([count * kv, repeat * rows, dim])
      keys = kt.narrow(1, low, high - low)
      values = vt.narrow(1, low, high - low)
      # Where some, but not all, queries of the tile may look.
      masked = 0
      mask = corner
      if window > 0:
        masked = high - low
        mask = self.mask(first, rows, low, masked, window, q)
      elif self.causal:
        masked = rows
        mask = corner.narrow(0, 0, rows).narrow(1, 0, rows)
      if one_by_one:
        y = self.weigh_one_by_one(queries, keys, values, mask, masked, repeat)
      else:
        scores = torch.bmm(queries, keys.transpose(1, 2))
        y = torch.bmm(self.weights(scores, mask, masked, repeat), values)
      parts.append(y.view([count, kv, repeat, rows, dim]).permute([0, 3, 1, 2, 4]))
    y = parts[0]
    if len(parts) > 1:
      y = torch.cat(parts, 1)
    return y.reshape([count, length, kv * repeat, dim])

  # `hidden_keys` to be added to scores: 0, or minus infinity where queries may not look.
  def mask(self: __torch__.M, first: int, rows: int, low: int, keys: int, window: int, like: Tensor) -> Tensor:
    hidden = self.hidden_keys(first, rows, low, keys, window, like)
    return torch.zeros([rows, keys], dtype=like.dtype).masked_fill_(hidden, -inf)

  # Softmax of scores (batch, repeat * rows, keys), of which the last `masked` keys have a mask.
  def weights(self: __torch__.M, scores: Tensor, mask: Tensor, masked: int, repeat: int) -> Tensor:
    if masked > 0:
      rows = scores.size(1) // repeat
      keys = scores.size(2)
      last = scores.view([scores.size(0), repeat, rows, keys]).narrow(3, keys - masked, masked)
      _0 = last.add_(mask)
    return scores.softmax(-1)

  def weigh_one_by_one(self: __torch__.M, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor, masked: int, repeat: int) -> Tensor:
    parts = annotate(List[Tensor], [])
    values = values.transpose(1, 2).contiguous()
    absent = torch.empty([0], dtype=6)
    for i in range(queries.size(0)):
      scores = self.linear(queries[i], keys[i], absent).unsqueeze(0)
      weights = self.weights(scores, mask, masked, repeat)
      parts.append(self.linear(weights[0], values[i], absent))
    return torch.stack(parts)

