  # Backbone, heads, selection and classification in one call: see `hidden` and `score_typed_checked`.
  def detect_typed(self: __torch__.M, ids: Tensor, groups: List[int], edges: Tensor, layers: List[int], w: List[Tensor], stop: Tensor, head_taps: List[int], v: List[Tensor], head_options: List[int], cuts: List[float], class_taps: List[int], c: List[Tensor], class_options: List[int]) -> List[Tensor]:
    return self.score_typed_checked(self.hidden(ids, groups, layers, w, stop), groups, edges, head_taps, v, head_options, cuts, class_taps, c, class_options)

  # Backbone, head and span vectors in one call: see `hidden` and `encode`.
  def detect_encode(self: __torch__.M, ids: Tensor, groups: List[int], edges: Tensor, layers: List[int], w: List[Tensor], stop: Tensor, head_taps: List[int], v: List[Tensor], head_options: List[int], cuts: List[float], given: Tensor, tap: int, kind: int) -> List[Tensor]:
    return self.encode(self.hidden(ids, groups, layers, w, stop), groups, edges, head_taps, v, head_options, cuts, given, tap, kind)
