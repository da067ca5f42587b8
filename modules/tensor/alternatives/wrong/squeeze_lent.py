# misconception: squeeze() takes away the axis of size 1 that a vector lent, and nothing else
# symptom: tried: (3,) @ (3, 1) matmul expected: shape (1,)
# effect: (3,) @ (3, 1) has shape () instead of (1,), (1, 3) @ (3,) too: honest axes of size 1 go as well
# in: right/compact.py


def matmul(a: Array, b: Array) -> tuple[Array, Any]:
    a, b = promote(a, b)
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError(f"matmul needs at least one axis: {a.shape} @ {b.shape}")
    left = a.reshape(1, -1) if a.ndim == 1 else a
    right = b.reshape(-1, 1) if b.ndim == 1 else b
    if left.shape[-1] != right.shape[-2]:
        raise ValueError(f"inner sizes differ: {a.shape} @ {b.shape}")
    batch = broadcast_shapes(left.shape[:-2], right.shape[:-2])
    m, k = left.shape[-2:]
    n = right.shape[-1]
    left, right = np.broadcast_to(left, (*batch, m, k)), np.broadcast_to(right, (*batch, k, n))
    out = np.empty((*batch, m, n), a.dtype)
    for place in np.ndindex(*batch):
        out[place] = matmul_rows(left[place], right[place])
    if a.ndim == 1 or b.ndim == 1:
        out = out.squeeze()
    return out, (a, b)
