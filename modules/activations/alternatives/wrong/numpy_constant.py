# misconception: np.sqrt(2 / np.pi) is a number like any other, and a number does not change an array's dtype
# symptom: dtype float32 got: shape (4,), dtype float64
# effect: gelu of a float32 array is float64, and with it everything after it in the network
# in: right/long_way.py


def gelu(x: Array, approximate: str = "tanh") -> tuple[Array, Array]:
    if approximate != "tanh":
        raise ValueError(f"gelu knows approximate='tanh' only, not {approximate!r}")
    u = np.sqrt(2 / np.pi) * (x + _CUBIC * x * x * x)
    return np.asarray(0.5 * x * (1 + np.tanh(u))), x
