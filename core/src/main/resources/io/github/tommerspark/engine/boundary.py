  # The boundary head: what the first token, the last, their match, all tokens in between, the length and
  # rival spans say of a span. z float32 (tokens, width); with p numbers per token, e per token in its
  # context and c extremes, w: 0 weight (p, width) and 1 bias (p) of a token; 2 weights (5 * e, p) and 3
  # biases (5 * e) of the tokens from two before to two after; 4 W_Q (e, rank); 5 W_K (e, rank); 6 probes
  # (3 + c, e) and 7 their biases (3 + c); 8 weights of greatest and least probes (2, c); 9 bias by length
  # (window + 1), the shortest first; 10 weights of rivals (4). `edges` uint8 (tokens, 2) marks the tokens
  # that a span may begin with and those that it may end with; empty where all may.

  # Embedding of every token in its context, (tokens, e). Beyond the ends of a sequence there is nothing.
  # `noise` is empty, or holds, for training, a seed and the share of numbers that are dropped.
  def token_embeddings(self: __torch__.M, z: Tensor, at: Tensor, last: Tensor, w: List[Tensor], noise: List[float]) -> Tensor:
    tokens = self.thinned(torch.gelu(self.dense(z, w[0], w[1])), noise, 0.0)
    shares = torch.linear(tokens, w[2], w[3])
    size = shares.size(1) // 5
    n = shares.size(0)
    x = shares.narrow(1, 2 * size, size)
    for s in range(2):
      by = 2 - s
      if n > by:
        before = torch.constant_pad_nd(shares.narrow(1, s * size, size).narrow(0, 0, n - by), [0, 0, by, 0])
        after = torch.constant_pad_nd(shares.narrow(1, (4 - s) * size, size).narrow(0, by, n - by), [0, 0, 0, by])
        x = x + before.masked_fill((at < by).unsqueeze(1), 0.0) + after.masked_fill((last - at < by).unsqueeze(1), 0.0)
    return self.thinned(torch.gelu(x), noise, 0.5)

  # Cells that are spans, bool (window + 1, tokens): row b holds starts at end - b.
  def boundary_cells(self: __torch__.M, at: Tensor, last: Tensor, edges: Tensor, window: int) -> Tensor:
    inside = self.band_cells(at, last, window, True).flip([0])
    if edges.numel() == 0:
      return inside
    starts = torch.constant_pad_nd(edges.select(1, 0), [window, 0]).unfold(0, window + 1, 1).t().flip([0])
    return inside.logical_and(starts.to(11)).logical_and(edges.select(1, 1).to(11).unsqueeze(0))

  # Logits of all cells, (window + 1, tokens); those outside of `inside` mean nothing.
  def boundary_logits(self: __torch__.M, z: Tensor, at: Tensor, last: Tensor, inside: Tensor, w: List[Tensor], noise: List[float]) -> Tensor:
    x = self.token_embeddings(z, at, last, w, noise)
    n = x.size(0)
    window = w[9].size(0) - 1
    q = torch.matmul(x, w[4]) * (float(w[4].size(1)) ** -0.5)
    k = torch.matmul(x, w[5])
    probes = torch.linear(x, w[6], w[7]).t()
    matches = self.band_matches(q, k, window, window + 1).flip([0])
    alone = matches + self.rows_of_probes(probes, w, window) + probes.select(0, 1)
    return alone + self.rivals(torch.sigmoid(alone).masked_fill(inside.logical_not(), 0.0), w[10])

  # As `spans` of head.py.
  def boundary_spans(self: __torch__.M, z: Tensor, groups: List[int], edges: Tensor, w: List[Tensor], floor: float) -> Tuple[Tensor, Tensor]:
    at = self.positions(groups, z)
    last = self.lengths(groups, z) - 1
    inside = self.boundary_cells(at, last, edges, w[9].size(0) - 1)
    logits = self.boundary_logits(z, at, last, inside, w, annotate(List[float], []))
    found = (logits <= floor).logical_not_().logical_and(inside).nonzero()
    back = found.select(1, 0)
    end = found.select(1, 1)
    return (torch.stack([end - back, end]), logits.index([back, end]))

