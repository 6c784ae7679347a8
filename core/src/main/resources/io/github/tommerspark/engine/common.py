  # Parts that the families share.

  # Root-mean-square norm, or layer norm with an optional bias, over the last dimension. In float32,
  # like the reference, since a mean over a wide vector loses too much in 16 bits.
  def norm(self: __torch__.M, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    width = weight.size(0)
    if self.norm_kind == "rms":
      return self.unit(x).mul_(weight)
    if bias.numel() == 0:
      return torch.layer_norm(x, [width], weight, None, self.norm_eps)
    return torch.layer_norm(x, [width], weight, bias, self.norm_eps)

  # x over its root-mean-square. The engine's rms_norm has no kernel of its own and writes two more
  # tensors.
  def unit(self: __torch__.M, x: Tensor) -> Tensor:
    length = torch.linalg_vector_norm(x, 2, [-1], True)
    return x * torch.rsqrt(length * length / x.size(-1) + self.norm_eps)

  def activation(self: __torch__.M, x: Tensor) -> Tensor:
    if self.activation_kind == "silu":
      return torch.silu(x)
    if self.activation_kind == "gelu":
      return torch.gelu(x)
    if self.activation_kind == "gelu_tanh":
      return torch.gelu(x, approximate="tanh")
    return torch.relu(x)

  # The rotary embedding's factors: cos (tokens, 1, head_dim) and sin (tokens, 1, rotary / 2). The two
  # halves that turn together have the same cos, and what does not turn has 1. frequencies (rotary / 2).
  def rotary_table(self: __torch__.M, positions: Tensor, frequencies: Tensor, like: Tensor) -> Tuple[Tensor, Tensor]:
    angles = (positions.to(6).unsqueeze(1) * frequencies.unsqueeze(0)).unsqueeze(1)
    cos = angles.cos()
    rest = torch.ones([cos.size(0), 1, self.head_dim - 2 * cos.size(2)], dtype=6, device=cos.device)
    return (torch.cat([cos, cos, rest], 2).to(like.dtype), angles.sin().to(like.dtype))

  # Rotates the first `rotary` of the last dimension of x (tokens, heads, head_dim).
  def rotate(self: __torch__.M, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = sin.size(2)
    y = x * cos
    _0 = y.narrow(2, 0, half).addcmul_(x.narrow(2, half, half), sin, value=-1.0)
    _1 = y.narrow(2, half, half).addcmul_(x.narrow(2, 0, half), sin)
    return y
