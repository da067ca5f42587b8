# misconception: relu lets x >= 0 pass, so its slope at 0 is 1
# symptom: relu_backward at and beside 0
# effect: the mask is True at x = 0, and relu_backward passes grad there; leaky_relu the same: 1 instead of negative_slope


def relu(x: Array) -> tuple[Array, Array]:
    mask = x >= 0
    return x * mask, mask


def leaky_relu(x: Array, negative_slope: float = 0.01) -> tuple[Array, tuple[Array, float]]:
    mask = x >= 0
    return np.where(mask, x, negative_slope * x), (mask, negative_slope)
