# misconception: an array is broadcast either by getting axes in front or by stretching axes of size 1, never both at once
# symptom: grad of shape (2, 2, 3) to (2, 1)
# effect: (2, 3, 4) to (1, 4), or a bias of shape (2, 1) beside a batch (4, 2, 3), comes out as (2, 3), not (1, 3) or raises on reshape
# in: right/fresh_a.py


def unbroadcast(grad: Array, shape: Shape) -> Array:
    if broadcast_shapes(shape, grad.shape) != grad.shape:
        raise ValueError(f"shape {shape} does not broadcast to {grad.shape}")
    if grad.ndim > len(shape):
        return np.asarray(grad.sum(axis=tuple(range(grad.ndim - len(shape)))))
    over = tuple(axis for axis, size in enumerate(shape) if size == 1 and grad.shape[axis] != 1)
    return grad.sum(axis=over, keepdims=True) if over else grad
