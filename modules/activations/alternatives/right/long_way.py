def _wide(x: Array) -> Array:
    return np.asarray(x, dtype=np.promote_types(x.dtype, np.float64))


def _narrow(values: Array, like: Array) -> Array:
    """An array (NumPy makes scalars of what has no axes) in the dtype of `like`, the one rounding."""
    return np.asarray(values, dtype=like.dtype)


class _Logistic:
    """1 / (1 + e⁻ᵛ) and its slope. `small` is the part on the nearer side, at most 1/2; both have all their digits."""

    def __init__(self, v: Array) -> None:
        self.v = _wide(np.asarray(v))
        self.power = np.exp(-np.abs(self.v))  # between 0 and 1

    @property
    def value(self) -> Array:
        small = np.asarray(self.power / (1 + self.power))
        return np.where(self.v < 0, small, 1 - small)

    @property
    def slope(self) -> Array:
        return np.asarray(self.power / np.square(1 + self.power))


def _scaled_outside(mask: Array, numbers: Array, factor: float) -> Array:
    """The numbers as they are where mask, times `factor` elsewhere; nothing is computed that is not used."""
    out = np.array(numbers)
    np.multiply(numbers, float(factor), out=out, where=~mask)
    return out


def relu(x: Array) -> tuple[Array, Array]:
    return np.asarray(np.clip(x, 0, None)), np.asarray(np.greater(x, 0))


def relu_backward(grad: Array, saved: Array) -> tuple[Array]:
    dx = np.zeros(grad.shape, grad.dtype)
    np.copyto(dx, grad, where=saved)  # no product: an infinite grad times 0 would be NaN
    return (dx,)


def leaky_relu(x: Array, negative_slope: float = 0.01) -> tuple[Array, tuple[Array, float]]:
    mask = np.asarray(np.greater(x, 0))
    return _scaled_outside(mask, x, negative_slope), (mask, negative_slope)


def leaky_relu_backward(grad: Array, saved: tuple[Array, float]) -> tuple[Array]:
    mask, negative_slope = saved
    return (_scaled_outside(mask, grad, negative_slope),)


def sigmoid(x: Array) -> tuple[Array, Array]:
    y = _narrow(_Logistic(x).value, x)
    return y, y


def sigmoid_backward(grad: Array, saved: Array) -> tuple[Array]:
    y = _wide(saved)
    return (_narrow(grad * y * (1 - y), saved),)


def tanh(x: Array) -> tuple[Array, Array]:
    fall = np.expm1(-2 * np.abs(_wide(x)))  # e^(-2|x|) - 1, between -1 and 0: exact near 0 too
    y = _narrow(np.copysign(fall / (2 + fall), x), x)
    return y, y


def tanh_backward(grad: Array, saved: Array) -> tuple[Array]:
    y = _wide(saved)
    return (_narrow(grad * (1 - y) * (1 + y), saved),)


def _inner(x: Array) -> Array:
    """u of the formulas below."""
    return _SQRT_2_OVER_PI * x * (1 + _CUBIC * x * x)


def gelu(x: Array, approximate: str = "tanh") -> tuple[Array, Array]:
    if approximate != "tanh":
        raise ValueError(f"gelu knows approximate='tanh' only, not {approximate!r}")
    wide = _wide(x)
    return _narrow(wide * _Logistic(2 * _inner(wide)).value, x), x  # (1 + tanh u) / 2 = sigmoid(2u)


def gelu_backward(grad: Array, saved: Array) -> tuple[Array]:
    x = _wide(saved)
    gate = _Logistic(2 * _inner(x))
    steepness = _SQRT_2_OVER_PI * (1 + 3 * _CUBIC * x * x)
    return (_narrow(grad * (gate.value + 2 * x * gate.slope * steepness), saved),)


def _log_shares(x: Array, dim: int) -> Array:
    """log_softmax in 64 bits. logaddexp is log(eᵃ + eᵇ) without the powers; reduced, it gives the log of the whole sum."""
    wide = _wide(x)
    wide = wide - np.maximum.reduce(wide, axis=dim, keepdims=True, initial=-np.inf)
    return np.asarray(wide - np.logaddexp.reduce(wide, axis=dim, keepdims=True))


def softmax(x: Array, dim: int = -1) -> tuple[Array, tuple[Array, int]]:
    y = _narrow(np.exp(_log_shares(x, dim)), x)
    return y, (y, dim)


def softmax_backward(grad: Array, saved: tuple[Array, int]) -> tuple[Array]:
    y, dim = saved
    shares = np.asarray(grad * _wide(y))
    return (_narrow(shares - y * shares.sum(axis=dim, keepdims=True), y),)


def log_softmax(x: Array, dim: int = -1) -> tuple[Array, tuple[Array, int]]:
    y = _narrow(_log_shares(x, dim), x)
    return y, (y, dim)


def log_softmax_backward(grad: Array, saved: tuple[Array, int]) -> tuple[Array]:
    y, dim = saved
    total = np.add.reduce(_wide(grad), axis=dim, keepdims=True)
    return (_narrow(grad - np.exp(_wide(y)) * total, y),)


def predict_saved(name: str, shape: tuple[int, ...], dtype: Any = np.float32) -> int:
    if name not in OPS:
        raise ValueError(f"{name!r} is none of {', '.join(OPS)}")
    return predict_memory(shape, np.bool_ if name in ("relu", "leaky_relu") else dtype)


class Activation:
    def _run(self, op: Any, x: Tensor) -> Tensor:
        """What __init__ has set are the op's options, under the same names."""
        return apply(op, x, **vars(self))


class ReLU:
    def forward(self, x: Tensor) -> Tensor:
        return self._run(relu, x)


class LeakyReLU:
    def forward(self, x: Tensor) -> Tensor:
        return self._run(leaky_relu, x)


class Sigmoid:
    def forward(self, x: Tensor) -> Tensor:
        return self._run(sigmoid, x)


class Tanh:
    def forward(self, x: Tensor) -> Tensor:
        return self._run(tanh, x)


class GELU:
    def forward(self, x: Tensor) -> Tensor:
        return self._run(gelu, x)


class Softmax:
    def forward(self, x: Tensor) -> Tensor:
        return self._run(softmax, x)


class LogSoftmax:
    def forward(self, x: Tensor) -> Tensor:
        return self._run(log_softmax, x)
