def _like(x: Array, numbers: Any) -> Array:
    """`numbers`, worked out in 64 bits, as an array of x's dtype."""
    return np.asarray(numbers, dtype=x.dtype)


def _wide(x: Array) -> Array:
    """x in at least 64 bits: what is computed from it neither overflows nor loses digits on the way."""
    return x.astype(np.result_type(x, np.float64), copy=False)


def _gate(x: Array) -> Array:
    """½ (1 + tanh(u)) = 1 / (1 + e^(-2u)) of gelu, for wide x: the second form keeps the digits of the left end."""
    return np.exp(-np.logaddexp(0.0, -2 * _SQRT_2_OVER_PI * (x + _CUBIC * x * x * x)))


def _log_softmax(x: Array, dim: int) -> Array:
    """x - log Σ eˣ along `dim` for wide x."""
    away = x - np.expand_dims(x.max(dim, initial=-np.inf), dim) if x.ndim else x - x
    if not x.size:
        return away
    return away - np.log(np.exp(away).sum(dim, keepdims=True))


def relu(x: Array) -> tuple[Array, Array]:
    out = x.copy()
    out[x < 0] = 0
    return out, np.asarray(x > 0)


def relu_backward(grad: Array, saved: Array) -> tuple[Array]:
    return (_like(grad, np.where(saved, grad, 0)),)


def leaky_relu(x: Array, negative_slope: float = 0.01) -> tuple[Array, tuple[Array, float]]:
    mask, out = np.asarray(x > 0), x.copy()
    out[~mask] *= negative_slope
    return out, (mask, negative_slope)


def leaky_relu_backward(grad: Array, saved: tuple[Array, float]) -> tuple[Array]:
    mask, negative_slope = saved
    out = np.array(grad)
    out[~mask] *= negative_slope
    return (out,)


def sigmoid(x: Array) -> tuple[Array, Array]:
    wide = _wide(x)
    small = np.exp(-np.abs(wide))
    out = np.asarray(small / (1 + small))  # right for x < 0; the other side is its mirror image
    out[wide >= 0] = 1 / (1 + small[wide >= 0])
    out = _like(x, out)
    return out, out


def sigmoid_backward(grad: Array, saved: Array) -> tuple[Array]:
    y = _wide(saved)
    return (_like(saved, grad * (y - y * y)),)


def tanh(x: Array) -> tuple[Array, Array]:
    wide = _wide(x)
    lack = np.expm1(-2 * np.abs(wide))
    out = _like(x, np.copysign(lack / (2 + lack), wide))
    return out, out


def tanh_backward(grad: Array, saved: Array) -> tuple[Array]:
    y = _wide(saved)
    return (_like(saved, grad * (1 - y) * (1 + y)),)


def gelu(x: Array, approximate: str = "tanh") -> tuple[Array, Array]:
    if approximate != "tanh":
        raise ValueError(f"gelu knows approximate='tanh' only, not {approximate!r}")
    wide = _wide(x)
    return _like(x, wide * _gate(wide)), x


def gelu_backward(grad: Array, saved: Array) -> tuple[Array]:
    x = _wide(saved)
    gate = _gate(x)
    inner = _SQRT_2_OVER_PI * (1 + 3 * _CUBIC * x * x)
    return (_like(saved, grad * (gate + 2 * x * gate * (1 - gate) * inner)),)


def softmax(x: Array, dim: int = -1) -> tuple[Array, tuple[Array, int]]:
    out = _like(x, np.exp(_log_softmax(_wide(x), dim)))
    return out, (out, dim)


def softmax_backward(grad: Array, saved: tuple[Array, int]) -> tuple[Array]:
    y, dim = saved
    part = grad * _wide(y)
    return (_like(y, part - y * part.sum(dim, keepdims=True)),)


def log_softmax(x: Array, dim: int = -1) -> tuple[Array, tuple[Array, int]]:
    out = _like(x, _log_softmax(_wide(x), dim))
    return out, (out, dim)


def log_softmax_backward(grad: Array, saved: tuple[Array, int]) -> tuple[Array]:
    y, dim = saved
    return (_like(y, grad - np.exp(_wide(y)) * _wide(grad).sum(dim, keepdims=True)),)


def predict_saved(name: str, shape: tuple[int, ...], dtype: Any = np.float32) -> int:
    if name not in OPS:
        raise ValueError(f"no op {name!r}; there are {', '.join(OPS)}")
    return predict_memory(shape, bool if name.endswith("relu") else dtype)


class ReLU:
    def forward(self, x: Tensor) -> Tensor:
        return apply(relu, x)


class LeakyReLU:
    def forward(self, x: Tensor) -> Tensor:
        return apply(leaky_relu, x, negative_slope=self.negative_slope)


class Sigmoid:
    def forward(self, x: Tensor) -> Tensor:
        return apply(sigmoid, x)


class Tanh:
    def forward(self, x: Tensor) -> Tensor:
        return apply(tanh, x)


class GELU:
    def forward(self, x: Tensor) -> Tensor:
        return apply(gelu, x, approximate=self.approximate)


class Softmax:
    def forward(self, x: Tensor) -> Tensor:
        return apply(softmax, x, dim=self.dim)


class LogSoftmax:
    def forward(self, x: Tensor) -> Tensor:
        return apply(log_softmax, x, dim=self.dim)
