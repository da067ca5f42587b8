from collections.abc import Callable


def _each(f: Callable[..., float], like: Array, *others: Array) -> Array:
    """f of single numbers, in Python's own floats, over arrays of one shape; the result has the dtype of `like`."""
    numbers = (a.ravel().tolist() for a in (like, *others))
    return np.array([f(*row) for row in zip(*numbers, strict=True)], like.dtype).reshape(like.shape)


def _rows(f: Callable[..., list[float]], dim: int, like: Array, *others: Array) -> Array:
    """f of lists of numbers, one list for each place along the other axes."""
    if like.ndim == 0:
        return _rows(f, 0, *(np.reshape(a, 1) for a in (like, *others))).reshape(())
    out = np.empty_like(like)
    to, *sources = (np.moveaxis(a, dim, -1) for a in (out, like, *others))
    for place in np.ndindex(to.shape[:-1]):
        to[place] = f(*(source[place].tolist() for source in sources))
    return out


def _logistic(v: float) -> float:
    return math.exp(min(v, 0.0)) / (1 + math.exp(-abs(v)))


def _log_probabilities(scores: list[float]) -> list[float]:
    top = max(scores, default=0.0)
    log_sum = math.log(math.fsum(math.exp(s - top) for s in scores)) if scores else 0.0
    return [s - top - log_sum for s in scores]


def _probabilities(scores: list[float]) -> list[float]:
    top = max(scores, default=0.0)
    powers = [math.exp(s - top) for s in scores]
    total = math.fsum(powers)
    return [p / total for p in powers]


def relu(x: Array) -> tuple[Array, Array]:
    return _each(lambda v: 0.0 if v <= 0 else v, x), np.array([v > 0 for v in x.flat], bool).reshape(x.shape)


def relu_backward(grad: Array, saved: Array) -> tuple[Array]:
    return (_each(lambda g, on: g if on else 0.0, grad, saved),)


def leaky_relu(x: Array, negative_slope: float = 0.01) -> tuple[Array, tuple[Array, float]]:
    mask = relu(x)[1]
    return _each(lambda v, on: v if on else float(negative_slope) * v, x, mask), (mask, negative_slope)


def leaky_relu_backward(grad: Array, saved: tuple[Array, float]) -> tuple[Array]:
    return (_each(lambda g, on: g * (1.0 if on else float(saved[1])), grad, saved[0]),)


def sigmoid(x: Array) -> tuple[Array, Array]:
    y = _each(_logistic, x)
    return y, y


def sigmoid_backward(grad: Array, saved: Array) -> tuple[Array]:
    return (_each(lambda y, g: g * y * (1 - y), saved, grad),)


def tanh(x: Array) -> tuple[Array, Array]:
    y = _each(math.tanh, x)
    return y, y


def tanh_backward(grad: Array, saved: Array) -> tuple[Array]:
    return (_each(lambda y, g: g - g * y * y, saved, grad),)


def gelu(x: Array, approximate: str = "tanh") -> tuple[Array, Array]:
    match approximate:
        case "tanh":
            return _each(lambda v: 0.5 * v * (1 + math.tanh(_SQRT_2_OVER_PI * v * (1 + _CUBIC * v * v))), x), x
        case _:
            raise ValueError(f"approximate={approximate!r}: there is no such gelu here")


def gelu_backward(grad: Array, saved: Array) -> tuple[Array]:
    def slope(v: float, g: float) -> float:
        t = math.tanh(_SQRT_2_OVER_PI * (v + _CUBIC * v * v * v))
        du = _SQRT_2_OVER_PI * (1 + 0.134145 * v * v)
        return g * (0.5 * (1 + t) + 0.5 * v * (1 - t * t) * du)

    return (_each(slope, saved, grad),)


def softmax(x: Array, dim: int = -1) -> tuple[Array, tuple[Array, int]]:
    y = _rows(_probabilities, dim, x)
    return y, (y, dim)


def softmax_backward(grad: Array, saved: tuple[Array, int]) -> tuple[Array]:
    def row(y: list[float], g: list[float]) -> list[float]:
        shared = math.fsum(map(float.__mul__, y, g))
        return [a * (b - shared) for a, b in zip(y, g, strict=True)]

    y, dim = saved
    return (_rows(row, dim, y, grad),)


def log_softmax(x: Array, dim: int = -1) -> tuple[Array, tuple[Array, int]]:
    y = _rows(_log_probabilities, dim, x)
    return y, (y, dim)


def log_softmax_backward(grad: Array, saved: tuple[Array, int]) -> tuple[Array]:
    def row(y: list[float], g: list[float]) -> list[float]:
        total = math.fsum(g)
        return [b - math.exp(a) * total for a, b in zip(y, g, strict=True)]

    y, dim = saved
    return (_rows(row, dim, y, grad),)


def predict_saved(name: str, shape: tuple[int, ...], dtype: Any = np.float32) -> int:
    try:
        kept = (bool, bool, dtype, dtype, dtype, dtype, dtype)[OPS.index(name)]
    except ValueError:
        raise ValueError(f"{name!r} is none of {OPS}") from None
    return predict_memory(shape, kept)


class ReLU:
    def forward(self, x: Tensor) -> Tensor:
        return apply(relu, x)


class LeakyReLU:
    def forward(self, x: Tensor) -> Tensor:
        return apply(leaky_relu, x, **vars(self))


class Sigmoid:
    def forward(self, x: Tensor) -> Tensor:
        return apply(sigmoid, x)


class Tanh:
    def forward(self, x: Tensor) -> Tensor:
        return apply(tanh, x)


class GELU:
    def forward(self, x: Tensor) -> Tensor:
        return apply(gelu, x, **vars(self))


class Softmax:
    def forward(self, x: Tensor) -> Tensor:
        return apply({Softmax: softmax, LogSoftmax: log_softmax}.get(type(self), softmax), x, **vars(self))


class LogSoftmax:
    def forward(self, x: Tensor) -> Tensor:
        return apply(log_softmax, x, **vars(self))
