import heapq
from contextlib import ContextDecorator


class _Forgetting(ContextDecorator):
    """Grad mode off while it lasts. Each use of it as a decorator gets an object of its own."""

    def _recreate_cm(self) -> _Forgetting:
        return _Forgetting()

    def __enter__(self) -> None:
        self.before = grad_mode.enabled
        grad_mode.enabled = False

    def __exit__(self, *exception: Any) -> None:
        grad_mode.enabled = self.before


class _Sums:
    """Arrays of its own into which gradients are added, one for each tensor."""

    def __init__(self) -> None:
        self.arrays: dict[Tensor, Array] = {}

    def add(self, one: Tensor, part: Any) -> None:
        part = unbroadcast(np.asarray(part), one.shape)
        if one in self.arrays:
            self.arrays[one][...] += part
        else:
            self.arrays[one] = np.array(part, dtype=one.dtype)

    def take(self, one: Tensor) -> Array | None:
        return self.arrays.pop(one, None)


def _heights(tensor: Tensor) -> dict[Tensor, int]:
    """How many ops the longest way from a leaf to each tensor has. Depth first, with a stack of iterators."""
    height: dict[Tensor, int] = {}
    way = [(tensor, iter(tensor._parents))]
    on_the_way = {tensor}
    while way:
        one, rest = way[-1]
        for parent in rest:
            if parent not in on_the_way:
                on_the_way.add(parent)
                way.append((parent, iter(parent._parents)))
                break
        else:
            way.pop()
            height[one] = 1 + max((height[parent] for parent in one._parents), default=-1)
    return height


def unbroadcast(grad: Array, shape: Shape) -> Array:
    wanted = tuple(shape)
    name = f"unbroadcast: {wanted} is not a shape that broadcasts to {grad.shape}"
    if len(wanted) > grad.ndim:
        raise ValueError(name)
    for size, its in zip(wanted[::-1], grad.shape[::-1], strict=False):
        if size != its and size != 1:
            raise ValueError(name)
    out = grad
    while out.ndim > len(wanted):
        out = np.asarray(add_up(out, (0,)))
    for axis, size in enumerate(wanted):
        if size != out.shape[axis]:
            out = add_up(out, (axis,), True)
    return out


def mul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    return np.multiply(grad, saved[1]), np.multiply(grad, saved[0])


def div_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    return grad * (1 / b), grad * (-a / (b * b))


def power_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    with np.errstate(all="ignore"):
        slope_a = b * np.power(a, b - 1)
        slope_b = np.power(a, b) * np.log(a)
        slope_a = np.where(b == 0, np.zeros_like(slope_a), slope_a)
        slope_b = np.where((a == 0) & (b >= 0), np.zeros_like(slope_b), slope_b)
        return grad * slope_a, grad * slope_b


def clip_backward(grad: Array, saved: Array) -> tuple[Array]:
    return (np.choose(saved, [np.zeros_like(grad), grad]),)


def matmul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    left, right = np.atleast_2d(a), b if b.ndim > 1 else b.reshape(-1, 1)
    batch = broadcast_shapes(left.shape[:-2], right.shape[:-2])
    grad = grad.reshape((*batch, left.shape[-2], right.shape[-1]))  # lent axes come back with size 1
    da = run(matmul, grad, right.mT)[0]
    db = run(matmul, left.mT, grad)[0]
    if a.ndim == 1:
        da = da.reshape((*da.shape[:-2], a.shape[0]))
    if b.ndim == 1:
        db = db.reshape((*db.shape[:-2], b.shape[0]))
    return da, db


def matmul_backward_multiply_adds(m: int, k: int, n: int) -> int:
    for_a = m * n * k  # (m, n) @ (n, k)
    for_b = k * m * n  # (k, m) @ (m, n)
    return for_a + for_b


def reduce_sum_backward(grad: Array, saved: tuple[Shape, Shape]) -> tuple[Array]:
    shape, over = saved
    out = _keep(grad, shape, over)
    for axis in over:
        out = np.repeat(out, shape[axis], axis=axis)
    return (out,)


def reduce_max_backward(grad: Array, saved: tuple[Array, Shape]) -> tuple[Array]:
    mask, over = saved
    ones = mask.astype(grad.dtype)
    ties = ones.sum(axis=over, keepdims=True)
    ties[ties == 0] = 1
    out = np.zeros(mask.shape, grad.dtype)
    np.copyto(out, np.broadcast_to(_keep(grad, mask.shape, over) / ties, mask.shape), where=mask)
    return (out,)


def reshape_backward(grad: Array, saved: Shape) -> tuple[Array]:
    return (grad.reshape(tuple(saved)).copy(),)


def permute_backward(grad: Array, saved: Shape) -> tuple[Array]:
    return (np.moveaxis(grad, tuple(range(grad.ndim)), saved) if saved else grad,)


def getitem_backward(grad: Array, saved: tuple[Shape, Any]) -> tuple[Array]:
    shape, index = saved
    out = np.zeros(shape, dtype=grad.dtype)
    flat = out.reshape(-1)  # a view: out is new and contiguous
    places = np.asarray(np.arange(out.size).reshape(shape)[index]).ravel()
    if places.size:
        by_place = np.argsort(places, kind="stable")
        sorted_places = places[by_place]
        starts = np.flatnonzero(np.r_[True, sorted_places[1:] != sorted_places[:-1]])
        flat[sorted_places[starts]] = np.add.reduceat(np.asarray(grad).ravel()[by_place], starts)
    return (out,)


def concatenate_backward(grad: Array, saved: tuple[int, tuple[int, ...]]) -> tuple[Array, ...]:
    axis, sizes = saved
    ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
    along = np.moveaxis(grad, axis, 0)
    return tuple(np.moveaxis(along[end - size : end], 0, axis) for end, size in zip(ends, sizes, strict=True))


def topological_order(tensor: Tensor) -> list[Tensor]:
    height = _heights(tensor)
    heap = [(-h, number, one) for number, (one, h) in enumerate(height.items())]
    heapq.heapify(heap)
    return [heapq.heappop(heap)[2] for _ in range(len(heap))]


def initial_gradient(tensor: Tensor, gradient: Any = None) -> Array:
    if not tensor.requires_grad:
        raise ValueError("this Tensor requires no gradient, so there is no way back")
    if gradient is None:
        if tensor.numel() == 1:
            gradient = np.ones(tensor.shape)
        else:
            raise ValueError(f"a gradient must be given, since the shape {tensor.shape} is not one number")
    values = as_array(gradient.data if isinstance(gradient, Tensor) else gradient, dtype=tensor.dtype)
    if values.shape != tensor.shape:
        raise ValueError(f"got a gradient of shape {values.shape}, it must be {tensor.shape}")
    return values


def gradients(tensor: Tensor, first: Array) -> Iterator[tuple[Tensor, Array]]:
    sums = _Sums()
    sums.add(tensor, first)
    for one in topological_order(tensor):
        grad = sums.take(one)
        if grad is not None:
            yield one, grad
            for parent, part in zip(one._parents, pull_back(one, grad) if one._parents else (), strict=True):
                if parent.requires_grad and part is not None:
                    sums.add(parent, part)


def backward(tensor: Tensor, gradient: Any = None) -> None:
    found: dict[Tensor, Array] = {}
    for one, grad in gradients(tensor, initial_gradient(tensor, gradient)):
        if one._op is None or one.retains_grad:
            fresh = np.zeros(one.shape, one.dtype) if one.grad is None else np.array(one.grad, dtype=one.dtype)
            fresh[...] += grad
            found[one] = fresh
    for one, fresh in found.items():
        one.grad = fresh


def no_grad() -> Iterator[None]:
    return _Forgetting()


def numeric_gradients(
    fn: Callable[..., Tensor], inputs: Sequence[Tensor], upstream: Array, eps: float = 1e-6
) -> list[Array]:
    def measured() -> float:
        with no_grad():
            return float(np.vdot(fn(*inputs).data, upstream))

    answer = []
    for one in inputs:
        out = np.empty(one.shape)
        places = np.unravel_index(np.arange(out.size), out.shape) if out.ndim else ()
        for where in zip(*places, strict=True) if out.ndim else [()]:
            original = one.data[where]
            try:
                one.data[where] = original + eps
                up = measured()
                one.data[where] = original - eps
                down = measured()
                out[where] = (up - down) / (2 * eps)
            finally:
                one.data[where] = original
        answer.append(out)
    return answer


def gradcheck(
    fn: Callable[..., Tensor],
    inputs: Tensor | Sequence[Tensor],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    every = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    if not any(one.requires_grad for one in every):
        raise ValueError("none of the inputs requires a gradient")
    if bad := [n for n, one in enumerate(every) if one.requires_grad and one.dtype != np.float64]:
        raise TypeError(f"inputs {bad} are not float64")
    result = fn(*every)
    weights = _weights(result.shape)
    mine = {one: grad.copy() for one, grad in gradients(result, weights)} if result.requires_grad else {}
    wrong: list[str] = []
    for n, one in enumerate(every):
        if one.requires_grad:
            got = mine.get(one, np.zeros(one.shape))
            (want,) = numeric_gradients(lambda _: fn(*every), [one], weights, eps)
            good = np.isclose(got, want, rtol=rtol, atol=atol)
            wrong += [
                f"input {n}, index {index}: the walk {got[index]!r}, differences {want[index]!r}"
                for index in np.ndindex(good.shape)
                if not good[index]
            ]
    if wrong and raise_exception:
        raise AssertionError("; ".join(wrong[:3]))
    return not wrong


def graph_bytes(tensor: Tensor) -> int:
    def root(array: Array) -> Array:
        base = array.base
        return array if not isinstance(base, np.ndarray) else root(base)

    leaves: dict[int, Array] = {}
    others: dict[int, Array] = {}

    def note(value: Any) -> None:
        if isinstance(value, np.ndarray):
            others[id(root(value))] = root(value)
        elif isinstance(value, (list, tuple)):
            for item in value:
                note(item)
        elif isinstance(value, dict):
            note(list(value.values()))

    for one in topological_order(tensor):
        if one.is_leaf:
            leaves[id(root(one.data))] = root(one.data)
        else:
            note([one.data, one._saved])
    return sum(others[key].nbytes for key in others.keys() - leaves.keys())
