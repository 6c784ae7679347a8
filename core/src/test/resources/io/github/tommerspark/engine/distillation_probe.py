  # Gives tests the gradient of the shipped distillation loss with respect to the student's logits.
  def distillation_gradient(self: __torch__.M, student: List[Tensor], others: List[Tensor], numbers: List[Tensor]) -> List[Tensor]:
    leaves = self.recorded(student)
    loss = self.distillation_loss(leaves[0], others[0], others[1], others[2], self.float_list(numbers[0]))
    result = annotate(List[Tensor], [])
    found = self.gradients(loss, leaves)
    result.append(loss.detach())
    result.append(found[0])
    return result
