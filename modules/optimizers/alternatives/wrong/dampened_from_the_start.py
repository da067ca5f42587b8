# misconception: before the first step the buffer is 0, and the recursion holds from there
# symptom: the data after step 1


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
    buffer = momentum * state.get("momentum_buffer", np.zeros_like(grad)) + (1 - dampening) * grad
    step = grad + momentum * buffer if nesterov else buffer
    return data - lr * step, {"momentum_buffer": buffer}
