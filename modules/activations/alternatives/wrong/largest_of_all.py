# misconception: any constant may be subtracted before exp, so the largest number of the whole array will do
# symptom: divide by zero encountered in log
# effect: a row far below the others is not a probability any more: softmax([[0, 1], [-2000, -2001]]) has inf in its second row, and NumPy warns
# in: right/long_way.py


def _log_shares(x: Array, dim: int) -> Array:
    wide = _wide(x)
    wide = wide - np.max(wide, initial=-np.inf)
    return np.asarray(wide - np.log(np.exp(wide).sum(axis=dim, keepdims=True)))
