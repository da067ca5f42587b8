# misconception: np.prod of a shape is a number like any other, and dividing by it changes no dtype
# symptom: dtype float64


def spread(grad: Array, shape: tuple[int, ...], reduction: str) -> Array:
    if reduction == "mean":
        grad = grad / np.prod(shape)
    return np.broadcast_to(grad, shape)
