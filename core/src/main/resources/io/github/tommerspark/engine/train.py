  # Training of heads by gradients through the logits of head.py. A batch is packed. Which cells count
  # and which are gold is the same for all heads of a call, and laid out as the logits are: for a
  # bounded window one tensor (rows, tokens), last row of the band first; else one (ends, starts) per
  # tile.
  #
  # batch: groups int64 (2 * groups), kept uint8 (2, tokens; 1 for tokens that a span may begin, then
  # those that one may end with), gold int64 (2, spans; start and end as packed token indices), counted
  # int64 (2, cells; the only cells that the loss counts) or empty for all.
  # settings: float64, each at its place:
  WINDOW : Final[int] = 0
  CAUSAL : Final[int] = 1
  COSINE : Final[int] = 2
  # 0 none, 1 log_sigmoid, 2 atan.
  SQUASH : Final[int] = 3
  # Weight of gold cells; 0 for balanced.
  POSITIVE_WEIGHT : Final[int] = 4
  # Logit above which a cell is its own label.
  OWN_LABEL : Final[int] = 5
  # 0 gold, 1 hard labels of the teacher, 2 its probabilities.
  TARGET : Final[int] = 6
  TEMPERATURE : Final[int] = 7
  # Probability above which the teacher's label is 1.
  TEACHER_THRESHOLD : Final[int] = 8
  # Limit of the gradient's norm.
  CLIP : Final[int] = 9
  BETA1 : Final[int] = 10
  BETA2 : Final[int] = 11
  EPSILON : Final[int] = 12
  DECAY : Final[int] = 13
  # Whether only counted cells count.
  SELECTED : Final[int] = 14
  # Tensors of a head: 5 for the published layout, BOUNDARY_TENSORS for a boundary head.
  TENSORS : Final[int] = 15
  # Share of a boundary head's numbers per token that are dropped in a step.
  DROPOUT : Final[int] = 16

  # What a head is told for a step, each at its place: which of the taps it reads, the number of the step
  # from 1, the learning rate, and the seed of what is dropped.
  STEP_TAP : Final[int] = 0
  STEP_NUMBER : Final[int] = 1
  STEP_RATE : Final[int] = 2
  STEP_SEED : Final[int] = 3

  def int_list(self: __torch__.M, values: Tensor) -> List[int]:
    host = values.to("cpu")
    list = annotate(List[int], [])
    for i in range(host.size(0)):
      list.append(int(host[i]))
    return list

  # 1 at these cells, else 0; `rows` and `columns` int64 (cells).
  def marked(self: __torch__.M, shape: List[int], rows: Tensor, columns: Tensor) -> Tensor:
    cells = torch.zeros(shape, dtype=6, device=rows.device)
    ones = torch.ones([rows.size(0)], dtype=6, device=rows.device)
    return torch.index_put_(cells, annotate(List[Optional[Tensor]], [rows, columns]), ones, False)

  # Those of (2, cells) that are in a band.
  def marked_band(self: __torch__.M, cells: Tensor, rows: int, window: int, tokens: int) -> Tensor:
    row = cells[1] - cells[0] + (rows - 1 - window)
    here = (row >= 0).logical_and(row < rows).nonzero().squeeze(1)
    return self.marked([rows, tokens], row.index([here]), cells[1].index([here]))

  # Those of (2, cells) with an end in a tile.
  def marked_tile(self: __torch__.M, cells: Tensor, first: int, from_end: int, inside: Tensor) -> Tensor:
    row = cells[1] - (first + from_end)
    here = (row >= 0).logical_and(row < inside.size(0)).nonzero().squeeze(1)
    return self.marked([inside.size(0), inside.size(1)], row.index([here]), (cells[0] - first).index([here]))

  # What the mask admits, which cells count, and which are gold: three tensors after another, per
  # tensor of logits.
  def targets(self: __torch__.M, batch: List[Tensor], groups: List[int], window: int, causal: bool, selected: bool) -> List[Tensor]:
    begins = batch[1][0].to(11)
    finishes = batch[1][1].to(11)
    tokens = begins.size(0)
    found = annotate(List[Tensor], [])
    if window > 0:
      at = self.positions(groups, begins)
      last = self.lengths(groups, begins) - 1
      inside = self.band_cells(at, last, window, causal)
      rows = inside.size(0)
      offset = (torch.arange(rows, dtype=4, device=begins.device) - window).unsqueeze(1)
      start = (torch.arange(tokens, dtype=4, device=begins.device).unsqueeze(0) + offset).clamp(0, tokens - 1)
      inside = inside.logical_and(begins.index([start])).logical_and(finishes.unsqueeze(0))
      found.append(inside)
      counts = inside.flip([0]).to(6)
      if selected:
        counts = counts * self.marked_band(batch[3], rows, window, tokens)
      found.append(counts)
      found.append(self.marked_band(batch[2], rows, window, tokens))
      return found
    first = 0
    for g in range(len(groups) // 2):
      length = groups[2 * g + 1]
      for s in range(groups[2 * g]):
        for t in range((length + self.TILE - 1) // self.TILE):
          from_end = t * self.TILE
          ends = min(self.TILE, length - from_end)
          inside = self.tile_cells(from_end, ends, length, causal, begins)
          inside = inside.logical_and(begins.narrow(0, first, inside.size(1)).unsqueeze(0))
          inside = inside.logical_and(finishes.narrow(0, first + from_end, ends).unsqueeze(1))
          found.append(inside)
          counts = inside.to(6)
          if selected:
            counts = counts * self.marked_tile(batch[3], first, from_end, inside)
          found.append(counts)
          found.append(self.marked_tile(batch[2], first, from_end, inside))
        first = first + length
    return found

  # Logits in that layout. `noise` as `token_embeddings` takes it.
  def all_logits(self: __torch__.M, z: Tensor, groups: List[int], w: List[Tensor], targets: List[Tensor], settings: List[float], noise: List[float]) -> List[Tensor]:
    window = int(settings[self.WINDOW])
    squash = ""
    if settings[self.SQUASH] == 1.0:
      squash = "log_sigmoid"
    elif settings[self.SQUASH] == 2.0:
      squash = "atan"
    at = self.positions(groups, z)
    last = self.lengths(groups, z) - 1
    logits = annotate(List[Tensor], [])
    if int(settings[self.TENSORS]) == self.BOUNDARY_TENSORS:
      logits.append(self.boundary_logits(z, at, last, targets[0].flip([0]), w, noise))
      return logits
    q, k, by_end = self.parts(z, at, last, w, settings[self.COSINE] == 1.0)
    if window > 0:
      logits.append(self.band_logits(q, k, by_end, targets[0], w[4], window, squash, True))
      return logits
    first = 0
    tile = 0
    for g in range(len(groups) // 2):
      length = groups[2 * g + 1]
      for s in range(groups[2 * g]):
        for t in range((length + self.TILE - 1) // self.TILE):
          logits.append(self.tile_logits(q, k, by_end, first, t * self.TILE, targets[3 * tile], w[4], squash))
          tile = tile + 1
        first = first + length
    return logits

  # One flat tensor of every third, beginning with `from_index`.
  def flat(self: __torch__.M, tensors: List[Tensor], from_index: int, step: int) -> Tensor:
    parts = annotate(List[Tensor], [])
    for i in range(len(tensors) // step):
      parts.append(tensors[step * i + from_index].reshape([-1]))
    if len(parts) == 1:
      return parts[0]
    return torch.cat(parts)

  # Binary cross-entropy, mean over the cells that count (1 in `counts`). Gold cells weigh as much as
  # all others together, or 1 if there are none of either (upstream losses.py, balanced_BCE).
  def balanced_loss(self: __torch__.M, logits: Tensor, target: Tensor, counts: Tensor) -> Tensor:
    cells = counts.sum()
    gold = (target * counts).sum()
    weight = torch.where(gold * (cells - gold) == 0.0, torch.ones_like(gold), (cells - gold) / gold)
    return torch.binary_cross_entropy_with_logits(logits, target, counts, weight, 2) / cells

  # The loss against gold labels (upstream models/tommer.py, token_matching_loss): where a logit exceeds
  # settings[OWN_LABEL], the cell's own probability is its label, gold or not. As upstream, gradients flow
  # through that label with a fixed weight, and do not with the balanced one.
  def gold_loss(self: __torch__.M, logits: Tensor, gold: Tensor, counts: Tensor, settings: List[float]) -> Tensor:
    target = gold
    own = logits.detach() > settings[self.OWN_LABEL]
    if settings[self.POSITIVE_WEIGHT] == 0.0:
      target = torch.where(own, torch.sigmoid(logits).detach(), gold)
      return self.balanced_loss(logits, target, counts)
    target = torch.where(own, torch.sigmoid(logits), gold)
    weight = torch.where(target.detach() == 1.0, torch.full_like(gold, settings[self.POSITIVE_WEIGHT]), torch.ones_like(gold))
    return torch.binary_cross_entropy_with_logits(logits, target, counts, weight, 2) / counts.sum()

  # The loss against a teacher's labels (upstream distillation.py); gold cells are certain.
  def distillation_loss(self: __torch__.M, student: Tensor, teacher: Tensor, gold: Tensor, counts: Tensor, settings: List[float]) -> Tensor:
    certain = torch.where(gold > 0.0, torch.full_like(teacher, 10000.0), teacher)
    target = torch.sigmoid(certain / settings[self.TEMPERATURE])
    if settings[self.TARGET] == 1.0:
      return self.balanced_loss(student / settings[self.TEMPERATURE], (target > settings[self.TEACHER_THRESHOLD]).to(6), counts)
    return torch.binary_cross_entropy_with_logits(student / settings[self.TEMPERATURE], target, counts, None, 2) / counts.sum()

  # The loss of a head, and its gradients.
  def head_gradients(self: __torch__.M, z: Tensor, groups: List[int], targets: List[Tensor], parameters: List[Tensor], teacher: List[Tensor], settings: List[float], noise: List[float]) -> List[Tensor]:
    counts = self.flat(targets, 1, 3)
    gold = self.flat(targets, 2, 3)
    teaching = gold
    if settings[self.TARGET] > 0.0:
      teaching = self.flat(self.all_logits(z, groups, teacher, targets, settings, annotate(List[float], [])), 0, 1)
    leaves = self.recorded(parameters)
    logits = self.flat(self.all_logits(z, groups, leaves, targets, settings, noise), 0, 1)
    if settings[self.TARGET] > 0.0:
      loss = self.distillation_loss(logits, teaching, gold, counts, settings)
    else:
      loss = self.gold_loss(logits, gold, counts, settings)
    result = annotate(List[Tensor], [])
    found = self.gradients(loss, leaves)
    result.append(loss.detach())
    for i in range(len(found)):
      result.append(found[i])
    return result

  # The same as a call of its own, for one head.
  def loss_and_gradients(self: __torch__.M, taps: List[Tensor], batch: List[Tensor], parameters: List[Tensor], teacher: List[Tensor], numbers: List[Tensor]) -> List[Tensor]:
    settings = self.float_list(numbers[0])
    groups = self.int_list(batch[0])
    targets = self.targets(batch, groups, int(settings[self.WINDOW]), settings[self.CAUSAL] == 1.0, settings[self.SELECTED] == 1.0)
    return self.head_gradients(taps[0], groups, targets, parameters, teacher, settings, annotate(List[float], []))

  # One step of every head, each on its own, in place. `heads`: per head its parameters, their first
  # and their second moments; `teachers` its parameters, or none. numbers: settings, then (heads, 4) of
  # what each is told. Returns the losses and norms of gradients before clipping, (heads, 2); a batch without a cell that counts changes nothing and has loss 0.
  def step(self: __torch__.M, taps: List[Tensor], batch: List[Tensor], heads: List[Tensor], teachers: List[Tensor], numbers: List[Tensor]) -> List[Tensor]:
    settings = self.float_list(numbers[0])
    groups = self.int_list(batch[0])
    targets = self.targets(batch, groups, int(settings[self.WINDOW]), settings[self.CAUSAL] == 1.0, settings[self.SELECTED] == 1.0)
    size = int(settings[self.TENSORS])
    report = annotate(List[Tensor], [])
    some = float(self.flat(targets, 1, 3).sum()) > 0.0
    for h in range(len(heads) // (3 * size)):
      head = self.float_list(numbers[1][h])
      first = 3 * size * h
      parameters = heads[first: first + size]
      teacher = annotate(List[Tensor], [])
      if settings[self.TARGET] > 0.0:
        teacher = teachers[size * h: size * h + size]
      if some:
        noise = annotate(List[float], [])
        if settings[self.DROPOUT] > 0.0:
          noise = [head[self.STEP_SEED], settings[self.DROPOUT]]
        found = self.head_gradients(taps[int(head[self.STEP_TAP])], groups, targets, parameters, teacher, settings, noise)
        gradients = found[1: size + 1]
        norm = self.total_norm(gradients)
        self.clip(gradients, norm, settings[self.CLIP])
        self.adamw(parameters, gradients, heads[first + size: first + 2 * size], heads[first + 2 * size: first + 3 * size], int(head[self.STEP_NUMBER]), head[self.STEP_RATE], settings[self.BETA1: self.DECAY + 1])
        report.append(torch.stack([found[0], norm]))
      else:
        report.append(torch.zeros([2], dtype=6, device=batch[1].device))
    result = annotate(List[Tensor], [])
    result.append(torch.stack(report))
    return result

  # The targets of dev data, and flat: which spans with start <= end count, and whether each is gold.
  def dev_targets(self: __torch__.M, batch: List[Tensor], groups: List[int], window: int, causal: bool) -> Tuple[List[Tensor], Tensor, Tensor]:
    targets = self.targets(batch, groups, window, causal, False)
    counts = self.flat(targets, 1, 3)
    if not causal:
      counts = self.flat(self.ordered(targets, groups, window), 0, 1)
    return targets, counts, self.flat(targets, 2, 3)

  # How many spans with start <= end score in each interval between thresholds, int64 (heads, 2,
  # thresholds + 1): those that are not gold, then those that are. Interval i holds the scores above i
  # of the thresholds, float32 and rising, in numbers[2];
  # numbers[1] int64 (heads) says which of the taps each head reads.
  def histogram(self: __torch__.M, taps: List[Tensor], batch: List[Tensor], heads: List[Tensor], numbers: List[Tensor]) -> List[Tensor]:
    settings = self.float_list(numbers[0])
    groups = self.int_list(batch[0])
    window = int(settings[self.WINDOW])
    targets, counts, gold = self.dev_targets(batch, groups, window, settings[self.CAUSAL] == 1.0)
    intervals = numbers[2].size(0) + 1
    outside = 2 * intervals
    result = annotate(List[Tensor], [])
    size = int(settings[self.TENSORS])
    for h in range(len(heads) // size):
      tap = int(numbers[1][h])
      logits = self.flat(self.all_logits(taps[tap], groups, heads[size * h: size * h + size], targets, settings, annotate(List[float], [])), 0, 1)
      cell = torch.bucketize(torch.sigmoid(logits), numbers[2]) + gold.to(4) * intervals
      cell = torch.where(counts > 0.0, cell, torch.full_like(cell, outside))
      result.append(torch.bincount(cell, None, outside + 1).narrow(0, 0, outside).reshape([2, intervals]))
    stacked = annotate(List[Tensor], [])
    stacked.append(torch.stack(result))
    return stacked

  # Cells that count and whose start does not come after their end, for heads that are not causal.
  def ordered(self: __torch__.M, targets: List[Tensor], groups: List[int], window: int) -> List[Tensor]:
    found = annotate(List[Tensor], [])
    if window > 0:
      counts = targets[1]
      row = torch.arange(counts.size(0), dtype=4, device=counts.device).unsqueeze(1)
      found.append(counts * (row >= window).to(6))
      return found
    tile = 0
    for g in range(len(groups) // 2):
      length = groups[2 * g + 1]
      for s in range(groups[2 * g]):
        for t in range((length + self.TILE - 1) // self.TILE):
          counts = targets[3 * tile + 1]
          start = torch.arange(counts.size(1), dtype=4, device=counts.device).unsqueeze(0)
          end = torch.arange(t * self.TILE, t * self.TILE + counts.size(0), dtype=4, device=counts.device).unsqueeze(1)
          found.append(counts * (start <= end).to(6))
          tile = tile + 1
    return found

  # Logits of the spans with start <= end that count, of one head, and whether each is gold: float32 (n)
  # and uint8 (n). Of those that are not gold only the ones above numbers[1] come.
  def dev_logits(self: __torch__.M, taps: List[Tensor], batch: List[Tensor], parameters: List[Tensor], numbers: List[Tensor]) -> List[Tensor]:
    settings = self.float_list(numbers[0])
    groups = self.int_list(batch[0])
    window = int(settings[self.WINDOW])
    targets, counts, gold = self.dev_targets(batch, groups, window, settings[self.CAUSAL] == 1.0)
    logits = self.flat(self.all_logits(taps[0], groups, parameters, targets, settings, annotate(List[float], [])), 0, 1)
    wanted = (logits > float(numbers[1][0])).logical_or(gold > 0.0).logical_and(counts > 0.0)
    here = wanted.nonzero().squeeze(1)
    result = annotate(List[Tensor], [])
    result.append(logits.index([here]))
    result.append(gold.index([here]).to(0))
    return result
