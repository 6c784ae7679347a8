  # Span classification heads (upstream classification.py): the best class of every span and its
  # probability. z float32 (tokens, width); spans int64 (2, n) of packed token indices (start; end), ends
  # inclusive. w: input layer (h, width or 2 * width) and its bias; hidden layer (h, h) and its bias;
  # output layer (classes, h) and its bias, into which the class vectors are folded. An absent weight is
  # an empty tensor. Returns labels int64 (n) and probabilities float32 (n).
  #
  # The input layer is linear, so it runs once per token, not once per span. Spans are taken in chunks:
  # memory does not grow with their number.
  def classify(self: __torch__.M, z: Tensor, spans: Tensor, w: List[Tensor], average: bool, repeats: int, softmax: bool) -> Tuple[Tensor, Tensor]:
    labels = [torch.empty([0], dtype=4, device=z.device)]
    scores = [torch.empty([0], dtype=6, device=z.device)]
    width = z.size(1)
    by_first, by_last = z, z
    if average:
      by_last = self.running_sums(torch.linear(z, w[0]))
    else:
      by_first = torch.linear(z, w[0].narrow(1, 0, width))
      by_last = torch.linear(z, w[0].narrow(1, width, width))
    chunk = 16384
    n = spans.size(1)
    for c in range((n + chunk - 1) // chunk):
      some = spans.narrow(1, c * chunk, min(chunk, n - c * chunk))
      start = some.select(0, 0)
      end = some.select(0, 1)
      if average:
        total = by_last.index_select(0, end + 1) - by_last.index_select(0, start)
        x = (total / (end - start + 1).unsqueeze(1)).to(6) + w[1]
      else:
        x = by_first.index_select(0, start) + by_last.index_select(0, end) + w[1]
      for r in range(repeats):
        x = torch.linear(torch.silu(x), w[2], w[3])
      if w[4].numel() > 0:
        x = torch.linear(torch.silu(x), w[4], w[5])
      best, label = torch.max(x, 1)
      if softmax:
        score = torch.exp(best - torch.logsumexp(x, [1]))
      else:
        # The outside class, which comes first, scores 0: it wins where all others are below.
        score = torch.sigmoid(torch.abs(torch.amax(x.narrow(1, 1, x.size(1) - 1), [1])))
      labels.append(label)
      scores.append(score)
    return (torch.cat(labels), torch.cat(scores))

  # Sums of rows up to every place, float64 (rows + 1, numbers): differences lose nothing however long the
  # batch.
  def running_sums(self: __torch__.M, z: Tensor) -> Tensor:
    return torch.cat([torch.zeros([1, z.size(1)], dtype=7, device=z.device), z.to(7).cumsum(0)])

  # The vectors of spans: kind 0 first and last state (n, 2 * width), 1 mean (n, width), 2 first, last and
  # mean (n, 3 * width). `sums` of z are read for kinds 1 and 2.
  def span_vectors(self: __torch__.M, z: Tensor, sums: Tensor, spans: Tensor, kind: int) -> Tensor:
    start = spans.select(0, 0)
    end = spans.select(0, 1)
    parts = annotate(List[Tensor], [])
    if kind != 1:
      parts.append(z.index_select(0, start))
      parts.append(z.index_select(0, end))
    if kind != 0:
      total = sums.index_select(0, end + 1) - sums.index_select(0, start)
      parts.append((total / (end - start + 1).unsqueeze(1)).to(6))
    if len(parts) == 1:
      return parts[0]
    return torch.cat(parts, 1)

  # The best label of every span and its probability: label 0 is none, those of w[6] count from 1. Of the
  # labels whose logit is high enough, it is the one whose probability most exceeds what its prior lets
  # expect. w: as the first four of the label model, then what `label_rows` returned, and the owners of
  # further wordings. z float32 (tokens, width); spans int64 (2, n) of packed token indices, ends inclusive.
  # If `all`, also every label whose logit is high enough, span by span: int64 (2, m), index of the span and
  # label, and (2, m), probability and what it is ranked by; else these are empty.
  def label_best(self: __torch__.M, z: Tensor, spans: Tensor, w: List[Tensor], all: bool) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    labels = [torch.empty([0], dtype=4, device=z.device)]
    scores = [torch.empty([0], dtype=6, device=z.device)]
    fitting = [torch.empty([2, 0], dtype=4, device=z.device)]
    numbers = [torch.empty([2, 0], dtype=6, device=z.device)]
    sums = self.running_sums(z)
    # So that memory grows neither with the spans nor with the labels.
    chunk = max(1, min(8192, 4194304 // max(w[4].size(0), w[0].size(1))))
    n = spans.size(1)
    for c in range((n + chunk - 1) // chunk):
      some = spans.narrow(1, c * chunk, min(chunk, n - c * chunk))
      x = self.mention_directions(self.span_vectors(z, sums, some, 2), w, annotate(List[float], []))
      logits = self.best_wordings(torch.linear(x, w[4], w[5]), w[7])
      ranks = (torch.log_sigmoid(logits) - w[6][0]).masked_fill(logits < w[6][1], -1e30)
      best, label = torch.max(ranks, 1)
      labels.append(torch.where(best > -1e29, label + 1, torch.zeros_like(label)))
      scores.append(torch.sigmoid(logits.gather(1, label.unsqueeze(1)).squeeze(1)))
      if all:
        cells = torch.nonzero(ranks > -1e29)
        row, column = cells.select(1, 0), cells.select(1, 1)
        at = row * logits.size(1) + column
        fitting.append(torch.stack([row + c * chunk, column + 1]))
        numbers.append(torch.stack([torch.sigmoid(torch.take(logits, at)), torch.take(ranks, at)]))
    return (torch.cat(labels), torch.cat(scores), torch.cat(fitting, 1), torch.cat(numbers, 1))

  # What `score` returns, and after each head's spans and probabilities the labels and label
  # probabilities of its spans, and what `label_best` says of all labels: empty for a head whose entry of
  # class_taps is below 0. Classifier i reads taps[class_taps[i]]; its eight weights are c[8 * i .. 8 * i +
  # 7]; class_options holds (average, repeats of the hidden layer, 0 sigmoid, 1 softmax, 2 a label model or
  # 3 one that tells all labels, of which the first two say nothing).
  def score_typed(self: __torch__.M, taps: List[Tensor], groups: List[int], edges: Tensor, head_taps: List[int], v: List[Tensor], head_options: List[int], cuts: List[float], class_taps: List[int], c: List[Tensor], class_options: List[int]) -> List[Tensor]:
    found = self.score(taps, groups, edges, head_taps, v, head_options, cuts)
    typed = annotate(List[Tensor], [])
    for i in range(len(class_taps)):
      spans = found[2 * i]
      labels, scores = torch.empty([0], dtype=4), torch.empty([0], dtype=6)
      fitting, numbers = torch.empty([2, 0], dtype=4), torch.empty([2, 0], dtype=6)
      if class_taps[i] >= 0 and class_options[3 * i + 2] >= 2:
        labels, scores, fitting, numbers = self.label_best(taps[class_taps[i]], spans, c[8 * i: 8 * i + 8], class_options[3 * i + 2] == 3)
      elif class_taps[i] >= 0:
        labels, scores = self.classify(taps[class_taps[i]], spans, c[8 * i: 8 * i + 8], class_options[3 * i] == 1, class_options[3 * i + 1], class_options[3 * i + 2] == 1)
      typed.append(spans)
      typed.append(found[2 * i + 1])
      typed.append(labels)
      typed.append(scores)
      typed.append(fitting)
      typed.append(numbers)
    return typed

  # What `score_typed` returns, and then what `not_finite` does.
  def score_typed_checked(self: __torch__.M, taps: List[Tensor], groups: List[int], edges: Tensor, head_taps: List[int], v: List[Tensor], head_options: List[int], cuts: List[float], class_taps: List[int], c: List[Tensor], class_options: List[int]) -> List[Tensor]:
    found = self.score_typed(taps, groups, edges, head_taps, v, head_options, cuts, class_taps, c, class_options)
    found.append(self.not_finite(taps))
    return found

  # What `score` finds for one head, spans and probabilities, and then the vectors, from taps[tap], of
  # `given` spans and of those found.
  def encode(self: __torch__.M, taps: List[Tensor], groups: List[int], edges: Tensor, head_taps: List[int], v: List[Tensor], head_options: List[int], cuts: List[float], given: Tensor, tap: int, kind: int) -> List[Tensor]:
    found = self.score(taps, groups, edges, head_taps, v, head_options, cuts)
    z = taps[tap]
    found.append(self.span_vectors(z, self.running_sums(z), torch.cat([given, found[0]], 1), kind))
    return found

