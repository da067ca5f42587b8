# misconception: NumPy's sum is as exact as float32 allows
# symptom: sum over dim 0: (
# effect: over 60,000 rows of 0.1 the fourth digit is wrong


def reduce_sum(a: Array, dim: Dims = None, keepdim: bool = False) -> tuple[Array, Any]:
    over = axes(dim, a.ndim)
    return a.sum(axis=over, keepdims=keepdim), (a.shape, over)
