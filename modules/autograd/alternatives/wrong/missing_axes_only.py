# misconception: broadcasting adds axes in front, so going back means summing over the axes in front
# symptom: grad of shape (2, 3) to (2, 1)


def unbroadcast(grad: Array, shape: Shape) -> Array:
    if broadcast_shapes(grad.shape, shape) != grad.shape:
        raise ValueError(f"unbroadcast: {shape} does not broadcast to {grad.shape}")
    return np.broadcast_to(grad.sum(axis=tuple(range(grad.ndim - len(shape)))), shape) if grad.ndim > len(shape) else grad
