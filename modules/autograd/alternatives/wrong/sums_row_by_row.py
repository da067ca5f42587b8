# misconception: NumPy's sum is as exact as float32 allows
# symptom: unbroadcast to (2,) of float32, (
# effect: the gradient of a bias over a whole data set is wrong in its fourth digit


def unbroadcast(grad: Array, shape: Shape) -> Array:
    extra = grad.ndim - len(shape)
    if broadcast_shapes(grad.shape, shape) != grad.shape:
        raise ValueError(f"unbroadcast: an array of shape {shape} does not broadcast to the gradient's {grad.shape}")
    over = (*range(extra), *(extra + axis for axis, size in enumerate(shape) if size == 1))
    return grad.sum(axis=over).reshape(shape) if over else grad
