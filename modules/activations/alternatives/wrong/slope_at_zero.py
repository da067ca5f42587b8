# misconception: 0 belongs to the right side of the kink: the mask is x >= 0 (max(0, 0) is 0 either way)
# symptom: relu_backward at and beside 0
# effect: the numbers are right, but a gradient passes relu at x = 0: relu_backward([6]) after relu([0]) is 6, not 0
# in: right/long_way.py


def relu(x: Array) -> tuple[Array, Array]:
    return np.asarray(np.clip(x, 0, None)), np.asarray(np.greater_equal(x, 0))


def leaky_relu(x: Array, negative_slope: float = 0.01) -> tuple[Array, tuple[Array, float]]:
    mask = np.asarray(np.greater_equal(x, 0))
    return _scaled_outside(mask, x, negative_slope), (mask, negative_slope)
