  # Weights on their way into the engine. dtype codes: 5 float16, 6 float32, 15 bfloat16.

  # A tensor of that shape, on the CPU unless `gpu` is a device's number from 0.
  def allocate(self: __torch__.M, shape: List[int], dtype: int, gpu: int) -> Tensor:
    if gpu >= 0:
      return torch.empty(shape, dtype=dtype, device=torch.device("cuda", gpu))
    return torch.empty(shape, dtype=dtype)

  # A view of uint8 `bytes` as `elements` values of that type.
  def stored(self: __torch__.M, bytes: Tensor, dtype: int, elements: int, shape: List[int]) -> Tensor:
    return torch.empty([0], dtype=dtype).set_(bytes, 0, [elements], [1]).view(shape)

  # Writes values (n) over the elements of `weight`, in row-major order, from `first` on, and converts
  # them to its type and device.
  def fill(self: __torch__.M, weight: Tensor, first: int, values: Tensor) -> Tensor:
    return weight.view([-1]).narrow(0, first, values.size(0)).copy_(values)

  # (in, out) as (out, in), without a copy.
  def transposed(self: __torch__.M, weight: Tensor) -> Tensor:
    return weight.t()

  # Whether all values are finite: one pass in the values' own type, without a copy.
  def finite(self: __torch__.M, weight: Tensor) -> bool:
    low, high = torch.aminmax(weight)
    return bool(torch.isfinite(torch.stack([low, high])).all())
