# misconception: the old buffer is not needed any more, so b *= momentum; b += g saves an array
# symptom: the caller's state, momentum_buffer
# in: right/fresh_a.py


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
    g = grad + weight_decay * data if weight_decay else grad
    if not momentum:
        return data - lr * g, state
    if "momentum_buffer" in state:
        buffer = state["momentum_buffer"]
        buffer *= momentum
        buffer += (1 - dampening) * g
    else:
        buffer = g.copy()
    way = g + momentum * buffer if nesterov else buffer
    return data - lr * way, {**state, "momentum_buffer": np.asarray(buffer)}
