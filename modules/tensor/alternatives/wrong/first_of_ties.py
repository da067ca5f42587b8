# misconception: a maximum stands at one place, the one that argmax finds
# symptom: the mask with ties, dim=1
# effect: with ties the saved mask is True only at the first of the largest numbers
# in: right/compact.py


def reduce_max(a: Array, dim: Dims = None, keepdim: bool = False) -> tuple[Array, Any]:
    over = axes(dim, a.ndim)
    out = a.max(axis=over, keepdims=keepdim)
    rest = tuple(axis for axis in range(a.ndim) if axis not in over)
    moved = np.transpose(a, rest + over)
    flat = moved.reshape(*moved.shape[: len(rest)], int(np.prod(moved.shape[len(rest) :])))
    mask = np.zeros(flat.shape, bool)
    np.put_along_axis(mask, flat.argmax(-1)[..., np.newaxis], True, -1)
    return out, (mask.reshape(moved.shape).transpose(np.argsort(rest + over)), over)
