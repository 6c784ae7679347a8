  # Training of span classifiers, by gradients of the equations that classify.py folds. Any floating
  # type. Parameters: input layer (e, s) and its bias; with several layers the hidden layer (e, e) and
  # its bias; then class vectors (k, e). x (n, s) holds span vectors. settings: 0 layers, 1 limit of the
  # gradient's norm, 2 beta1, 3 beta2, 4 epsilon, 5 decay, 6 batches of a step, 7 learning rate, 8 number
  # of the step from 1.

  # Scores of all classes, (n, k).
  def class_scores(self: __torch__.M, x: Tensor, w: List[Tensor], layers: int) -> Tensor:
    h = torch.linear(x, w[0], w[1])
    for i in range(layers - 1):
      h = torch.linear(torch.silu(h), w[2], w[3])
    return torch.linear(h, w[len(w) - 1])

  # Mean cross-entropy over spans. `known` (n, k) is 1 for classes that the span's data set marks: it says
  # nothing of others, which take no part.
  def class_loss(self: __torch__.M, scores: Tensor, gold: Tensor, known: Tensor) -> Tensor:
    logits = torch.log_softmax(scores.masked_fill(known == 0.0, -1e30), 1)
    return torch.neg(logits.gather(1, gold.unsqueeze(1)).mean())

  # The loss of a batch and its gradients. batch: x, known; gold: classes int64 (n).
  def loss_and_gradients(self: __torch__.M, batch: List[Tensor], gold: List[Tensor], parameters: List[Tensor], numbers: List[Tensor]) -> List[Tensor]:
    settings = self.float_list(numbers[0])
    leaves = self.recorded(parameters)
    loss = self.class_loss(self.class_scores(batch[0], leaves, int(settings[0])), gold[0], batch[1])
    found = self.gradients(loss, leaves)
    result = annotate(List[Tensor], [])
    result.append(loss.detach())
    for i in range(len(found)):
      result.append(found[i])
    return result

  # The same, with gradients added to `sums`, each as its share of a step. Returns the loss.
  def accumulate(self: __torch__.M, batch: List[Tensor], gold: List[Tensor], parameters: List[Tensor], sums: List[Tensor], numbers: List[Tensor]) -> List[Tensor]:
    found = self.loss_and_gradients(batch, gold, parameters, numbers)
    share = self.float_list(numbers[0])[6]
    for i in range(len(sums)):
      sums[i].add_(found[i + 1] / share)
    return found[0: 1]

  # One step by the gradients in `sums`, in place, after which these are 0. Returns their norm.
  def update(self: __torch__.M, parameters: List[Tensor], first: List[Tensor], second: List[Tensor], sums: List[Tensor], numbers: List[Tensor]) -> List[Tensor]:
    torch.set_grad_enabled(False)
    settings = self.float_list(numbers[0])
    norm = self.total_norm(sums)
    self.clip(sums, norm, settings[1])
    self.adamw(parameters, sums, first, second, int(settings[8]), settings[7], settings[2: 6])
    for i in range(len(sums)):
      sums[i].zero_()
    result = annotate(List[Tensor], [])
    result.append(norm)
    return result

  # The best class of every span among those that `known` allows, int64 (n).
  def best(self: __torch__.M, batch: List[Tensor], parameters: List[Tensor], numbers: List[Tensor]) -> List[Tensor]:
    torch.set_grad_enabled(False)
    settings = self.float_list(numbers[0])
    scores = self.class_scores(batch[0], parameters, int(settings[0]))
    best, label = torch.max(scores.masked_fill(batch[1] == 0.0, -1e30), 1)
    result = annotate(List[Tensor], [])
    result.append(label)
    return result
