# misconception: out[index] += grad adds once for every time a number was taken
# symptom: index [2, 0, 2] of 4 numbers


def getitem_backward(grad: Array, saved: tuple[Shape, Any]) -> tuple[Array]:
    shape, index = saved
    out = np.zeros(shape, dtype=grad.dtype)
    out[index] += grad
    return (out,)
