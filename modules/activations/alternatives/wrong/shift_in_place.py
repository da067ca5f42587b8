# misconception: x inside the function is the function's own: -= on it cannot be seen outside
# symptom: the caller's x after softmax(x)
# effect: after softmax(scores) the scores have another largest number, 0: the caller's array was written to (float64 only)
# in: right/long_way.py


def _log_shares(x: Array, dim: int) -> Array:
    wide = _wide(x)
    wide -= np.maximum.reduce(wide, axis=dim, keepdims=True, initial=-np.inf)
    return np.asarray(wide - np.logaddexp.reduce(wide, axis=dim, keepdims=True))
