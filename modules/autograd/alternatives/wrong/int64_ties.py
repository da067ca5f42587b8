# misconception: the number of ties is an integer, and an integer does not change the dtype of a float
# symptom: dtype float64


def reduce_max_backward(grad: Array, saved: tuple[Array, Shape]) -> tuple[Array]:
    mask, over = saved
    with np.errstate(all="ignore"):
        return (_keep(grad, mask.shape, over) * mask / mask.sum(axis=over, keepdims=True),)
