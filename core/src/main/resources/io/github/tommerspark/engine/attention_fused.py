  # A block's attention: as attend_fused.
  def attend_block(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, window: int, scale: float) -> Tensor:
    return self.attend_fused(q, k, v, window, scale)

