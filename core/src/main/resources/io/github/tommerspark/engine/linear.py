  # x (tokens, in) -> (tokens, out). An absent bias is an empty tensor.
  def linear(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if bias.numel() == 0:
      return torch.linear(x, weight)
    return torch.linear(x, weight, bias)

  # The activation of `linear`.
  def activated(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return self.activation(self.linear(x, weight, bias))

  # The product, each element times that of `factor` (tokens, out).
  def scaled(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor, factor: Tensor) -> Tensor:
    return factor * self.linear(x, weight, bias)

  # The product added to `sum`, float32 (tokens, out), which may be overwritten.
  def added(self: __torch__.M, sum: Tensor, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return sum.add_(self.linear(x, weight, bias))

  # The norm of x, float32 (tokens, width), in the type of products.
  def normed(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor, dtype: int) -> Tensor:
    if self.norm_kind == "rms" and dtype != 6:
      # Scaled and rounded in one pass over memory, which is what a GPU waits for here.
      y = self.unit(x)
      return torch.mul(y, weight, out=torch.empty_like(y, dtype=dtype))
    return self.norm(x, weight, bias).to(dtype)
