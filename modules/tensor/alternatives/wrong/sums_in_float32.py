# misconception: float32 is exact enough to add up in; what counts is the dtype of the finished result
# symptom: float64 @ float64
# effect: a float64 product has float64's dtype, and the seven digits of float32
# in: right/compact.py


def matmul_rows(a: Array, b: Array) -> Array:
    out = np.empty((a.shape[0], b.shape[1]), dtype=np.float32)
    for i in range(a.shape[0]):
        out[i] = (a[i][:, np.newaxis] * b).sum(axis=0)
    return out.astype(a.dtype)
