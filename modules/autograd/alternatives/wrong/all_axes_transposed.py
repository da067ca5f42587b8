# misconception: .T transposes the matrices of a batch
# symptom: do not fit


def matmul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    left = a[np.newaxis, :] if a.ndim == 1 else a
    right = b[:, np.newaxis] if b.ndim == 1 else b
    if b.ndim == 1:
        grad = grad[..., np.newaxis]  # the column's axis first: with two vectors grad has no axis to count from
    if a.ndim == 1:
        grad = grad[..., np.newaxis, :]
    da, _ = run(matmul, grad, right.T)  # (…, m, n) @ (…, n, k)
    db, _ = run(matmul, left.T, grad)  # (…, k, m) @ (…, m, n)
    return (da[..., 0, :] if a.ndim == 1 else da), (db[..., 0] if b.ndim == 1 else db)
