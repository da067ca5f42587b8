# misconception: softmax is about rows, so its backward sums along the last axis
# symptom: softmax_backward after softmax(x, dim=0)
# effect: right for dim=-1; after a forward with dim=0 or dim=1 of three axes the gradient is that of another function


def softmax_backward(grad: Array, saved: tuple[Array, int]) -> tuple[Array]:
    y, _ = saved
    return (y * (grad - (grad * y).sum(axis=-1, keepdims=True)),)


def log_softmax_backward(grad: Array, saved: tuple[Array, int]) -> tuple[Array]:
    y, _ = saved
    return (grad - np.exp(y) * grad.sum(axis=-1, keepdims=True),)
