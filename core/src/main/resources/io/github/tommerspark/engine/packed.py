  # TorchScript, read by libtorch as text. dtype codes: 4 int64, 5 float16, 6 float32, 15 bfloat16.
  #
  # A batch is packed: the tokens of its sequences stand one after the other, shape (tokens, ...),
  # without padding. `groups` lists (count, length) pairs in that order: so many sequences, each of so
  # many tokens. Every sequence is computed as if it were alone.

  # Position of every token in its own sequence, from 0: int64 (tokens).
  def positions(self: __torch__.M, groups: List[int], like: Tensor) -> Tensor:
    parts = annotate(List[Tensor], [])
    for g in range(len(groups) // 2):
      steps = torch.arange(groups[2 * g + 1], dtype=4, device=like.device)
      parts.append(steps.repeat([groups[2 * g]]))
    return torch.cat(parts)

  # Length of every token's own sequence: int64 (tokens).
  def lengths(self: __torch__.M, groups: List[int], like: Tensor) -> Tensor:
    parts = annotate(List[Tensor], [])
    for g in range(len(groups) // 2):
      tokens = groups[2 * g] * groups[2 * g + 1]
      parts.append(torch.full([tokens], groups[2 * g + 1], dtype=4, device=like.device))
    return torch.cat(parts)

