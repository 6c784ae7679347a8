  # x (tokens, in) -> (tokens, out). An absent bias is an empty tensor.
  #
  # In fp32 by oneDNN and not, as torch.linear does, by MKL, which leaves the wide vector units of some
  # processors idle. 16-bit products go to oneDNN in either case.
  def linear(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if x.dtype != 6:
      if bias.numel() == 0:
        return torch.linear(x, weight)
      return torch.linear(x, weight, bias)
    if bias.numel() == 0:
      return ops.mkldnn._linear_pointwise(x, weight, None, "none", annotate(List[Optional[number]], []), "")
    return ops.mkldnn._linear_pointwise(x, weight, bias, "none", annotate(List[Optional[number]], []), "")

