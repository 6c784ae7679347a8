  # TorchScript, read by libtorch as text. dtype codes: 4 int64, 5 float16, 6 float32, 15 bfloat16.
  #
  # A batch is packed: the tokens of its sequences stand one after the other, shape (tokens, ...),
  # without padding. `groups` lists (count, length) pairs in that order: so many sequences, each of so
  # many tokens. Every sequence is computed as if it were alone.

  # Length of every sequence: int64 (sequences). Built on the host and sent in one piece: a call for each
  # group would be most of the time of a short batch on a GPU.
  def sequence_lengths(self: __torch__.M, groups: List[int], like: Tensor) -> Tensor:
    pairs = torch.tensor(groups, dtype=4).view([-1, 2])
    sequences = int(pairs.select(1, 0).sum())
    pairs = pairs.to(like.device, 4, True, False)
    return torch.repeat_interleave(pairs.select(1, 1), pairs.select(1, 0), 0, output_size=sequences)

  # Position of every token of `like` (tokens, ...) in its own sequence, from 0: int64 (tokens).
  def positions(self: __torch__.M, groups: List[int], like: Tensor) -> Tensor:
    lengths = self.sequence_lengths(groups, like)
    n = like.size(0)
    starts = torch.repeat_interleave(lengths.cumsum(0) - lengths, lengths, 0, output_size=n)
    return torch.arange(n, dtype=4, device=like.device) - starts

  # Length of every token's own sequence: int64 (tokens).
  def lengths(self: __torch__.M, groups: List[int], like: Tensor) -> Tensor:
    lengths = self.sequence_lengths(groups, like)
    return torch.repeat_interleave(lengths, lengths, 0, output_size=like.size(0))

