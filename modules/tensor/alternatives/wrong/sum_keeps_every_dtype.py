# misconception: a sum has the dtype of what is summed, for integers as for floats
# symptom: uint8 sum beyond 255 expected: 300. got: 44.
# effect: 200 + 100 in uint8 is 44, and the sum of five True is True
# in: right/long_way.py


def reduce_sum(a: Array, dim: Dims = None, keepdim: bool = False) -> tuple[Array, Any]:
    over = axes(dim, a.ndim)
    if a.dtype.kind == "f":
        dtype, wide = a.dtype, np.promote_types(a.dtype, np.float64)  # add up in 64 bits, then round once
    else:
        dtype = wide = a.dtype
    total = np.array(a, dtype=wide)
    for axis in over:
        total = np.asarray(np.add.reduce(total, axis=axis, keepdims=True, dtype=wide))
    shape = total.shape if keepdim else _without(total.shape, over)
    return total.reshape(shape).astype(dtype, copy=False), (a.shape, over)
