  # z float32 (tokens, width), w_q and w_k (width, rank) -> queries and keys, each (tokens, rank). Can be
  # differentiated.
  def projected(self: __torch__.M, z: Tensor, w_q: Tensor, w_k: Tensor) -> Tuple[Tensor, Tensor]:
    return (torch.matmul(z, w_q), torch.matmul(z, w_k))


  # z float32 (tokens, width), weight (outputs, width), bias (outputs) -> (tokens, outputs). Can be
  # differentiated.
  def dense(self: __torch__.M, z: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return torch.linear(z, weight, bias)
