# misconception: x is a local name, so changing it with -= or a mask changes nothing outside
# symptom: the caller's x after relu(x)
# effect: the results are right, but the caller's x (and grad, in relu_backward) holds other numbers afterwards


def relu(x: Array) -> tuple[Array, Array]:
    mask = x > 0
    x[~mask] = 0
    return x, mask


def relu_backward(grad: Array, saved: Array) -> tuple[Array]:
    grad[~saved] = 0
    return (grad,)


def softmax(x: Array, dim: int = -1) -> tuple[Array, tuple[Array, int]]:
    x -= x.max(axis=dim, keepdims=True)
    e = np.exp(x)
    out = e / e.sum(axis=dim, keepdims=True)
    return out, (out, dim)


def log_softmax(x: Array, dim: int = -1) -> tuple[Array, tuple[Array, int]]:
    x -= x.max(axis=dim, keepdims=True)
    out = x - np.log(np.exp(x).sum(axis=dim, keepdims=True))
    return out, (out, dim)
