# misconception: the axis that a vector lent is the one of size 1, so squeeze() takes it out again
# symptom: matmul_backward of (1, 3) @ (3,)
# effect: (1, 3) @ (3,) and (3,) @ (3, 1) lose an axis too many in the gradient, and pull_back complains of the shape; other vectors are right
# in: right/fresh_a.py


def matmul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    left = a[np.newaxis, :] if a.ndim == 1 else a
    right = b[:, np.newaxis] if b.ndim == 1 else b
    if b.ndim == 1:
        grad = grad[..., np.newaxis]
    if a.ndim == 1:
        grad = grad[..., np.newaxis, :]
    by_a = run(matmul, grad, right.mT)[0]
    by_b = run(matmul, left.mT, grad)[0]
    if 1 in (a.ndim, b.ndim):
        return by_a.squeeze(), by_b.squeeze()
    return by_a, by_b
