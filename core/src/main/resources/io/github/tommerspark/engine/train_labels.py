  # Training of label models, by gradients of the equations of label_model.py. Any floating type. x (n, 3
  # * width) holds vectors of spans and states (k, width) those of labels, both standardised. settings: 0
  # weight of labels that fit, 1 weight of labels near those, 2 share of numbers that are dropped, 3 limit of
  # the gradient's norm, 4 beta1, 5 beta2, 6 epsilon, 7 decay, 8 learning rate, 9 number of the step from
  # 1, 10 seed of what is dropped, 11 whether the labels' side stays as it is.

  # Logits of all labels for all spans, (n, k).
  def label_logits(self: __torch__.M, x: Tensor, states: Tensor, w: List[Tensor], noise: List[float]) -> Tensor:
    rows, bias = self.label_directions(states, w)
    return torch.linear(self.mention_directions(x, w, noise), rows) * torch.exp(w[8]) + bias

  # `value` at these cells, int64 (2, cells), of a copy of `all` (n, k).
  def with_cells(self: __torch__.M, all: Tensor, cells: Tensor, value: float) -> Tensor:
    values = torch.full([cells.size(1)], value, dtype=all.dtype, device=all.device)
    return torch.index_put(all, annotate(List[Optional[Tensor]], [cells[0], cells[1]]), values, False)

  # Binary cross-entropy of all labels, summed over labels and averaged over spans. batch: x, weights of
  # spans (n), weights of labels by data set (sets, k); cells: data set of every span (n), labels that fit
  # (2, cells), labels near those (2, cells).
  def label_loss(self: __torch__.M, logits: Tensor, batch: List[Tensor], cells: List[Tensor], settings: List[float]) -> Tensor:
    weight = self.with_cells(torch.ones_like(logits), cells[2], settings[1])
    weight = self.with_cells(weight, cells[1], settings[0])
    weight = weight * batch[2].index_select(0, cells[0]) * batch[1].unsqueeze(1)
    target = self.with_cells(torch.zeros_like(logits), cells[1], 1.0)
    return torch.binary_cross_entropy_with_logits(logits, target, weight, None, 2) / logits.size(0)

  # The loss of a batch and its gradients.
  def loss_and_gradients(self: __torch__.M, batch: List[Tensor], cells: List[Tensor], parameters: List[Tensor], states: List[Tensor], numbers: List[Tensor]) -> List[Tensor]:
    settings = self.float_list(numbers[0])
    noise = annotate(List[float], [])
    if settings[2] > 0.0:
      noise = [settings[10], settings[2]]
    leaves = self.recorded(parameters)
    loss = self.label_loss(self.label_logits(batch[0], states[0], leaves, noise), batch, cells, settings)
    found = self.gradients(loss, leaves)
    result = annotate(List[Tensor], [])
    result.append(loss.detach())
    for i in range(len(found)):
      result.append(found[i])
    return result

  # The tensors of a list that are not of the labels' side.
  def without_labels(self: __torch__.M, all: List[Tensor]) -> List[Tensor]:
    return all[0: 4] + all[8: 9]

  # One step, in place. Returns the loss.
  def step(self: __torch__.M, batch: List[Tensor], cells: List[Tensor], parameters: List[Tensor], first: List[Tensor], second: List[Tensor], states: List[Tensor], numbers: List[Tensor]) -> List[Tensor]:
    settings = self.float_list(numbers[0])
    found = self.loss_and_gradients(batch, cells, parameters, states, numbers)
    gradients = found[1: len(found)]
    self.clip(gradients, self.total_norm(gradients), settings[3])
    if settings[11] > 0.0:
      self.adamw(self.without_labels(parameters), self.without_labels(gradients), self.without_labels(first), self.without_labels(second), int(settings[9]), settings[8], settings[4: 8])
    else:
      self.adamw(parameters, gradients, first, second, int(settings[9]), settings[8], settings[4: 8])
    return found[0: 1]

  # Directions of spans, (n, e).
  def embed(self: __torch__.M, x: List[Tensor], parameters: List[Tensor]) -> List[Tensor]:
    torch.set_grad_enabled(False)
    result = annotate(List[Tensor], [])
    result.append(self.mention_directions(x[0], parameters, annotate(List[float], [])))
    return result

  # Logits of all labels for all spans, (n, k).
  def logits(self: __torch__.M, x: List[Tensor], states: List[Tensor], parameters: List[Tensor]) -> List[Tensor]:
    torch.set_grad_enabled(False)
    result = annotate(List[Tensor], [])
    result.append(self.label_logits(x[0], states[0], parameters, annotate(List[float], [])))
    return result

  # Pairs of different labels whose standardised states have a cosine above numbers[0], int64 (2, pairs).
  def near(self: __torch__.M, states: List[Tensor], numbers: List[Tensor]) -> List[Tensor]:
    torch.set_grad_enabled(False)
    rows = self.directions(states[0])
    close = torch.matmul(rows, rows.t()) > self.float_list(numbers[0])[0]
    result = annotate(List[Tensor], [])
    result.append(close.fill_diagonal_(False).nonzero().t().contiguous())
    return result

