  # As `later_extremes` of extremes.py, by scans: few calls, which is what counts on a GPU.
  def later_extremes(self: __torch__.M, m: Tensor, first: int) -> Tuple[Tensor, Tensor]:
    rows = m.size(0)
    behind = torch.constant_pad_nd(m.narrow(0, 1, rows - 1).flip([0]), [0, 0, 1, 0])
    low = torch.cummin(behind, 0)[0]
    high = torch.cummax(behind, 0)[0]
    return (low.narrow(0, first, rows - first), high.narrow(0, first, rows - first))

  # As `rows_of_probes` of extremes.py.
  def rows_of_probes(self: __torch__.M, probes: Tensor, w: List[Tensor], window: int) -> Tensor:
    n = probes.size(1)
    count = w[8].size(1)
    # (3 + c, window + 1, tokens): of the token b before the last.
    here = torch.constant_pad_nd(probes, [window, 0]).unfold(1, n, 1).flip([1])
    inside = here.narrow(0, 3, count)
    greatest = torch.cummax(inside, 1)[0]
    least = torch.cummin(inside, 1)[0]
    extremes = torch.tensordot(w[8][0], greatest, [0], [0]) + torch.tensordot(w[8][1], least, [0], [0])
    return here.select(0, 0) + here.select(0, 2).cumsum(0) * 0.125 + extremes + w[9].unsqueeze(1)

  # As `rivals` of extremes.py.
  def rivals(self: __torch__.M, p: Tensor, weight: Tensor) -> Tensor:
    length = p.size(0)
    n = p.size(1)
    wide = n + length - 1
    # Of spans that begin, rather than end, with the token of the column: one row less, one column further.
    by_start = torch.constant_pad_nd(p, [0, length - 1]).as_strided([length, n], [wide + 1, 1])
    shorter = self.greatest_before(torch.stack([p, by_start]))
    longer = self.greatest_before(torch.stack([p, by_start]).flip([1])).flip([1])
    start_shorter = self.by_end(shorter[1])
    start_longer = self.by_end(longer[1])
    return shorter[0] * weight[0] + start_shorter * weight[2] + longer[0] * weight[1] + start_longer * weight[3]

  # The greatest of 0 and the rows before each, of x (2, rows, tokens).
  def greatest_before(self: __torch__.M, x: Tensor) -> Tensor:
    before = torch.constant_pad_nd(x.narrow(1, 0, x.size(1) - 1), [0, 0, 1, 0])
    return torch.cummax(before, 1)[0]

  # x (rows, tokens) of spans by their first token, by their last.
  def by_end(self: __torch__.M, x: Tensor) -> Tensor:
    rows = x.size(0)
    n = x.size(1)
    padded = torch.constant_pad_nd(x, [rows - 1, 0])
    return padded.as_strided([rows, n], [n + rows - 2, 1], rows - 1)
