def unbroadcast(grad: Array, shape: Shape) -> Array:
    padded = (1,) * (grad.ndim - len(shape)) + tuple(shape)
    if len(shape) > grad.ndim or any(small not in (1, big) for small, big in zip(padded, grad.shape)):
        raise ValueError(f"unbroadcast: {tuple(shape)} was never broadcast to {grad.shape}")
    axes = tuple(i for i, (small, big) in enumerate(zip(padded, grad.shape)) if small != big)
    total = np.sum(grad, axis=axes, keepdims=True, dtype=np.float64)  # float32 alone loses digits over many rows
    return np.reshape(total.astype(grad.dtype), shape)


def mul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    return unbroadcast(grad * b, a.shape), unbroadcast(grad * a, b.shape)


def div_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    return unbroadcast(grad / b, a.shape), unbroadcast(-grad * a / (b * b), b.shape)


def power_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    with np.errstate(all="ignore"):
        da = grad * b * a ** np.where(b == 0, 1, b - 1)
        db = grad * a**b * np.log(np.where((a == 0) & (b >= 0), 1, a))
    return da, db


def clip_backward(grad: Array, saved: Array) -> tuple[Array]:
    return (np.select([saved], [grad], np.zeros((), grad.dtype)),)


def matmul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    rows = a.reshape(1, -1) if a.ndim == 1 else a
    columns = b.reshape(-1, 1) if b.ndim == 1 else b
    batch = broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    g = grad.reshape(*batch, rows.shape[-2], columns.shape[-1])
    da = run(matmul, g, np.swapaxes(columns, -1, -2))[0]
    db = run(matmul, np.swapaxes(rows, -1, -2), g)[0]
    return unbroadcast(da, rows.shape).reshape(a.shape), unbroadcast(db, columns.shape).reshape(b.shape)


def matmul_backward_multiply_adds(m: int, k: int, n: int) -> int:
    return 2 * m * k * n


def reduce_sum_backward(grad: Array, saved: tuple[Shape, Shape]) -> tuple[Array]:
    shape, over = saved
    if grad.ndim < len(shape):
        grad = np.expand_dims(grad, over)
    return (np.broadcast_to(grad, shape).copy(),)


def reduce_max_backward(grad: Array, saved: tuple[Array, Shape]) -> tuple[Array]:
    mask, over = saved
    if grad.ndim < mask.ndim:
        grad = np.expand_dims(grad, over)
    with np.errstate(all="ignore"):
        return ((mask * grad / np.count_nonzero(mask, axis=over, keepdims=True)).astype(grad.dtype),)


def reshape_backward(grad: Array, saved: Shape) -> tuple[Array]:
    return (np.reshape(grad, saved),)


def permute_backward(grad: Array, saved: Shape) -> tuple[Array]:
    return (np.moveaxis(grad, range(grad.ndim), saved),)


def getitem_backward(grad: Array, saved: tuple[Shape, Any]) -> tuple[Array]:
    shape, index = saved
    out = np.zeros_like(grad, shape=shape)
    basic = index if isinstance(index, tuple) else (index,)
    if all(part is None or part is ... or isinstance(part, (int, slice)) for part in basic):
        out[index] += grad
    else:
        np.add.at(out, index, grad)
    return (out,)


def concatenate_backward(grad: Array, saved: tuple[int, tuple[int, ...]]) -> tuple[Array, ...]:
    axis, sizes = saved
    ends = np.cumsum(sizes)
    return tuple(np.take(grad, range(end - size, end), axis=axis) for size, end in zip(sizes, ends))


def topological_order(tensor: Tensor) -> list[Tensor]:
    order, done, path = [], {tensor}, [(tensor, iter(tensor._parents))]
    while path:
        node, rest = path[-1]
        for parent in rest:
            if parent not in done:
                done.add(parent)
                path.append((parent, iter(parent._parents)))
                break
        else:
            order.append(node)
            path.pop()
    order.reverse()
    return order


def initial_gradient(tensor: Tensor, gradient: Any = None) -> Array:
    if not tensor.requires_grad:
        raise ValueError(
            f"backward: this Tensor of shape {tensor.shape} requires no gradient. Nothing it was made from has "
            "requires_grad=True, or it was made under no_grad, or by a detour over .data"
        )
    if gradient is None:
        if tensor.numel() != 1:
            raise ValueError(
                f"backward: this Tensor has shape {tensor.shape}, and only for a single number is the gradient 1 by itself: "
                "take a sum or mean first, or give backward() a gradient of that shape"
            )
        return np.ones(tensor.shape, tensor.dtype)
    first = as_array(gradient.data if isinstance(gradient, Tensor) else gradient, tensor.dtype)
    if first.shape != tensor.shape:
        raise ValueError(f"backward: the gradient has shape {first.shape}, the Tensor {tensor.shape}; they must be equal")
    return first


def gradients(tensor: Tensor, first: Array) -> Iterator[tuple[Tensor, Array]]:
    so_far = dict.fromkeys([tensor], first)
    for node in topological_order(tensor):
        if node in so_far:
            grad = np.asarray(so_far.pop(node))
            yield node, grad
            parts = () if node.is_leaf else pull_back(node, grad)
            for parent, part in zip(node._parents, parts):
                if parent.requires_grad and part is not None:
                    fitting = unbroadcast(np.array(part, dtype=parent.dtype), parent.shape)
                    so_far[parent] = so_far.get(parent, 0) + fitting


def backward(tensor: Tensor, gradient: Any = None) -> None:
    new = {}
    for one, grad in gradients(tensor, initial_gradient(tensor, gradient)):
        if one.is_leaf or one.retains_grad:
            new[one] = np.array(grad if one.grad is None else one.grad + grad, dtype=one.dtype)
    for one in new:
        one.grad = new[one]


@contextmanager
def no_grad() -> Iterator[None]:
    before = grad_mode.enabled
    grad_mode.enabled = False
    try:
        yield
    finally:
        grad_mode.enabled = before


def numeric_gradients(
    fn: Callable[..., Tensor], inputs: Sequence[Tensor], upstream: Array, eps: float = 1e-6
) -> list[Array]:
    def weighted() -> float:
        with no_grad():
            return float((fn(*inputs).data * upstream).sum())

    found = []
    for one in inputs:
        slopes = []
        for index in np.ndindex(one.shape):
            here = one.data[index]
            try:
                one.data[index] = here + eps
                above = weighted()
                one.data[index] = here - eps
                below = weighted()
            finally:
                one.data[index] = here
            slopes.append((above - below) / (2 * eps))
        found.append(np.reshape(slopes, one.shape))
    return found


def gradcheck(
    fn: Callable[..., Tensor],
    inputs: Tensor | Sequence[Tensor],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    inputs = (inputs,) if isinstance(inputs, Tensor) else inputs
    wanted = [(number, one) for number, one in enumerate(inputs) if one.requires_grad]
    if not wanted:
        raise ValueError("gradcheck: no input has requires_grad=True, so there is nothing to check")
    for number, one in wanted:
        if one.dtype != np.float64:
            raise TypeError(f"gradcheck needs float64, and input {number} is {one.dtype}: Tensor(…, dtype=np.float64)")
    result = fn(*inputs)
    upstream = _weights(result.shape)
    walked = dict(gradients(result, upstream))
    numeric = numeric_gradients(lambda *_: fn(*inputs), [one for _, one in wanted], upstream, eps)
    for (number, one), right in zip(wanted, numeric, strict=True):
        mine = np.asarray(walked.get(one, np.zeros(one.shape)))
        wrong = np.argwhere(~np.isclose(mine, right, rtol=rtol, atol=atol))
        if len(wrong):
            if not raise_exception:
                return False
            index = tuple(int(i) for i in wrong[0])
            raise AssertionError(
                f"gradcheck: input {number}, {len(wrong)} of {one.numel()} numbers, the first at index {index}: "
                f"backward says {mine[index]:.8g}, finite differences say {right[index]:.8g}"
            )
    return True


def graph_bytes(tensor: Tensor) -> int:
    def buffers(value: Any) -> Iterator[Array]:
        if isinstance(value, np.ndarray):
            while isinstance(value.base, np.ndarray):
                value = value.base
            yield value
        elif isinstance(value, (tuple, list, dict)):
            for part in value.values() if isinstance(value, dict) else value:
                yield from buffers(part)

    order = topological_order(tensor)
    given = {id(array) for one in order if one.is_leaf for array in buffers(one.data)}
    kept = {id(array): array.nbytes for one in order for array in buffers((one.data, one._saved))}
    return sum(size for key, size in kept.items() if key not in given)
