  # Optimisation of lists of float32 tensors. Whoever calls these must have been entered with gradients
  # allowed: see ScriptModule.runRecording.

  # Copies of parameters that gradients flow to; from here on operations are recorded.
  def recorded(self: __torch__.M, parameters: List[Tensor]) -> List[Tensor]:
    torch.set_grad_enabled(True)
    leaves = annotate(List[Tensor], [])
    for i in range(len(parameters)):
      leaves.append(parameters[i].detach().clone().requires_grad_(True))
    return leaves

  # Gradients of a scalar with respect to `leaves`; nothing is recorded from here on.
  def gradients(self: __torch__.M, loss: Tensor, leaves: List[Tensor]) -> List[Tensor]:
    found = torch.grad([loss], leaves, None, None, False, False)
    torch.set_grad_enabled(False)
    gradients = annotate(List[Tensor], [])
    for i in range(len(found)):
      gradients.append(unchecked_cast(Tensor, found[i]))
    return gradients

  # The Euclidean norm of all gradients together, float32 ().
  def total_norm(self: __torch__.M, gradients: List[Tensor]) -> Tensor:
    norms = annotate(List[Tensor], [])
    for i in range(len(gradients)):
      norms.append(torch.norm(gradients[i]))
    return torch.norm(torch.stack(norms))

  # Shrinks gradients, in place, whose total norm is above `limit`; 0 is no limit.
  def clip(self: __torch__.M, gradients: List[Tensor], norm: Tensor, limit: float) -> NoneType:
    if limit > 0.0:
      factor = (limit / (norm + 1e-6)).clamp_max(1.0)
      for i in range(len(gradients)):
        gradients[i].mul_(factor)
    return None

  # One step of AdamW as torch.optim.AdamW makes it, in place: decoupled decay, corrected moments.
  # `step` counts from 1; `settings` holds beta1, beta2, epsilon and decay.
  def adamw(self: __torch__.M, parameters: List[Tensor], gradients: List[Tensor], first: List[Tensor], second: List[Tensor], step: int, rate: float, settings: List[float]) -> NoneType:
    beta1 = settings[0]
    beta2 = settings[1]
    unbias1 = 1.0 - beta1 ** step
    unbias2 = (1.0 - beta2 ** step) ** 0.5
    for i in range(len(parameters)):
      parameters[i].mul_(1.0 - rate * settings[3])
      first[i].mul_(beta1).add_(gradients[i], alpha=1.0 - beta1)
      second[i].mul_(beta2).addcmul_(gradients[i], gradients[i], value=1.0 - beta2)
      scale = (second[i].sqrt() / unbias2).add_(settings[2])
      parameters[i].addcdiv_(first[i], scale, value=-rate / unbias1)
    return None

  # The elements of a list of numbers (n), on the host.
  def float_list(self: __torch__.M, values: Tensor) -> List[float]:
    host = values.to("cpu")
    list = annotate(List[float], [])
    for i in range(host.size(0)):
      list.append(float(host[i]))
    return list
