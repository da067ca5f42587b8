def unbroadcast(grad: Array, shape: Shape) -> Array:
    shape = tuple(shape)
    try:
        fits = broadcast_shapes(shape, grad.shape) == grad.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"unbroadcast: shape {shape} does not broadcast to {grad.shape}, the shape of grad")
    missing = grad.ndim - len(shape)
    stretched = [missing + axis for axis, size in enumerate(shape) if size == 1 and grad.shape[missing + axis] != 1]
    over = (*range(missing), *stretched)
    return np.asarray(add_up(grad, over)).reshape(shape) if over else grad


def mul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    return grad * b, grad * a


def div_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    by_a = grad / b
    return by_a, -by_a * a / b


def power_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    with np.errstate(all="ignore"):
        by_a = np.where(b == 0, 0, grad * b * a ** (b - 1))
        by_b = np.where((a == 0) & (b >= 0), 0, grad * a**b * np.log(a))
    return by_a.astype(grad.dtype, copy=False), by_b.astype(grad.dtype, copy=False)


def clip_backward(grad: Array, saved: Array) -> tuple[Array]:
    return (np.where(saved, grad, 0).astype(grad.dtype, copy=False),)


def matmul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    a, b = saved
    left = a[np.newaxis, :] if a.ndim == 1 else a
    right = b[:, np.newaxis] if b.ndim == 1 else b
    if b.ndim == 1:
        grad = grad[..., np.newaxis]
    if a.ndim == 1:
        grad = grad[..., np.newaxis, :]
    by_a = run(matmul, grad, right.mT)[0]
    by_b = run(matmul, left.mT, grad)[0]
    if a.ndim == 1:
        by_a = by_a[..., 0, :]
    if b.ndim == 1:
        by_b = by_b[..., 0]
    return by_a, by_b


def matmul_backward_multiply_adds(m: int, k: int, n: int) -> int:
    return m * n * k + k * m * n


def reduce_sum_backward(grad: Array, saved: tuple[Shape, Shape]) -> tuple[Array]:
    shape, over = saved
    return (np.broadcast_to(_keep(grad, shape, over), shape),)


def reduce_max_backward(grad: Array, saved: tuple[Array, Shape]) -> tuple[Array]:
    mask, over = saved
    ties = mask.sum(axis=over, keepdims=True).astype(grad.dtype)
    kept = _keep(grad, mask.shape, over)
    share = kept / np.maximum(ties, 1)  # no ties at all where the maximum is nan
    return (np.where(mask, share, 0).astype(grad.dtype, copy=False),)


def reshape_backward(grad: Array, saved: Shape) -> tuple[Array]:
    return (grad.reshape(saved),)


def permute_backward(grad: Array, saved: Shape) -> tuple[Array]:
    return (grad.transpose(np.argsort(saved)),)


def getitem_backward(grad: Array, saved: tuple[Shape, Any]) -> tuple[Array]:
    shape, index = saved
    out = np.zeros(shape, dtype=grad.dtype)
    np.add.at(out, index, grad)
    return (out,)


def concatenate_backward(grad: Array, saved: tuple[int, tuple[int, ...]]) -> tuple[Array, ...]:
    axis, sizes = saved
    return tuple(np.split(grad, np.cumsum(sizes)[:-1], axis=axis))


def topological_order(tensor: Tensor) -> list[Tensor]:
    down: list[Tensor] = []
    seen: set[Tensor] = set()
    todo = [(tensor, False)]
    while todo:
        one, parents_done = todo.pop()
        if parents_done:
            down.append(one)
        elif one not in seen:
            seen.add(one)
            todo.append((one, True))
            todo.extend((parent, False) for parent in reversed(one._parents) if parent not in seen)
    return down[::-1]


def initial_gradient(tensor: Tensor, gradient: Any = None) -> Array:
    if not tensor.requires_grad:
        raise ValueError(
            f"backward: this Tensor of shape {tensor.shape} requires no gradient: no leaf that it was made from does, "
            "or it was made under no_grad"
        )
    if gradient is None:
        if tensor.numel() != 1:
            raise ValueError(f"backward: a Tensor of shape {tensor.shape} is not a single number: give backward(gradient)")
        return np.ones(tensor.shape, dtype=tensor.dtype)
    array = as_array(gradient.data if isinstance(gradient, Tensor) else gradient, tensor.dtype)
    if array.shape != tensor.shape:
        raise ValueError(f"backward: the gradient has shape {array.shape}, the Tensor {tensor.shape}; they must be equal")
    return array


def gradients(tensor: Tensor, first: Array) -> Iterator[tuple[Tensor, Array]]:
    waiting = {tensor: first}
    for one in topological_order(tensor):
        grad = waiting.pop(one, None)
        if grad is None:
            continue
        yield one, grad
        if one._op is None:
            continue
        parts = pull_back(one, grad)
        for parent, part in zip(one._parents, parts, strict=True):
            if part is None or not parent.requires_grad:
                continue
            mine = np.asarray(unbroadcast(np.asarray(part), parent.shape), dtype=parent.dtype)
            waiting[parent] = np.asarray(waiting[parent] + mine) if parent in waiting else mine


def backward(tensor: Tensor, gradient: Any = None) -> None:
    wanted = []
    for one, grad in gradients(tensor, initial_gradient(tensor, gradient)):
        if one.is_leaf or one.retains_grad:
            total = grad if one.grad is None else one.grad + grad
            wanted.append((one, np.array(total, dtype=one.dtype)))
    for one, total in wanted:
        if total.shape != one.shape:
            raise ValueError(f"backward: the .grad that was there does not fit shape {one.shape}")
    for one, total in wanted:
        one.grad = total


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
    found = []
    with no_grad():
        for one in inputs:
            slopes = np.zeros(one.shape)
            for index in np.ndindex(one.shape):
                kept = one.data[index]
                try:
                    one.data[index] = kept + eps
                    above = float((fn(*inputs).data * upstream).sum())
                    one.data[index] = kept - eps
                    below = float((fn(*inputs).data * upstream).sum())
                finally:
                    one.data[index] = kept
                slopes[index] = (above - below) / (2 * eps)
            found.append(slopes)
    return found


def gradcheck(
    fn: Callable[..., Tensor],
    inputs: Tensor | Sequence[Tensor],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    given = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    numbers = [n for n, one in enumerate(given) if one.requires_grad]
    if not numbers:
        raise ValueError("gradcheck: no input requires a gradient")
    for n in numbers:
        if given[n].dtype != np.float64:
            raise TypeError(f"gradcheck: input {n} is {given[n].dtype}; make it float64, differences need the digits")
    result = fn(*given)
    upstream = _weights(result.shape)
    walked = dict(gradients(result, upstream)) if result.requires_grad else {}
    numeric = numeric_gradients(lambda *_: fn(*given), [given[n] for n in numbers], upstream, eps)
    for n, want in zip(numbers, numeric, strict=True):
        got = walked.get(given[n], np.zeros(given[n].shape))
        wrong = np.argwhere(~np.isclose(got, want, rtol=rtol, atol=atol))
        if len(wrong):
            if not raise_exception:
                return False
            index = tuple(int(i) for i in wrong[0])
            raise AssertionError(
                f"gradcheck: input {n}, index {index}: backward says {got[index]:.8g}, "
                f"finite differences say {want[index]:.8g} ({len(wrong)} of {want.size} numbers differ)"
            )
    return True


def graph_bytes(tensor: Tensor) -> int:
    def buffer(array: Array) -> Array:
        while isinstance(array.base, np.ndarray):
            array = array.base
        return array

    leaves: dict[int, Array] = {}
    rest: dict[int, Array] = {}
    todo: list[Any] = []
    for one in topological_order(tensor):
        if one.is_leaf:
            leaves[id(buffer(one.data))] = one.data
        else:
            todo += [one.data, one._saved]
    while todo:
        value = todo.pop()
        if isinstance(value, np.ndarray):
            rest[id(buffer(value))] = buffer(value)
        elif isinstance(value, (tuple, list)):
            todo.extend(value)
        elif isinstance(value, dict):
            todo.extend(value.values())
    return sum(array.nbytes for key, array in rest.items() if key not in leaves)
