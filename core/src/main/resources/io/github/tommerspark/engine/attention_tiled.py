  # A block's attention on a CPU with oneDNN: shapes as in attend_fused. The engine's own kernel takes its
  # products from MKL, which leaves the wide vector units of some processors idle; on others it is the
  # fastest in fp32 as long as every query may look at every key. Elsewhere tiles of queries
  # meet only the keys that one of them may see, heads that share keys stand together as more queries,
  # and products are oneDNN's. Batched ones go there by themselves in bf16, but not in fp32; a convolution
  # of single points in groups is the same arithmetic and does.
  def attend_block(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, window: int, scale: float) -> Tensor:
    if q.dtype == 6 and not self.causal and window == 0 and not self.outruns_mkl:
      return self.attend_fused(q, k, v, window, scale)
    count = q.size(0)
    length = q.size(1)
    kv = k.size(2)
    dim = q.size(3)
    repeat = q.size(2) // kv
    q = q.reshape([count, length, kv, repeat, dim])
    y = torch.empty([count, length, kv, repeat, dim], dtype=q.dtype)
    # Short products are not worth a convolution.
    grouped = q.dtype == 6 and length >= 96
    sequences = count
    heads = kv
    if grouped:
      # Rows of more groups lie too far apart for a cache.
      sequences = max(1, 8 // kv)
      heads = (kv + (kv + 7) // 8 - 1) // ((kv + 7) // 8)
    for s in range(0, count, sequences):
      c = min(sequences, count - s)
      for h in range(0, kv, heads):
        n = min(heads, kv - h)
        self.attend_tiles(q.narrow(0, s, c).narrow(2, h, n), k.narrow(0, s, c).narrow(2, h, n), v.narrow(0, s, c).narrow(2, h, n), window, scale, grouped, y.narrow(0, s, c).narrow(2, h, n))
    return y.view([count, length, kv * repeat, dim])

  # Some sequences and heads of a block: q and y (count, length, kv_heads, repeat, head_dim), k and v
  # (count, length, kv_heads, head_dim); fills y.
  def attend_tiles(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, window: int, scale: float, grouped: bool, y: Tensor) -> None:
    count = q.size(0)
    length = q.size(1)
    kv = q.size(2)
    repeat = q.size(3)
    dim = q.size(4)
    groups = count * kv
    factor = torch.full([1], scale, dtype=q.dtype)
    # Copied even where a view would do: oneDNN has no fast product for a matrix with gaps between rows.
    kt = k.permute([0, 2, 1, 3]).contiguous().view([groups, length, dim])
    if grouped:
      qt = torch.empty([length, repeat, count, kv, dim], dtype=q.dtype)
      _0 = torch.mul(q.permute([1, 3, 0, 2, 4]), factor, out=qt)
      vt = v.permute([0, 2, 3, 1]).contiguous().view([groups, dim, length])
    else:
      qt = torch.empty([count, kv, length, repeat, dim], dtype=q.dtype)
      _1 = torch.mul(q.permute([0, 2, 1, 3, 4]), factor, out=qt)
      qt = qt.view([groups, length * repeat, dim])
      vt = v.permute([0, 2, 1, 3]).contiguous().view([groups, length, dim])
    tile = 64
    if not self.causal:
      tile = 128
    # The corner of a causal mask, of which the last tile needs a part.
    corner = torch.empty([0], dtype=q.dtype)
    if self.causal and window == 0:
      side = min(tile, length)
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
      keys = high - low
      # For the last keys (with a window, all), at which not every query of the tile may look.
      mask = corner
      if window > 0:
        mask = self.mask(first, rows, low, keys, window, q)
      elif self.causal:
        mask = corner.narrow(0, 0, rows).narrow(1, 0, rows)
      part = y.narrow(1, first, rows)
      if grouped:
        scores = self.grouped_product(qt.narrow(0, first, rows).view([rows * repeat, groups * dim]), kt.narrow(1, low, keys))
        weights = self.weights(scores.view([rows, repeat * groups, keys]), mask)
        found = self.grouped_product(weights.view([rows * repeat, groups * keys]), vt.narrow(2, low, keys))
        _2 = part.copy_(found.view([rows, repeat, count, kv, dim]).permute([2, 0, 3, 1, 4]))
      else:
        scores = torch.bmm(qt.narrow(1, first * repeat, rows * repeat), kt.narrow(1, low, keys).transpose(1, 2))
        weights = self.weights(scores.view([groups, rows, repeat, keys]), mask)
        found = torch.bmm(weights.view([groups, rows * repeat, keys]), vt.narrow(1, low, keys))
        _3 = part.copy_(found.view([count, kv, rows, repeat, dim]).permute([0, 2, 1, 3, 4]))

  # A product for each group: x (rows, groups * in), weights (groups, out, in) -> (rows, groups * out).
  def grouped_product(self: __torch__.M, x: Tensor, weights: Tensor) -> Tensor:
    groups = weights.size(0)
    points = x.view([1, x.size(0), 1, x.size(1)]).permute([0, 3, 1, 2])
    kernels = weights.reshape([groups * weights.size(1), weights.size(2), 1, 1])
    y = ops.mkldnn._convolution_pointwise(points, kernels, None, [0, 0], [1, 1], [1, 1], groups, "none", annotate(List[Optional[number]], []), "")
    return y.permute([0, 2, 3, 1]).view([x.size(0), groups * weights.size(1)])

  # `hidden_keys` to be added to scores: 0, or minus infinity where queries may not look.
  def mask(self: __torch__.M, first: int, rows: int, low: int, keys: int, window: int, like: Tensor) -> Tensor:
    hidden = self.hidden_keys(first, rows, low, keys, window, like)
    return torch.zeros([rows, keys], dtype=like.dtype).masked_fill_(hidden, -inf)

  # Softmax of scores (..., rows, queries of a row, keys), which are overwritten. The mask (rows, last
  # keys) may be empty.
  def weights(self: __torch__.M, scores: Tensor, mask: Tensor) -> Tensor:
    if mask.numel() > 0:
      masked = mask.size(1)
      last = scores.narrow(-1, scores.size(-1) - masked, masked)
      _0 = last.add_(mask.unsqueeze(1))
    return scores.softmax(-1)

