  # The boundary head: what the first token, the last, their match, all tokens in between and the length
  # of a span say of it. z float32 (tokens, width); with e numbers per token and c extremes, w: weight of
  # the embedding (3 * e, width) of a token, the one before and the one after it, and its bias (3 * e);
  # W_Q (e, rank); W_K (e, rank); probes (3 + c, e) and their biases (3 + c); weights of
  # greatest and least probes (2, c); bias by length (window + 1), the shortest first.

  # Embedding of every token, (tokens, e): its own share and those of its neighbours. Beyond the ends of a
  # sequence there is none.
  def token_embeddings(self: __torch__.M, z: Tensor, at: Tensor, last: Tensor, w: List[Tensor]) -> Tensor:
    shares = self.dense(z, w[0], w[1])
    size = shares.size(1) // 3
    n = z.size(0)
    before = torch.constant_pad_nd(shares.narrow(1, size, size).narrow(0, 0, n - 1), [0, 0, 1, 0])
    after = torch.constant_pad_nd(shares.narrow(1, 2 * size, size).narrow(0, 1, n - 1), [0, 0, 0, 1])
    before = before.masked_fill((at == 0).unsqueeze(1), 0.0)
    after = after.masked_fill((at == last).unsqueeze(1), 0.0)
    return torch.gelu(shares.narrow(1, 0, size) + before + after)

  # Logits of all spans, (window + 1, tokens): row b holds starts at end - b. What reaches beyond a
  # sequence is no span; see band_cells.
  def boundary_logits(self: __torch__.M, z: Tensor, at: Tensor, last: Tensor, w: List[Tensor]) -> Tensor:
    x = self.token_embeddings(z, at, last, w)
    n = x.size(0)
    window = w[7].size(0) - 1
    q = torch.matmul(x, w[2]) * (float(w[2].size(1)) ** -0.5)
    k = torch.matmul(x, w[3])
    probes = torch.linear(x, w[4], w[5]).t()
    inside = w[6].size(1)
    padded = torch.constant_pad_nd(probes, [window, 0]).contiguous()
    total = torch.zeros([n], dtype=6, device=z.device)
    greatest = padded.narrow(0, 3, inside).narrow(1, window, n)
    least = greatest
    rows = annotate(List[Tensor], [])
    for b in range(window + 1):
      here = padded.narrow(1, window - b, n)
      total = total + here.select(0, 2)
      greatest = torch.maximum(greatest, here.narrow(0, 3, inside))
      least = torch.minimum(least, here.narrow(0, 3, inside))
      extremes = torch.matmul(w[6][0], greatest) + torch.matmul(w[6][1], least)
      rows.append(here.select(0, 0) + total * 0.125 + extremes + w[7][b])
    matches = self.band_matches(q, k, window, window + 1).flip([0])
    return matches + torch.stack(rows) + probes.select(0, 1)

  # As `spans` of head.py.
  def boundary_spans(self: __torch__.M, z: Tensor, groups: List[int], w: List[Tensor], floor: float) -> Tuple[Tensor, Tensor]:
    at = self.positions(groups, z)
    last = self.lengths(groups, z) - 1
    inside = self.band_cells(at, last, w[7].size(0) - 1, True)
    logits = self.boundary_logits(z, at, last, w)
    found = (logits > floor).logical_and(inside.flip([0])).nonzero()
    back = found.select(1, 0)
    end = found.select(1, 1)
    return (torch.stack([end - back, end]), logits.index([back, end]))

