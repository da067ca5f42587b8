# misconception: NumPy refuses what is not a number, if it is told the dtype
# symptom: tried: as_array(['1', '2'], float32) nothing was raised; expected TypeError
# effect: Tensor('3') is Tensor(3.) and Tensor([None]) is Tensor([nan]), without an error
# in: right/long_way.py


def as_array(data: Any, dtype: Any = None) -> Array:
    if dtype is not None and np.dtype(dtype).kind not in _NUMBERS:
        raise TypeError(f"numbers are int, float or bool here, and {np.dtype(dtype)} is none of them")
    found = np.array(data, dtype)  # NumPy complains about ragged lists
    if found.dtype.kind not in _NUMBERS:
        raise TypeError(f"only int, float and bool can go in; this is {found.dtype}: {data!r:.80}")
    fresh = np.empty(found.shape, found.dtype if dtype is None else dtype)
    np.copyto(fresh, found, casting="unsafe")
    return fresh
