  # Parts that the families share.

  # Root-mean-square norm, or layer norm with an optional bias, over the last dimension. In float32,
  # like the reference, since a mean over a wide vector loses too much in 16 bits.
  def norm(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if self.norm_kind == "rms":
      return torch.rms_norm(x, [weight.size(0)], weight, self.norm_eps)
    if bias.numel() == 0:
      return torch.layer_norm(x, [weight.size(0)], weight, None, self.norm_eps)
    return torch.layer_norm(x, [weight.size(0)], weight, bias, self.norm_eps)

  def activation(self: __torch__.M, x: Tensor) -> Tensor:
    if self.activation_kind == "silu":
      return torch.silu(x)
    if self.activation_kind == "gelu":
      return torch.gelu(x)
    if self.activation_kind == "gelu_tanh":
      return torch.gelu(x, approximate="tanh")
    return torch.relu(x)

  # cos and sin of the rotary embedding, each (tokens, 1, rotary / 2). frequencies (rotary / 2).
  def rotary_table(self: __torch__.M, positions: Tensor, frequencies: Tensor, like: Tensor) -> Tuple[Tensor, Tensor]:
    angles = (positions.to(6).unsqueeze(1) * frequencies.unsqueeze(0)).unsqueeze(1)
    return (angles.cos().to(like.dtype), angles.sin().to(like.dtype))

  # Rotates the first `rotary` of the last dimension of x (tokens, heads, head_dim).
  def rotate(self: __torch__.M, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = cos.size(2)
    rotary = 2 * half
    first = x.narrow(2, 0, half)
    second = x.narrow(2, half, half)
    turned = [first * cos - second * sin, second * cos + first * sin]
    if rotary != x.size(2):
      turned.append(x.narrow(2, rotary, x.size(2) - rotary))
    return torch.cat(turned, 2)

