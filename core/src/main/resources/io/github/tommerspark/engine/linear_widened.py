  # Products in half precision or bfloat16 where the processor has none: in float32, rounded afterwards. It
  # is the same arithmetic, since additions are in float32 anyway. Weights are widened for each call, which is
  # little beside the product of a batch of thousands of tokens.

  # x (tokens, in) -> (tokens, out). An absent bias is an empty tensor.
  def linear(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return self.widened(x, weight, bias).to(x.dtype)

  # The activation of `linear`.
  def activated(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return self.activation(self.widened(x, weight, bias)).to(x.dtype)

  # The product, each element times that of `factor` (tokens, out).
  def scaled(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor, factor: Tensor) -> Tensor:
    return torch.mul(self.widened(x, weight, bias), factor).to(x.dtype)

  # The product added to `sum`, float32 (tokens, out), which may be overwritten.
  def added(self: __torch__.M, sum: Tensor, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return sum.add_(self.widened(x, weight, bias))

  # As `linear`, float32.
  def widened(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if bias.numel() == 0:
      return torch.linear(x.to(6), weight.to(6))
    return torch.linear(x.to(6), weight.to(6), bias.to(6))

  # The norm of x, float32 (tokens, width), in the type of products.
  def normed(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor, dtype: int) -> Tensor:
    return self.norm(x, weight, bias).to(dtype)
