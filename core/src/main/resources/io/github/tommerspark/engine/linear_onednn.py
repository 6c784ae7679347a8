  # Products by oneDNN, also in fp32, where torch.linear takes MKL, which leaves the wide vector units of
  # some processors idle.

  # x (tokens, in) -> (tokens, out). An absent bias is an empty tensor.
  def linear(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return self.product(x, weight, bias, "none", "")

  # The activation of `linear`, computed while the product is still in registers.
  def activated(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if self.activation_kind == "silu":
      return self.product(x, weight, bias, "swish", "")
    if self.activation_kind == "gelu":
      return self.product(x, weight, bias, "gelu", "none")
    if self.activation_kind == "gelu_tanh":
      return self.product(x, weight, bias, "gelu", "tanh")
    return self.product(x, weight, bias, "relu", "")

  # The product, each element times that of `factor` (tokens, out).
  def scaled(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor, factor: Tensor) -> Tensor:
    if bias.numel() == 0:
      return ops.mkldnn._linear_pointwise(x, factor, weight, None, "mul")
    return ops.mkldnn._linear_pointwise(x, factor, weight, bias, "mul")

  # The product added to `sum`, float32 (tokens, out), which may be overwritten.
  def added(self: __torch__.M, sum: Tensor, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if x.dtype != 6:
      return sum.add_(self.linear(x, weight, bias).to(6))
    if bias.numel() == 0:
      return ops.mkldnn._linear_pointwise(x, sum, weight, None, "add")
    return ops.mkldnn._linear_pointwise(x, sum, weight, bias, "add")

  def product(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor, then: str, variant: str) -> Tensor:
    if bias.numel() == 0:
      return ops.mkldnn._linear_pointwise(x, weight, None, then, annotate(List[Optional[number]], []), variant)
    return ops.mkldnn._linear_pointwise(x, weight, bias, then, annotate(List[Optional[number]], []), variant)

  # The norm of x, float32 (tokens, width), in the type of products.
  def normed(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor, dtype: int) -> Tensor:
    return self.norm(x, weight, bias).to(dtype)
