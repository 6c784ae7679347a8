  # As `later_extremes` of extremes.py, by scans: few calls, which is what counts on a GPU.
  def later_extremes(self: __torch__.M, m: Tensor, first: int) -> Tuple[Tensor, Tensor]:
    rows = m.size(0)
    behind = torch.constant_pad_nd(m.narrow(0, 1, rows - 1).flip([0]), [0, 0, 1, 0])
    low = torch.cummin(behind, 0)[0]
    high = torch.cummax(behind, 0)[0]
    return (low.narrow(0, first, rows - first), high.narrow(0, first, rows - first))
