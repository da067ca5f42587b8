# misconception: a maximum stands in one place, so the mask has one True per result (the argmax)
# symptom: the mask with ties, dim=1
# effect: with ties only the first is marked: reduce_max([[1, 3, 3]], 1) saves [[False, True, False]]
# in: right/long_way.py


def reduce_max(a: Array, dim: Dims = None, keepdim: bool = False) -> tuple[Array, Any]:
    over = axes(dim, a.ndim)
    if _count(a.shape, over) == 0:
        raise ValueError(f"no maximum over dim {over} of an array of shape {a.shape}: there is nothing to choose from")
    beside = _without(tuple(range(a.ndim)), over)
    rows = a.transpose(*beside, *over).reshape([a.shape[axis] for axis in beside] + [-1]) if a.size else None
    if rows is None:  # no results at all, so nothing is asked for
        largest = np.empty([a.shape[axis] for axis in beside], a.dtype)
    else:
        largest = np.take_along_axis(rows, np.expand_dims(rows.argmax(axis=-1), -1), axis=-1)[..., 0]
    kept = largest.reshape([1 if axis in over else size for axis, size in enumerate(a.shape)])
    mask = np.zeros(a.shape, bool)
    if rows is not None:
        first = rows.argmax(axis=-1)[..., None] == np.arange(rows.shape[-1])  # True at the place of the maximum
        order = (*beside, *over)
        sorted_shape = [a.shape[axis] for axis in order]
        mask = first.reshape(sorted_shape).transpose([order.index(axis) for axis in range(a.ndim)])
    return (kept if keepdim else np.array(largest)), (mask, over)
