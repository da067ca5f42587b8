# misconception: AdamW is Adam with another default for weight decay
# symptom: expected 0.85


def adamw_update(
    data: Array,
    grad: Array,
    state: State,
    *,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> tuple[Array, State]:
    return adam_update(data, grad, state, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
