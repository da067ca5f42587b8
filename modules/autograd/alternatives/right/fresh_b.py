from collections import defaultdict, deque
from functools import reduce


def _both_ways(slope_a: Callable[..., Array], slope_b: Callable[..., Array]) -> Rule:
    """A rule for an op of two inputs from its two slopes, each a function of (grad, a, b)."""

    def rule(grad: Array, saved: Any) -> tuple[Array, Array]:
        a, b = saved
        return slope_a(grad, a, b), slope_b(grad, a, b)

    return rule


_MUL = _both_ways(lambda g, a, b: g * b, lambda g, a, b: a * g)


_DIV = _both_ways(lambda g, a, b: g / b, lambda g, a, b: -(g / b) * (a / b))


def _power_a(grad: Array, a: Array, b: Array) -> Array:
    grad, a, b = np.broadcast_arrays(grad, a, b)
    out = np.zeros(grad.shape, grad.dtype)
    some = b != 0
    out[some] = grad[some] * (b[some] * a[some] ** (b[some] - 1))
    return out


def _power_b(grad: Array, a: Array, b: Array) -> Array:
    grad, a, b = np.broadcast_arrays(grad, a, b)
    out = np.zeros(grad.shape, grad.dtype)
    some = ~((a == 0) & (b >= 0))
    out[some] = grad[some] * (a[some] ** b[some] * np.log(a[some]))
    return out


_POWER = _both_ways(_power_a, _power_b)


class _Users:
    """Who was made from whom, counted: how many uses of each tensor are behind `tensor`."""

    def __init__(self, tensor: Tensor) -> None:
        self.count: dict[Tensor, int] = defaultdict(int)
        self.count[tensor] = 0
        fresh = deque([tensor])
        while fresh:
            for parent in fresh.popleft()._parents:
                if parent not in self.count:
                    fresh.append(parent)
                self.count[parent] += 1

    def order(self, tensor: Tensor) -> list[Tensor]:
        ready, out = deque([tensor]), []
        while ready:
            one = ready.popleft()
            out.append(one)
            for parent in one._parents:
                self.count[parent] -= 1
                if not self.count[parent]:
                    ready.append(parent)
        return out


def _arrays(value: Any) -> Iterator[Array]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _arrays(part)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _arrays(part)


def _owner(array: Array) -> Array:
    return _owner(array.base) if isinstance(array.base, np.ndarray) else array


def unbroadcast(grad: Array, shape: Shape) -> Array:
    shape = tuple(shape)
    padded = (1,) * (grad.ndim - len(shape)) + shape
    if len(shape) > grad.ndim or any(size not in (1, its) for size, its in zip(padded, grad.shape, strict=True)):
        raise ValueError(f"grad of shape {grad.shape} is nothing that {shape} can be broadcast to")
    if grad.shape == shape:
        return grad
    kept = [axis for axis, size in enumerate(padded) if size != 1]
    # float32 added up in float64: einsum adds one after the other, which would lose digits
    total = np.einsum(grad, list(range(grad.ndim)), kept, dtype=np.float64 if grad.dtype.kind == "f" else None, casting="unsafe")
    return np.asarray(total).astype(grad.dtype).reshape(shape)


def mul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    return _MUL(grad, saved)


def div_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    return _DIV(grad, saved)


def power_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    with np.errstate(all="ignore"):
        return _POWER(grad, saved)


def clip_backward(grad: Array, saved: Array) -> tuple[Array]:
    out = np.zeros_like(grad)
    out[saved] = grad[saved]
    return (out,)


def matmul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    if a.ndim == 1:
        by_a, by_b = matmul_backward(np.expand_dims(grad, -1 if b.ndim == 1 else -2), (a.reshape(1, -1), b))
        return np.squeeze(by_a, axis=-2), by_b
    if b.ndim == 1:
        by_a, by_b = matmul_backward(np.expand_dims(grad, -1), (a, b.reshape(-1, 1)))
        return by_a, np.squeeze(by_b, axis=-1)
    return run(matmul, grad, np.swapaxes(b, -1, -2))[0], run(matmul, np.swapaxes(a, -1, -2), grad)[0]


def matmul_backward_multiply_adds(m: int, k: int, n: int) -> int:
    return 2 * m * k * n


def reduce_sum_backward(grad: Array, saved: tuple[Shape, Shape]) -> tuple[Array]:
    shape, over = saved
    return (_keep(grad, shape, over) * np.ones(shape, grad.dtype),)


def reduce_max_backward(grad: Array, saved: tuple[Array, Shape]) -> tuple[Array]:
    mask, over = saved
    shares = mask / np.maximum(np.count_nonzero(mask, axis=over, keepdims=True), 1)
    return (np.where(mask, shares.astype(grad.dtype) * _keep(grad, mask.shape, over), grad.dtype.type(0)),)


def reshape_backward(grad: Array, saved: Shape) -> tuple[Array]:
    return (np.reshape(grad, saved),)


def permute_backward(grad: Array, saved: Shape) -> tuple[Array]:
    back = [0] * len(saved)
    for place, axis in enumerate(saved):
        back[axis] = place
    return (np.transpose(grad, back),)


def getitem_backward(grad: Array, saved: tuple[Shape, Any]) -> tuple[Array]:
    shape, index = saved
    size = int(np.prod(shape))
    places = np.asarray(np.arange(size).reshape(shape)[index])
    out = np.bincount(places.ravel(), weights=np.asarray(grad).ravel(), minlength=size)
    return (out.astype(grad.dtype).reshape(shape),)


def concatenate_backward(grad: Array, saved: tuple[int, tuple[int, ...]]) -> tuple[Array, ...]:
    axis, sizes = saved
    out, start = [], 0
    for size in sizes:
        out.append(grad[(slice(None),) * axis + (slice(start, start + size),)])
        start += size
    return tuple(out)


def topological_order(tensor: Tensor) -> list[Tensor]:
    return _Users(tensor).order(tensor)


def initial_gradient(tensor: Tensor, gradient: Any = None) -> Array:
    if not tensor.requires_grad:
        raise ValueError("backward(): nothing to do, this Tensor requires no gradient")
    if gradient is None and tensor.numel() != 1:
        raise ValueError(f"backward() needs a gradient for shape {tensor.shape}: it is not exactly one number")
    if gradient is None:
        return np.full(tensor.shape, 1, tensor.dtype)
    if isinstance(gradient, Tensor):
        gradient = gradient.numpy()
    out = as_array(gradient, tensor.dtype)
    if out.shape == tensor.shape:
        return out
    raise ValueError(f"gradient of shape {out.shape} for a Tensor of shape {tensor.shape}")


def gradients(tensor: Tensor, first: Array) -> Iterator[tuple[Tensor, Array]]:
    parts: dict[int, list[Array]] = defaultdict(list)
    parts[id(tensor)].append(first)
    for one in topological_order(tensor):
        mine = parts.pop(id(one), [])
        if not mine:
            continue
        whole = mine[0] if len(mine) == 1 else np.asarray(reduce(np.add, mine))
        del mine
        yield one, whole
        if one._op is not None:
            for parent, part in zip(one._parents, pull_back(one, whole), strict=True):
                if parent.requires_grad and part is not None:
                    part = unbroadcast(np.asarray(part), parent.shape)
                    parts[id(parent)].append(np.asarray(part, dtype=parent.dtype))
            part = None
        del whole


def backward(tensor: Tensor, gradient: Any = None) -> None:
    pairs = [
        (one, grad.copy())
        for one, grad in gradients(tensor, initial_gradient(tensor, gradient))
        if one.retains_grad or not one._parents
    ]
    sums = [(one, grad if one.grad is None else np.add(one.grad, grad).astype(one.dtype)) for one, grad in pairs]
    for one, total in sums:
        one.grad = np.asarray(total).reshape(one.shape)


@contextmanager
def no_grad() -> Iterator[None]:
    before, grad_mode.enabled = grad_mode.enabled, False
    try:
        yield
    finally:
        grad_mode.enabled = before


def numeric_gradients(
    fn: Callable[..., Tensor], inputs: Sequence[Tensor], upstream: Array, eps: float = 1e-6
) -> list[Array]:
    @no_grad()
    def height() -> float:
        return float(np.sum(fn(*inputs).data * upstream))

    def slope(flat: Any, place: int) -> float:
        was = flat[place].copy()
        heights = []
        try:
            for step in (eps, -eps):
                flat[place] = was + step
                heights.append(height())
        finally:
            flat[place] = was
        return (heights[0] - heights[1]) / (2 * eps)

    return [np.array([slope(x.data.flat, place) for place in range(x.numel())], np.float64).reshape(x.shape) for x in inputs]


def gradcheck(
    fn: Callable[..., Tensor],
    inputs: Tensor | Sequence[Tensor],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    if isinstance(inputs, Tensor):
        inputs = [inputs]
    inputs = list(inputs)
    chosen = {number: one for number, one in enumerate(inputs) if one.requires_grad}
    if not chosen:
        raise ValueError("gradcheck has nothing to check: no input has requires_grad")
    for number, one in chosen.items():
        if one.dtype != np.float64:
            raise TypeError(f"gradcheck wants float64, and input {number} is {one.dtype}")
    out = fn(*inputs)
    up = _weights(out.shape)
    got = {number: np.zeros(one.shape) for number, one in chosen.items()}
    for one, grad in gradients(out, up):
        for number, wanted in chosen.items():
            if one is wanted:
                got[number] = np.array(grad)
    want = numeric_gradients(lambda *_: fn(*inputs), list(chosen.values()), up, eps)
    for (number, mine), theirs in zip(got.items(), want, strict=True):
        for index in np.ndindex(mine.shape):
            if not abs(mine[index] - theirs[index]) <= atol + rtol * abs(theirs[index]):
                if raise_exception:
                    raise AssertionError(
                        f"input {number} at {index}: backward says {mine[index]}, differences say {theirs[index]}"
                    )
                return False
    return True


def graph_bytes(tensor: Tensor) -> int:
    order = topological_order(tensor)
    free = {id(_owner(one.data)) for one in order if not one._parents}
    kept: dict[int, int] = {}
    for one in order:
        if one._parents:
            for array in _arrays((one.data, one._saved)):
                kept[id(_owner(array))] = _owner(array).nbytes
    return sum(size for key, size in kept.items() if key not in free)
