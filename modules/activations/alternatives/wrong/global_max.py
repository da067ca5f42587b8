# misconception: subtracting any large constant makes exp safe, so x.max() of the whole array will do
# symptom: invalid value encountered in divide
# effect: right for one row; rows that lie far apart (0 beside 1000) become 0 / 0 = nan in softmax, log(0) = -inf in log_softmax


def softmax(x: Array, dim: int = -1) -> tuple[Array, tuple[Array, int]]:
    e = np.exp(x - x.max())
    out = e / e.sum(axis=dim, keepdims=True)
    return out, (out, dim)


def log_softmax(x: Array, dim: int = -1) -> tuple[Array, tuple[Array, int]]:
    shifted = x - x.max()
    out = shifted - np.log(np.exp(shifted).sum(axis=dim, keepdims=True))
    return out, (out, dim)
