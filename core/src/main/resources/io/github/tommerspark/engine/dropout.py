  # Dropout of x (rows, numbers) by a hash of place and seed, which is the same whatever else is trained
  # beside. `noise` is empty for none, or holds a seed and the share of numbers that are dropped.
  def thinned(self: __torch__.M, x: Tensor, noise: List[float], salt: float) -> Tensor:
    if len(noise) == 0:
      return x
    places = torch.arange(x.numel(), dtype=7, device=x.device).view([x.size(0), x.size(1)])
    hash = torch.frac(torch.abs(torch.sin(places * 12.9898 + (noise[0] + salt) * 78.233)) * 43758.5453)
    return x * (hash >= noise[1]).to(6) * (1.0 / (1.0 - noise[1]))

