# misconception: an average is an average: the division by 1 - beta^t changes the first steps only and can be left out
# symptom: adam_update([1], [2.0], {}, lr=0.1)


def adam_update(
    data: Array,
    grad: Array,
    state: State,
    *,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[Array, State]:
    if weight_decay:
        grad = grad + weight_decay * data
    beta1, beta2 = betas
    step = state.get("step", 0) + 1
    mean = beta1 * state.get("exp_avg", np.zeros_like(data)) + (1 - beta1) * grad
    square = beta2 * state.get("exp_avg_sq", np.zeros_like(data)) + (1 - beta2) * grad * grad
    way = mean
    size = np.sqrt(square) + eps
    return data - lr * way / size, {"step": step, "exp_avg": mean, "exp_avg_sq": square}
