  # A block's attention where the processor has no products of the type: as attend_fused, in float32.
  def attend_block(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, window: int, scale: float) -> Tensor:
    return self.attend_fused(q.to(6), k.to(6), v.to(6), window, scale).to(q.dtype)

