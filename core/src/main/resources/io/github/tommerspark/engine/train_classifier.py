  # Training of span classifiers, by gradients of the equations that classify.py folds. Any floating
  # type. Parameters: input layer (e, s) and its bias; with several layers the hidden layer (e, e) and
  # its bias; then class vectors (k, e), or for zero-shot training the projection (e, d) of prompts and
  # its bias. x (n, s) holds span vectors, prompts (k - 1, d) hidden states; prompts are empty unless
  # class vectors are made from them. settings: 0 layers, 1 loss (0 cross-entropy, 1 binary, 2 binary
  # and balanced), 2 score above which a span of no class is its own label, 3 limit of the gradient's
  # norm, 4 beta1, 5 beta2, 6 epsilon, 7 decay, 8 batches of a step, 9 learning rate, 10 number of the
  # step from 1.

  def numbers(self: __torch__.M, values: Tensor) -> List[float]:
    host = values.to("cpu")
    list = annotate(List[float], [])
    for i in range(host.size(0)):
      list.append(float(host[i]))
    return list

  # Scores of all classes, (n, k). Where vectors are made from prompts the outside class scores 0.
  def class_scores(self: __torch__.M, x: Tensor, w: List[Tensor], prompts: Tensor, layers: int) -> Tensor:
    h = torch.linear(x, w[0], w[1])
    for i in range(layers - 1):
      h = torch.linear(torch.silu(h), w[2], w[3])
    last = len(w) - 1
    if prompts.numel() == 0:
      return torch.linear(h, w[last])
    scores = torch.linear(h, torch.linear(prompts, w[last - 1], w[last]))
    return torch.cat([torch.zeros_like(scores.narrow(1, 0, 1)), scores], 1)

  # Mean loss over spans. `known` (n, k) is 1 for classes that the span's data set marks: it says
  # nothing of others, which take no part.
  def class_loss(self: __torch__.M, scores: Tensor, gold: Tensor, known: Tensor, settings: List[float]) -> Tensor:
    if settings[1] == 0.0:
      logits = torch.log_softmax(scores.masked_fill(known == 0.0, -1e30), 1)
      return torch.neg(logits.gather(1, gold.unsqueeze(1)).mean())
    others = scores.size(1) - 1
    logits = scores.narrow(1, 1, others)
    counts = known.narrow(1, 1, others)
    target = torch.zeros_like(scores).scatter(1, gold.unsqueeze(1), torch.ones_like(scores)).narrow(1, 1, others)
    # A span of no class that is surely of one may be a mention that nobody marked.
    best, label = torch.max(logits.detach().masked_fill(counts == 0.0, -1e30), 1)
    own = (gold == 0).logical_and(best > settings[2]).unsqueeze(1)
    sure = torch.zeros_like(logits).scatter(1, label.unsqueeze(1), torch.ones_like(logits))
    target = torch.where(own, sure, target).detach()
    weight = torch.ones_like(counts.sum())
    if settings[1] == 2.0:
      positive = (target * counts).sum()
      negative = counts.sum() - positive
      weight = torch.where(positive * negative == 0.0, weight, negative / positive)
    return torch.binary_cross_entropy_with_logits(logits, target, counts, weight, 2) / counts.sum()

  # The loss of a batch and its gradients. batch: x, known; gold: classes int64 (n).
  def loss_and_gradients(self: __torch__.M, batch: List[Tensor], gold: List[Tensor], parameters: List[Tensor], prompts: List[Tensor], numbers: List[Tensor]) -> List[Tensor]:
    settings = self.numbers(numbers[0])
    leaves = self.recorded(parameters)
    loss = self.class_loss(self.class_scores(batch[0], leaves, prompts[0], int(settings[0])), gold[0], batch[1], settings)
    found = self.gradients(loss, leaves)
    result = annotate(List[Tensor], [])
    result.append(loss.detach())
    for i in range(len(found)):
      result.append(found[i])
    return result

  # The same, with gradients added to `sums`, each as its share of a step. Returns the loss.
  def accumulate(self: __torch__.M, batch: List[Tensor], gold: List[Tensor], parameters: List[Tensor], prompts: List[Tensor], sums: List[Tensor], numbers: List[Tensor]) -> List[Tensor]:
    found = self.loss_and_gradients(batch, gold, parameters, prompts, numbers)
    share = self.numbers(numbers[0])[8]
    for i in range(len(sums)):
      sums[i].add_(found[i + 1] / share)
    return found[0: 1]

  # One step by the gradients in `sums`, in place, after which these are 0. Returns their norm.
  def update(self: __torch__.M, parameters: List[Tensor], first: List[Tensor], second: List[Tensor], sums: List[Tensor], numbers: List[Tensor]) -> List[Tensor]:
    torch.set_grad_enabled(False)
    settings = self.numbers(numbers[0])
    norm = self.total_norm(sums)
    self.clip(sums, norm, settings[3])
    self.adamw(parameters, sums, first, second, int(settings[10]), settings[9], settings[4: 8])
    for i in range(len(sums)):
      sums[i].zero_()
    result = annotate(List[Tensor], [])
    result.append(norm)
    return result

  # The best class of every span among those that `known` allows, int64 (n).
  def best(self: __torch__.M, batch: List[Tensor], parameters: List[Tensor], prompts: List[Tensor], numbers: List[Tensor]) -> List[Tensor]:
    torch.set_grad_enabled(False)
    settings = self.numbers(numbers[0])
    scores = self.class_scores(batch[0], parameters, prompts[0], int(settings[0]))
    best, label = torch.max(scores.masked_fill(batch[1] == 0.0, -1e30), 1)
    result = annotate(List[Tensor], [])
    result.append(label)
    return result
