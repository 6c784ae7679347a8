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

  # What `label_best` reads of labels: rows (k, e) and (3, k), from their states and the directions of
  # sampled mentions (n, e). numbers: scale and offset of the calibration, exponent of the prior, logit that
  # a label must reach. A label's prior is its mean probability over the sample.
  def label_rows(self: __torch__.M, states: Tensor, sample: Tensor, w: List[Tensor], numbers: List[float]) -> List[Tensor]:
    rows, bias = self.label_directions(states, w)
    rows = rows * (torch.exp(w[8]) * numbers[0])
    bias = bias * numbers[0] + numbers[1]
    prior = torch.sigmoid(torch.linear(sample, rows, bias)).mean([0]).clamp_min(1e-9)
    facts = torch.stack([bias, torch.log(prior) * numbers[2], torch.full_like(bias, numbers[3])])
    result = annotate(List[Tensor], [])
    result.append(rows)
    result.append(facts)
    return result

