# misconception: np.asarray with a dtype does everything: it converts, and complains if it cannot
# symptom: after the array was overwritten
# effect: a float32 array is shared with the caller, Tensor('3') and Tensor(['1']) work, None becomes nan
# in: right/compact.py


def as_array(data: Any, dtype: Any = None) -> Array:
    return np.asarray(data, dtype=dtype)
