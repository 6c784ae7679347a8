  # Backbone, heads and selection in one call: see `hidden` and `score_checked`.
  def detect(self: __torch__.M, ids: Tensor, groups: List[int], edges: Tensor, layers: List[int], w: List[Tensor], stop: Tensor, head_taps: List[int], v: List[Tensor], head_options: List[int], cuts: List[float]) -> List[Tensor]:
    return self.score_checked(self.hidden(ids, groups, layers, w, stop), groups, edges, head_taps, v, head_options, cuts)
