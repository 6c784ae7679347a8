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
