  # Weights on their way into the engine. dtype codes: 5 float16, 6 float32, 15 bfloat16.

  # A tensor of that shape, on the CPU unless `gpu` is a device's number from 0.
  def allocate(self: __torch__.M, shape: List[int], dtype: int, gpu: int) -> Tensor:
    if gpu >= 0:
      return torch.empty(shape, dtype=dtype, device=torch.device("cuda", gpu))
    return torch.empty(shape, dtype=dtype)

  # Writes rows (n, ...) over those of `weight` from `first` on, converting type and device.
  def fill(self: __torch__.M, weight: Tensor, first: int, rows: Tensor) -> Tensor:
    return weight.narrow(0, first, rows.size(0)).copy_(rows)

  # (in, out) as (out, in), without a copy.
  def transposed(self: __torch__.M, weight: Tensor) -> Tensor:
    return weight.t()
