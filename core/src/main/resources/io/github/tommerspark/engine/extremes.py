  # Of a band of matches m (rows, tokens): for every row from the last but `first` down to the first, the
  # least and the greatest of 0 and the rows behind it; two tensors (rows - first, tokens). Can be
  # differentiated.
  def later_extremes(self: __torch__.M, m: Tensor, first: int) -> Tuple[Tensor, Tensor]:
    rows = m.size(0)
    starts_at = torch.unbind(m, 0)
    low = torch.zeros_like(m[0])
    high = torch.zeros_like(m[0])
    lows = annotate(List[Tensor], [])
    highs = annotate(List[Tensor], [])
    for c in range(rows):
      lows.append(low)
      highs.append(high)
      row = starts_at[rows - 1 - c]
      low = torch.minimum(low, row)
      high = torch.maximum(high, row)
    return (torch.stack(lows[first: rows]), torch.stack(highs[first: rows]))

  # What probes (3 + c, tokens) of the first token, of the tokens in between and of their extremes, and the
  # length, have in the logits of a boundary head: (window + 1, tokens), row b of spans of b + 1 tokens. w as in
  # boundary.py.
  def rows_of_probes(self: __torch__.M, probes: Tensor, w: List[Tensor], window: int) -> Tensor:
    n = probes.size(1)
    count = w[8].size(1)
    padded = torch.constant_pad_nd(probes, [window, 0]).contiguous()
    total = torch.zeros([n], dtype=6, device=probes.device)
    greatest = padded.narrow(0, 3, count).narrow(1, window, n)
    least = greatest
    rows = annotate(List[Tensor], [])
    for b in range(window + 1):
      here = padded.narrow(1, window - b, n)
      total = total + here.select(0, 2)
      greatest = torch.maximum(greatest, here.narrow(0, 3, count))
      least = torch.minimum(least, here.narrow(0, 3, count))
      extremes = torch.matmul(w[8][0], greatest) + torch.matmul(w[8][1], least)
      rows.append(here.select(0, 0) + total * 0.125 + extremes + w[9][b])
    return torch.stack(rows)

  # What the best rivals of every span add to its logit: of the spans with the same end the shorter and the
  # longer ones, of those with the same start the shorter and the longer ones. p (window + 1, tokens) holds
  # probabilities, 0 where there is no span.
  def rivals(self: __torch__.M, p: Tensor, weight: Tensor) -> Tensor:
    length = p.size(0)
    by_length = torch.unbind(p, 0)
    none = torch.zeros_like(by_length[0])
    end_shorter, start_shorter = none, none
    found = annotate(List[Tensor], [])
    for b in range(length):
      found.append(end_shorter * weight[0] + start_shorter * weight[2])
      end_shorter = torch.maximum(end_shorter, by_length[b])
      start_shorter = self.moved(torch.maximum(start_shorter, by_length[b]), 1)
    end_longer, start_longer = none, none
    for c in range(length):
      b = length - 1 - c
      found[b] = found[b] + end_longer * weight[1] + start_longer * weight[3]
      end_longer = torch.maximum(end_longer, by_length[b])
      start_longer = self.moved(torch.maximum(start_longer, by_length[b]), -1)
    return torch.stack(found)

  # x (tokens) moved by one place, up or down.
  def moved(self: __torch__.M, x: Tensor, by: int) -> Tensor:
    n = x.size(0)
    if by > 0:
      return torch.constant_pad_nd(x.narrow(0, 0, n - 1), [1, 0])
    return torch.constant_pad_nd(x.narrow(0, 1, n - 1), [0, 1])
