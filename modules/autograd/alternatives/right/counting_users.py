def unbroadcast(grad: Array, shape: Shape) -> Array:
    if broadcast_shapes(grad.shape, shape) != tuple(grad.shape):
        raise ValueError(f"{shape} does not broadcast to {grad.shape}")
    while grad.ndim > len(shape):
        grad = add_up(grad, (0,))
    for axis in range(len(shape)):
        if shape[axis] == 1:
            grad = add_up(grad, (axis,), keepdims=True)
    return grad


def mul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    return tuple(grad * other for other in saved[::-1])


def div_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    return grad / b, -grad * a / b**2


def power_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    with np.errstate(all="ignore"):
        slope_a = np.asarray(b * np.power(a, b - 1))
        np.copyto(slope_a, 0, where=b == 0)
        slope_b = np.asarray(np.power(a, b) * np.log(a))
        np.copyto(slope_b, 0, where=(a == 0) & (b >= 0))
        return grad * slope_a, grad * slope_b


def clip_backward(grad: Array, saved: Array) -> tuple[Array]:
    out = np.zeros_like(grad)
    out[saved] = grad[saved]
    return (out,)


def matmul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    if a.ndim == 1 and b.ndim == 1:
        return grad * b, grad * a
    if a.ndim == 1:
        da, db = matmul_backward(grad[..., np.newaxis, :], (a[np.newaxis], b))
        return np.squeeze(da, -2), db
    if b.ndim == 1:
        da, db = matmul_backward(grad[..., np.newaxis], (a, b[:, np.newaxis]))
        return da, np.squeeze(db, -1)
    return run(matmul, grad, np.moveaxis(b, -1, -2))[0], run(matmul, np.moveaxis(a, -1, -2), grad)[0]


def matmul_backward_multiply_adds(m: int, k: int, n: int) -> int:
    return m * n * k + k * m * n


def reduce_sum_backward(grad: Array, saved: tuple[Shape, Shape]) -> tuple[Array]:
    return (_keep(grad, *saved) * np.ones(saved[0], grad.dtype),)


def reduce_max_backward(grad: Array, saved: tuple[Array, Shape]) -> tuple[Array]:
    mask, over = saved
    share = mask.astype(grad.dtype)
    with np.errstate(all="ignore"):
        return (share / share.sum(axis=over, keepdims=True) * _keep(grad, mask.shape, over),)


def reshape_backward(grad: Array, saved: Shape) -> tuple[Array]:
    return (grad.reshape(saved),)


def permute_backward(grad: Array, saved: Shape) -> tuple[Array]:
    back = [0] * len(saved)
    for here, there in enumerate(saved):
        back[there] = here
    return (grad.transpose(back),)


def getitem_backward(grad: Array, saved: tuple[Shape, Any]) -> tuple[Array]:
    shape, index = saved
    count = int(np.prod(shape))
    places = np.arange(count).reshape(shape)[index]
    out = np.bincount(places.ravel(), weights=np.ravel(grad), minlength=count)[:count]
    return (out.reshape(shape).astype(grad.dtype),)


def concatenate_backward(grad: Array, saved: tuple[int, tuple[int, ...]]) -> tuple[Array, ...]:
    axis, sizes = saved
    parts, start = [], 0
    for size in sizes:
        parts.append(grad[(slice(None),) * axis + (slice(start, start + size),)])
        start += size
    return tuple(parts)


def topological_order(tensor: Tensor) -> list[Tensor]:
    users, found = {tensor: 0}, [tensor]
    for node in found:
        for parent in node._parents:
            if parent not in users:
                users[parent] = 0
                found.append(parent)
            users[parent] += 1
    ready, order = [tensor], []
    while ready:
        node = ready.pop()
        order.append(node)
        for parent in node._parents:
            users[parent] -= 1
            if users[parent] == 0:
                ready.append(parent)
    return order


def initial_gradient(tensor: Tensor, gradient: Any = None) -> Array:
    if not tensor.requires_grad:
        raise ValueError(f"no gradient is wanted here, shape {tensor.shape}")
    if gradient is None and tensor.numel() == 1:
        gradient = np.ones(tensor.shape)
    if gradient is None:
        raise ValueError(f"shape {tensor.shape} needs a gradient")
    start = np.array(gradient.data if isinstance(gradient, Tensor) else gradient, dtype=tensor.dtype)
    if start.shape != tensor.shape:
        raise ValueError(f"{start.shape} is not {tensor.shape}")
    return start


def gradients(tensor: Tensor, first: Array) -> Iterator[tuple[Tensor, Array]]:
    parts = {id(tensor): [first]}
    for node in topological_order(tensor):
        mine = parts.pop(id(node), None)
        if mine is None:
            continue
        grad = mine[0]
        for more in mine[1:]:
            grad = grad + more
        del mine
        yield node, np.asarray(grad)
        if node._parents:
            for parent, part in zip(node._parents, pull_back(node, grad), strict=True):
                if part is not None and parent.requires_grad:
                    part = unbroadcast(np.asarray(part), parent.shape)
                    parts.setdefault(id(parent), []).append(part.astype(parent.dtype))


def backward(tensor: Tensor, gradient: Any = None) -> None:
    arrived = []
    for one, grad in gradients(tensor, initial_gradient(tensor, gradient)):
        if one.is_leaf or one.retains_grad:
            total = np.zeros(one.shape, one.dtype) if one.grad is None else one.grad.copy()
            total += grad
            arrived.append((one, total))
    for one, total in arrived:
        one.grad = total


@contextmanager
def no_grad() -> Iterator[None]:
    was, grad_mode.enabled = grad_mode.enabled, False
    try:
        yield
    finally:
        grad_mode.enabled = was


def numeric_gradients(
    fn: Callable[..., Tensor], inputs: Sequence[Tensor], upstream: Array, eps: float = 1e-6
) -> list[Array]:
    def value():
        with no_grad():
            return np.sum(fn(*inputs).data * upstream)

    answers = []
    for one in inputs:
        original = one.data
        slopes = np.empty(original.shape)
        try:
            for index in np.ndindex(original.shape):
                ends = []
                for step in (eps, -eps):
                    one.data = original.copy()
                    one.data[index] += step
                    ends.append(value())
                slopes[index] = (ends[0] - ends[1]) / (eps + eps)
        finally:
            one.data = original
        answers.append(slopes)
    return answers


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
    checked = [n for n, one in enumerate(inputs) if one.requires_grad]
    if not checked:
        raise ValueError("nothing requires a gradient")
    for n in checked:
        if inputs[n].dtype != np.float64:
            raise TypeError(f"input {n} is {inputs[n].dtype}, float64 is needed")
    out = fn(*inputs)
    weights = np.random.default_rng(99).normal(size=out.shape)
    walked = {id(one): grad for one, grad in gradients(out, weights)}
    for n, want in zip(checked, numeric_gradients(lambda *_: fn(*inputs), [inputs[n] for n in checked], weights, eps)):
        got = walked.get(id(inputs[n]), np.zeros(inputs[n].shape))
        for index in np.ndindex(want.shape):
            if not abs(got[index] - want[index]) <= atol + rtol * abs(want[index]):
                if raise_exception:
                    raise AssertionError(f"input {n} at {index}: {got[index]} instead of {want[index]}")
                return False
    return True


def graph_bytes(tensor: Tensor) -> int:
    def owner(array):
        while isinstance(array.base, np.ndarray):
            array = array.base
        return array

    order = topological_order(tensor)
    leaves = [id(owner(one.data)) for one in order if not one._parents]
    total, todo = {}, [x for one in order for x in (one.data, one._saved)]
    while todo:
        x = todo.pop()
        if isinstance(x, np.ndarray):
            total[id(owner(x))] = owner(x).nbytes
        elif isinstance(x, dict):
            todo.extend(x.values())
        elif isinstance(x, (list, tuple)):
            todo.extend(x)
    return sum(n for key, n in total.items() if key not in leaves)
