def unbroadcast(grad: Array, shape: Shape) -> Array:
    missing = grad.ndim - len(shape)
    if broadcast_shapes(shape, grad.shape) != grad.shape:
        raise ValueError(f"shapes {shape} and {grad.shape} do not fit")
    out = grad
    for _ in range(missing):
        out = add_up(np.asarray(out), (0,))
    for axis, size in enumerate(shape):
        if size == 1 and out.shape[axis] != 1:
            out = add_up(out, (axis,), True)
    return np.asarray(out)


def mul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    return grad * b, grad * a


def div_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    da = grad / b
    return da, -da * (a / b)


def power_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    by_a, by_b = np.empty_like(grad), np.empty_like(grad)
    for at in np.ndindex(grad.shape):
        p, q, g = (np.broadcast_to(x, grad.shape)[at] for x in (a, b, grad))
        with np.errstate(all="ignore"):
            by_a[at] = 0 * g if q == 0 else g * q * p ** (q - 1)
            by_b[at] = 0 * g if p == 0 and q >= 0 else g * p**q * np.log(p)
    return by_a, by_b


def clip_backward(grad: Array, saved: Array) -> tuple[Array]:
    return (np.where(saved, grad, 0),)


def matmul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    a2 = a[None] if a.ndim == 1 else a
    b2 = b[:, None] if b.ndim == 1 else b
    g = grad
    if a.ndim == 1 and b.ndim == 1:
        g = grad.reshape(1, 1)
    elif a.ndim == 1:
        g = np.expand_dims(grad, -2)
    elif b.ndim == 1:
        g = np.expand_dims(grad, -1)
    da, db = run(matmul, g, b2.swapaxes(-1, -2))[0], run(matmul, a2.swapaxes(-1, -2), g)[0]
    return (da.squeeze(-2) if a.ndim == 1 else da), (db.squeeze(-1) if b.ndim == 1 else db)


def matmul_backward_multiply_adds(m: int, k: int, n: int) -> int:
    return 2 * m * k * n


def reduce_sum_backward(grad: Array, saved: tuple[Shape, Shape]) -> tuple[Array]:
    shape, over = saved
    return (np.broadcast_to(_keep(grad, shape, over), shape),)


def reduce_max_backward(grad: Array, saved: tuple[Array, Shape]) -> tuple[Array]:
    mask, over = saved
    ties = mask.sum(axis=over, keepdims=True, dtype=grad.dtype)  # subtle: float32 / int64 is float64
    with np.errstate(invalid="ignore", divide="ignore"):  # a maximum that is nan equals nothing: no ties, 0 / 0
        return (_keep(grad, mask.shape, over) / ties * mask,)


def reshape_backward(grad: Array, saved: Shape) -> tuple[Array]:
    return (grad.reshape(saved),)


def permute_backward(grad: Array, saved: Shape) -> tuple[Array]:
    return (grad.transpose(np.argsort(saved)),)


def getitem_backward(grad: Array, saved: tuple[Shape, Any]) -> tuple[Array]:
    shape, index = saved
    out = np.zeros(shape, grad.dtype)
    flat = np.arange(out.size).reshape(shape)[index]
    for place, g in zip(np.ravel(flat), np.ravel(grad)):
        out.flat[place] += g
    return (out,)


def concatenate_backward(grad: Array, saved: tuple[int, tuple[int, ...]]) -> tuple[Array, ...]:
    axis, sizes = saved
    return tuple(np.split(grad, np.cumsum(sizes)[:-1], axis=axis))


def topological_order(tensor: Tensor) -> list[Tensor]:
    order: list[Tensor] = []
    seen: set[Tensor] = set()
    stack = [(tensor, False)]
    while stack:
        node, parents_are_down = stack.pop()
        if parents_are_down:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((parent, False) for parent in reversed(node._parents))  # the first one first
    return order[::-1]


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
    found, sums = [], {id(tensor): first}
    for node in topological_order(tensor):
        if id(node) not in sums:
            continue
        grad = sums.pop(id(node))
        if node.is_leaf or node.retains_grad or node is tensor or True:
            yield node, grad
        parts = pull_back(node, grad) if node._parents else ()
        for parent, part in zip(node._parents, parts):
            if part is None or not parent.requires_grad:
                continue
            part = unbroadcast(np.asarray(part), parent.shape)
            old = sums.get(id(parent))
            sums[id(parent)] = np.array(part, parent.dtype) if old is None else np.add(old, part, dtype=parent.dtype)


def backward(tensor: Tensor, gradient: Any = None) -> None:
    start = initial_gradient(tensor, gradient)
    arrived = [
        (one, np.array(grad))  # np.array copies, and makes an array of a NumPy scalar
        for one, grad in gradients(tensor, start)
        if one.is_leaf or one.retains_grad
    ]
    for one, grad in arrived:
        one.grad = grad if one.grad is None else np.asarray(one.grad + grad)


@contextmanager
def no_grad() -> Iterator[None]:
    mode = grad_mode.__dict__
    before = grad_mode.enabled
    mode["enabled"] = False
    try:
        yield
    finally:
        mode["enabled"] = before


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
