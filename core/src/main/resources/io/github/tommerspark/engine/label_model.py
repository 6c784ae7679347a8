  # The label model: how well labels fit mentions, both as directions in one space. w: mentions (m, 3 *
  # width), bias (m), then (e, m), bias (e); labels (l, width), bias (l), then (e + 1, l), bias (e + 1), of
  # which the last number is the label's own part of the logit; logarithm of the scale (1).

  # Rows of length 1.
  def directions(self: __torch__.M, x: Tensor) -> Tensor:
    return x / x.norm(2, [1], True).clamp_min(1e-12)

  # Directions of mentions, (n, e), from their vectors x (n, 3 * width). `noise` as `thinned` takes it.
  def mention_directions(self: __torch__.M, x: Tensor, w: List[Tensor], noise: List[float]) -> Tensor:
    hidden = self.thinned(torch.gelu(torch.linear(x, w[0], w[1])), noise, 0.0)
    return self.directions(torch.linear(hidden, w[2], w[3]))

  # Directions of labels, (k, e), and their own parts of the logits, (k), from their states (k, width). Few
  # labels fit a mention, so that logits begin low.
  def label_directions(self: __torch__.M, states: Tensor, w: List[Tensor]) -> Tuple[Tensor, Tensor]:
    y = torch.linear(torch.gelu(torch.linear(states, w[4], w[5])), w[6], w[7])
    size = w[2].size(0)
    return (self.directions(y.narrow(1, 0, size)), y.select(1, size) - 5.0)

  # The logits of labels (n, k) from those of their wordings: the first of every label, then all others,
  # which are of the labels `owners`, int64. A label fits as well as its best wording.
  def best_wordings(self: __torch__.M, logits: Tensor, owners: Tensor) -> Tensor:
    others = owners.size(0)
    if others == 0:
      return logits
    labels = logits.size(1) - others
    owned = owners.unsqueeze(0).expand([logits.size(0), others])
    return torch.scatter_reduce(logits.narrow(1, 0, labels), 1, owned, logits.narrow(1, labels, others), "amax", include_self=True)

  # What `label_best` reads of labels: rows of wordings (k + others, e), what each adds to its logits, and
  # facts of labels (2, k), from the states of wordings in that order, `owners` as above, and the directions
  # of sampled mentions (n, e). numbers: scale and offset of the calibration, exponent of the prior, logit
  # that a label must reach. A label's prior is its mean probability over the sample.
  def label_rows(self: __torch__.M, states: Tensor, owners: Tensor, sample: Tensor, w: List[Tensor], numbers: List[float]) -> List[Tensor]:
    rows, bias = self.label_directions(states, w)
    rows = rows * (torch.exp(w[8]) * numbers[0])
    bias = bias * numbers[0] + numbers[1]
    logits = self.best_wordings(torch.linear(sample, rows, bias), owners)
    correction = torch.log(torch.sigmoid(logits).mean([0]).clamp_min(1e-9)) * numbers[2]
    facts = torch.stack([correction, torch.full_like(correction, numbers[3])])
    result = annotate(List[Tensor], [])
    result.append(rows)
    result.append(bias)
    result.append(facts)
    return result

