  # How far FlashAttention over packed sequences of 3, 1 and 5 tokens is from attention over each of them,
  # on GPU `gpu`: float32 (1), NaN if a value is none. Two heads of queries share one of keys; queries see
  # two tokens, themselves included.
  def difference(self: __torch__.M, gpu: int) -> Tensor:
    device = torch.device("cuda", gpu)
    q = torch.randn([9, 2, 16], dtype=6, device=device).to(15)
    k = torch.randn([9, 1, 16], dtype=6, device=device).to(15)
    v = torch.randn([9, 1, 16], dtype=6, device=device).to(15)
    lengths = [3, 1, 5]
    starts = torch.tensor([0, 3, 4, 9], dtype=3).to(device)
    y, _0, _1, _2, _3 = torch._flash_attention_forward(q, k, v, starts, starts, 5, 5, 0.0, True, False, scale=0.25, window_size_left=1, window_size_right=0)
    parts = annotate(List[Tensor], [])
    at = 0
    for i in range(len(lengths)):
      n = lengths[i]
      qs = q.narrow(0, at, n).to(6).transpose(0, 1)
      ks = k.narrow(0, at, n).to(6).transpose(0, 1).expand([2, -1, -1])
      vs = v.narrow(0, at, n).to(6).transpose(0, 1).expand([2, -1, -1])
      place = torch.arange(n, dtype=4, device=device)
      apart = place.unsqueeze(1) - place.unsqueeze(0)
      hidden = (apart < 0).logical_or(apart > 1)
      weights = (torch.matmul(qs, ks.transpose(1, 2)) * 0.25).masked_fill(hidden, -inf).softmax(-1)
      parts.append(torch.matmul(weights, vs).transpose(0, 1))
      at = at + n
    return (torch.cat(parts) - y.to(6)).abs().max().reshape([1])
