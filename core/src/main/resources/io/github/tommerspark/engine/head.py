  # The ToMMeR head (arXiv 2510.19410): a score for every span (start, end) of every sequence.
  # z float32 (tokens, width); w: W_Q (width, rank), W_K (width, rank), value weight (1, width), its
  # bias (1), feature weights (5). Only spans with start <= end come out: int64 (2, spans) of packed
  # token indices (start; end), and their logits, float32 (spans), for logits above `floor` and those that
  # are no numbers.
  #
  # Feature order: match m, min and max of m over later starts of the same end (0 included), value of
  # the end, value of the token after it (0 after the last token).
  def spans(self: __torch__.M, z: Tensor, groups: List[int], w: List[Tensor], window: int, causal: bool, cosine: bool, squash: str, floor: float) -> Tuple[Tensor, Tensor]:
    at = self.positions(groups, z)
    last = self.lengths(groups, z) - 1
    q, k, by_end = self.parts(z, at, last, w, cosine)
    if window > 0:
      return self.band(q, k, by_end, at, last, w[4], window, causal, squash, floor)
    return self.tiles(q, k, by_end, groups, w[4], causal, squash, floor)

  # What the logits are made of: queries and keys (tokens, rank), and of each token the share that its
  # own value and that of the next have in the logits of the spans that end with it, (tokens).
  def parts(self: __torch__.M, z: Tensor, at: Tensor, last: Tensor, w: List[Tensor], cosine: bool) -> Tuple[Tensor, Tensor, Tensor]:
    q, k = self.projected(z, w[0], w[1])
    if cosine:
      q = q / q.norm(2, [1], True).clamp_min(1e-12)
      k = k / k.norm(2, [1], True).clamp_min(1e-12)
    else:
      q = q * (float(w[0].size(1)) ** -0.5)
    value = torch.linear(z, w[2], w[3]).squeeze(1)
    after = torch.cat([value.narrow(0, 1, value.size(0) - 1), torch.zeros([1], dtype=6, device=z.device)])
    after = after.masked_fill(at == last, 0.0)
    return (q, k, value * w[4][3] + after * w[4][4])

  def squashed(self: __torch__.M, m: Tensor, squash: str) -> Tensor:
    if squash == "log_sigmoid":
      return torch.log_sigmoid(m)
    if squash == "atan":
      return torch.atan(m)
    return m

  # Bounded window: row c of a band (2 * window + 1 or window + 1, tokens) holds starts at
  # end - window + c, so that pools over later starts are running minima and maxima of rows.
  # The first token of a sequence is no start.
  def band(self: __torch__.M, q: Tensor, k: Tensor, by_end: Tensor, at: Tensor, last: Tensor, feature: Tensor, window: int, causal: bool, squash: str, floor: float) -> Tuple[Tensor, Tensor]:
    inside = self.band_cells(at, last, window, causal)
    logits = self.band_logits(q, k, by_end, inside, feature, window, squash, False)
    found = (logits <= floor).logical_not_().logical_and(inside.narrow(0, 0, window + 1).flip([0])).nonzero()
    back = found.select(1, 0)
    end = found.select(1, 1)
    return (torch.stack([end - back, end]), logits.index([back, end]))

  # Cells of the band that the head's mask admits, bool (rows, tokens).
  def band_cells(self: __torch__.M, at: Tensor, last: Tensor, window: int, causal: bool) -> Tensor:
    rows = 2 * window + 1
    if causal:
      rows = window + 1
    offset = (torch.arange(rows, dtype=4, device=at.device) - window).unsqueeze(1)
    start_at = at.unsqueeze(0) + offset
    return (start_at > 0).logical_and(start_at <= last.unsqueeze(0))

  # Products of queries and keys in a band (rows, tokens); row c holds starts at end - window + c. Batched
  # products of `block` ends each with the starts they reach give the band with a stride, at a small
  # multiple of its own arithmetic.
  def band_matches(self: __torch__.M, q: Tensor, k: Tensor, window: int, rows: int) -> Tensor:
    n = q.size(0)
    rank = q.size(1)
    block = 64
    blocks = (n + block - 1) // block
    ahead = rows - 1 - window
    wide = block + rows - 1
    ends = torch.constant_pad_nd(q, [0, 0, 0, blocks * block - n]).view([blocks, block, rank])
    starts = torch.constant_pad_nd(k, [0, 0, window, blocks * block - n + ahead]).unfold(0, wide, block)
    product = torch.bmm(ends, starts)
    band = product.as_strided([blocks, block, rows], [block * wide, wide + 1, 1])
    return band.reshape([blocks * block, rows]).narrow(0, 0, n).transpose(0, 1).contiguous()

  # Logits of a band, last row first: of spans with start <= end, so that row b of the result holds
  # starts at end - b; with `beyond`, of all rows. Where `inside` is false a match counts as 0.
  def band_logits(self: __torch__.M, q: Tensor, k: Tensor, by_end: Tensor, inside: Tensor, feature: Tensor, window: int, squash: str, beyond: bool) -> Tensor:
    rows = inside.size(0)
    ahead = rows - 1 - window
    m = self.band_matches(q, k, window, rows)
    m = self.squashed(m, squash).masked_fill(inside.logical_not(), 0.0)
    first = 0
    if not beyond:
      first = ahead
    matches = m.flip([0]).narrow(0, first, rows - first)
    lows, highs = self.later_extremes(m, first)
    return matches * feature[0] + lows * feature[1] + highs * feature[2] + by_end

  # Ends of a tile, where the window is unbounded.
  TILE : Final[int] = 128

  # Unbounded window: tiles of ends against all starts of their sequence. Memory grows with the
  # sequence's length, not with its square.
  def tiles(self: __torch__.M, q: Tensor, k: Tensor, by_end: Tensor, groups: List[int], feature: Tensor, causal: bool, squash: str, floor: float) -> Tuple[Tensor, Tensor]:
    spans = annotate(List[Tensor], [])
    scores = annotate(List[Tensor], [])
    first = 0
    for g in range(len(groups) // 2):
      length = groups[2 * g + 1]
      for s in range(groups[2 * g]):
        for t in range((length + self.TILE - 1) // self.TILE):
          from_end = t * self.TILE
          ends = min(self.TILE, length - from_end)
          allowed = self.tile_cells(from_end, ends, length, causal, q)
          logits = self.tile_logits(q, k, by_end, first, from_end, allowed, feature, squash)
          if not causal:
            start = torch.arange(length, dtype=4, device=q.device).unsqueeze(0)
            end = torch.arange(from_end, from_end + ends, dtype=4, device=q.device).unsqueeze(1)
            allowed = start <= end
          found = (logits <= floor).logical_not_().logical_and(allowed).nonzero()
          row = found.select(1, 0)
          column = found.select(1, 1)
          spans.append(torch.stack([column + first, row + (first + from_end)]))
          scores.append(logits.index([row, column]))
        first = first + length
    return (torch.cat(spans, 1), torch.cat(scores))

  # Cells of a tile that the head's mask admits, bool (ends, starts), for ends from `from_end` on.
  # Without window and without causal mask the published mask is all true: only with the latter is the
  # first token no start.
  def tile_cells(self: __torch__.M, from_end: int, ends: int, length: int, causal: bool, like: Tensor) -> Tensor:
    if not causal:
      return torch.ones([ends, length], dtype=11, device=like.device)
    start = torch.arange(from_end + ends, dtype=4, device=like.device).unsqueeze(0)
    end = torch.arange(from_end, from_end + ends, dtype=4, device=like.device).unsqueeze(1)
    return (start <= end).logical_and(start > 0)

  # Logits of a tile, (ends, starts), of the sequence that begins at token `first`. Where `inside` is
  # false a match counts as 0.
  def tile_logits(self: __torch__.M, q: Tensor, k: Tensor, by_end: Tensor, first: int, from_end: int, inside: Tensor, feature: Tensor, squash: str) -> Tensor:
    ends = inside.size(0)
    reach = inside.size(1)
    m = torch.matmul(q.narrow(0, first + from_end, ends), k.narrow(0, first, reach).transpose(0, 1))
    m = self.squashed(m, squash).masked_fill(inside.logical_not(), 0.0)
    later = torch.constant_pad_nd(m.narrow(1, 1, reach - 1), [0, 1]).flip([1])
    low = torch.cummin(later, 1)[0].flip([1]).clamp_max(0.0)
    high = torch.cummax(later, 1)[0].flip([1]).clamp_min(0.0)
    return m * feature[0] + low * feature[1] + high * feature[2] + by_end.narrow(0, first + from_end, ends).unsqueeze(1)

  # Of spans and their logits those that begin and end where `edges` allows it.
  def between_edges(self: __torch__.M, spans: Tensor, logits: Tensor, edges: Tensor) -> Tuple[Tensor, Tensor]:
    allowed = edges.select(1, 0).index_select(0, spans.select(0, 0)).to(11)
    allowed = allowed.logical_and(edges.select(1, 1).index_select(0, spans.select(0, 1)).to(11))
    here = allowed.nonzero().squeeze(1)
    return (spans.index_select(1, here), logits.index_select(0, here))

  # Weights of a published head and of a boundary head.
  PUBLISHED_TENSORS : Final[int] = 5
  BOUNDARY_TENSORS : Final[int] = 11

  # Scores of several heads. Head i reads taps[head_taps[i]]; v holds the weights of all heads, one after
  # the other; head_options holds (type, window, causal, cosine, squash, whether spans must keep to `edges`)
  # per head, where type is 0 for a published head and 1 for a boundary head, and squash
  # is 0 none, 1 log_sigmoid, 2 atan; cuts holds per head the logit above which spans are wanted, and scale
  # and offset of what makes a logit a probability. edges uint8 (tokens, 2) marks the tokens that a span
  # may begin with and those that it may end with; it may be empty if no head asks for it. Returns spans
  # and probabilities, head after head.
  def score(self: __torch__.M, taps: List[Tensor], groups: List[int], edges: Tensor, head_taps: List[int], v: List[Tensor], head_options: List[int], cuts: List[float]) -> List[Tensor]:
    found = annotate(List[Tensor], [])
    first = 0
    nothing = torch.empty([0], dtype=0, device=edges.device)
    for i in range(len(head_taps)):
      z = taps[head_taps[i]]
      floor = cuts[3 * i]
      bounded = head_options[6 * i + 5] == 1
      if head_options[6 * i] == 1:
        allowed = nothing
        if bounded:
          allowed = edges
        spans, logits = self.boundary_spans(z, groups, allowed, v[first: first + self.BOUNDARY_TENSORS], floor)
        first = first + self.BOUNDARY_TENSORS
      else:
        squash = ""
        if head_options[6 * i + 4] == 1:
          squash = "log_sigmoid"
        elif head_options[6 * i + 4] == 2:
          squash = "atan"
        spans, logits = self.spans(z, groups, v[first: first + self.PUBLISHED_TENSORS], head_options[6 * i + 1], head_options[6 * i + 2] == 1, head_options[6 * i + 3] == 1, squash, floor)
        first = first + self.PUBLISHED_TENSORS
        if bounded:
          spans, logits = self.between_edges(spans, logits, edges)
      found.append(spans)
      # A difference of 0, unless the logit is infinite: then no number.
      found.append(torch.sigmoid(logits * cuts[3 * i + 1] + cuts[3 * i + 2]) + (logits - logits))
    return found

  # Tokens whose hidden states are not finite: int64 (n, 2), which tap and which token. A sum is finite if
  # what is summed is, in float32 of hidden states.
  def not_finite(self: __torch__.M, taps: List[Tensor]) -> Tensor:
    sums = annotate(List[Tensor], [])
    for i in range(len(taps)):
      sums.append(torch.sum(taps[i], [1]))
    return torch.isfinite(torch.stack(sums)).logical_not_().nonzero()

  # What `score` returns, and then what `not_finite` does.
  def score_checked(self: __torch__.M, taps: List[Tensor], groups: List[int], edges: Tensor, head_taps: List[int], v: List[Tensor], head_options: List[int], cuts: List[float]) -> List[Tensor]:
    found = self.score(taps, groups, edges, head_taps, v, head_options, cuts)
    found.append(self.not_finite(taps))
    return found
