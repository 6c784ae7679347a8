  # x (tokens, in) -> (tokens, out). An absent bias is an empty tensor.
  def linear(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if bias.numel() == 0:
      return torch.linear(x, weight)
    return torch.linear(x, weight, bias)

  # The activation of `linear`.
  def activated(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return self.activation(self.linear(x, weight, bias))

