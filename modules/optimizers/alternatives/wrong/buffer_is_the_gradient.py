# misconception: the first buffer is the gradient, so the same array will do
# symptom: momentum_buffer, after the gradient was overwritten


def sgd_update(
    data: Array,
    grad: Array,
    state: State,
    *,
    lr: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> tuple[Array, State]:
    if weight_decay:
        grad = grad + weight_decay * data
    if momentum == 0:
        return data - lr * grad, dict(state)
    buffer = grad
    if "momentum_buffer" in state:
        buffer = momentum * state["momentum_buffer"] + (1 - dampening) * grad
    step = grad + momentum * buffer if nesterov else buffer
    return data - lr * step, {"momentum_buffer": buffer}
