# misconception: a maximum goes over one axis, and the number of ties is counted along that one
# symptom: reduce_max_backward of 8, over both axes
# effect: max() over all of a matrix with ties in several rows gives each row's ties too much: the gradients add up to more than 1
# in: right/fresh_a.py


def reduce_max_backward(grad: Array, saved: tuple[Array, Shape]) -> tuple[Array]:
    mask, over = saved
    ties = mask.sum(axis=over[:1], keepdims=True).astype(grad.dtype)
    return (np.where(mask, _keep(grad, mask.shape, over) / np.maximum(ties, 1), 0).astype(grad.dtype, copy=False),)
