  # Attention over a packed batch in one call of FlashAttention, on a GPU, in float16 or bfloat16: no
  # padding, no copies, no call for each length, and keys are shared by heads as they are.

  # Nothing is joined; all that matters of lengths is the greatest.
  def blocks(self: __torch__.M, groups: List[int]) -> List[int]:
    longest = 0
    for g in range(len(groups) // 2):
      longest = max(longest, groups[2 * g + 1])
    return [longest]

  # Where sequences begin and the last one ends, int32 (sequences + 1); and nothing.
  def padding(self: __torch__.M, groups: List[int], blocks: List[int], like: Tensor) -> Tuple[Tensor, Tensor]:
    ends = self.sequence_lengths(groups, like).cumsum(0)
    return (torch.constant_pad_nd(ends, [1, 0]).to(3), torch.empty([0], dtype=4, device=like.device))

  # q (tokens, heads, head_dim), k and v (tokens, kv_heads, head_dim) -> (tokens, heads * head_dim).
  # `starts` is of `padding`, `blocks` of `blocks`; window 0 is unlimited; scores are
  # multiplied by `scale`.
  def attend(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, blocks: List[int], starts: Tensor, nothing: Tensor, window: int, scale: float) -> Tensor:
    longest = blocks[0]
    left = -1
    right = -1
    if window > 0:
      left = window
      right = window
      if self.causal:
        left = window - 1
        right = 0
    y, _0, _1, _2, _3 = torch._flash_attention_forward(q, k, v, starts, starts, longest, longest, 0.0, self.causal, False, scale=scale, window_size_left=left, window_size_right=right)
    return y.reshape([q.size(0), q.size(1) * q.size(2)])
