import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce


def as_array(data: Any, dtype: Any = None) -> Array:
    def shape_of(part: Any) -> Shape:
        """Walk down the lists; complain at the first thing that is no number, or at rows of different shapes."""
        if isinstance(part, (list, tuple)):
            shapes = {shape_of(inner) for inner in part}
            if len(shapes) > 1:
                raise ValueError(f"ragged: parts of the shapes {sorted(shapes)} beside each other")
            return (len(part), *next(iter(shapes), ()))
        if isinstance(part, (bool, int, float)):
            return ()
        leaf = np.asarray(part)
        if leaf.dtype.kind not in "fiub":
            raise TypeError(f"numbers are wanted, got {leaf.dtype}")
        return leaf.shape

    shape_of(data)
    found = np.array(data)
    wanted = found.dtype if dtype is None else np.dtype(dtype)
    if found.dtype == object or wanted.kind not in "fiub":
        raise TypeError(f"{wanted} cannot hold these")
    return found.astype(wanted)


def broadcast_shapes(*shapes: Shape) -> Shape:
    def two(a: Shape, b: Shape) -> Shape:
        if not a or not b:
            return a or b
        if a[-1] != b[-1] and 1 not in (a[-1], b[-1]):
            raise ValueError("cannot broadcast " + " with ".join(f"{tuple(shape)}" for shape in shapes))
        return (*two(a[:-1], b[:-1]), b[-1] if a[-1] == 1 else a[-1])

    result: Shape = ()
    for shape in shapes:
        result = two(result, tuple(shape))
    return result


def broadcast_to(a: Array, shape: Shape) -> Array:
    shape = tuple(shape)
    if broadcast_shapes(a.shape, shape) != shape:
        raise ValueError(f"cannot broadcast {a.shape} to {shape}")

    def grow(part: Array, wanted: Shape) -> Any:
        """Nested lists of the shape `wanted`."""
        if not wanted:
            return part[()]
        if part.ndim < len(wanted):
            return [grow(part, wanted[1:]) for _ in range(wanted[0])]
        return [grow(part[0 if part.shape[0] == 1 else i], wanted[1:]) for i in range(wanted[0])]

    return np.array(grow(a, shape), a.dtype).reshape(shape)


def axes(dim: Dims, ndim: int) -> Shape:
    front = dict(zip(range(-ndim, ndim), [*range(ndim)] * 2))
    asked = front.values() if dim is None else dim if isinstance(dim, Iterable) else [dim]
    result: Shape = ()
    for d in list(asked)[: ndim if dim is None else None]:
        if d not in front:
            raise IndexError(f"there is no dim {d} with ndim = {ndim}")
        if front[d] in result:
            raise ValueError(f"the axis {front[d]} comes twice in {dim}")
        result += (front[d],)
    return result


def add(a: Array, b: Array) -> tuple[Array, Any]:
    a, b = promote(a, b)
    return a + b, None


def mul(a: Array, b: Array) -> tuple[Array, Any]:
    a, b = promote(a, b)
    return a * b, (a, b)


def div(a: Array, b: Array) -> tuple[Array, Any]:
    a, b = promote(as_float(a), as_float(b))
    return a / b, (a, b)


def exp(a: Array) -> tuple[Array, Any]:
    a = as_float(a)
    wide = np.exp(a, dtype=np.result_type(a, np.float64))
    out = wide.astype(a.dtype)
    return out, out


def clip(a: Array, min: float | None = None, max: float | None = None) -> tuple[Array, Any]:
    if (min, max) == (None, None):
        raise ValueError("clip without min and without max does nothing")
    low = -np.inf if min is None else min
    high = np.inf if max is None else max
    if a.dtype.kind == "f":
        low, high = a.dtype.type(low), a.dtype.type(high)
    out = np.where(a > high, high, np.where(a < low, low, a) if low <= high else high).astype(a.dtype)
    return out, np.asarray((a >= low) & (a <= high) | (a != a))


def compare(a: Array, b: Array, how: np.ufunc) -> tuple[Array, Any]:
    a, b = promote(a, b)
    return how(a, b), None


def matmul_multiply_adds(m: int, k: int, n: int) -> int:
    return math.prod((m, n, k))


def matmul_bytes(m: int, k: int, n: int, itemsize: int = 4) -> int:
    return sum(rows * columns * itemsize for rows, columns in ((m, k), (k, n), (m, n)))


def matmul_loops(a: Array, b: Array) -> Array:
    m, k, n = *a.shape, b.shape[1]
    dtype = np.result_type(a, b)
    out = np.empty((m, n), dtype)
    for i in range(m):
        for j in range(n):
            total = dtype.type(0) if dtype != object else 0
            for p in range(k):
                total = total + a[i, p] * b[p, j]
            out[i, j] = total
    return out


def matmul_rows(a: Array, b: Array) -> Array:
    dtype = np.result_type(a, b)
    rows = (np.add.reduce(np.multiply(row[:, None], b), axis=0) for row in a)
    return np.array([row.astype(dtype) for row in rows], dtype).reshape(len(a), b.shape[1])


def matmul(a: Array, b: Array) -> tuple[Array, Any]:
    a, b = promote(a, b)

    def times(x: Array, y: Array) -> Array:
        """Recursion over the axes in front: the one that has more of them, or both, is taken apart."""
        if x.ndim == y.ndim == 2:
            return matmul_rows(x, y)
        batch = broadcast_shapes(x.shape[:-2], y.shape[:-2])
        shape = (*batch, x.shape[-2], y.shape[-1])
        xs = [x] * batch[0] if x.ndim < len(shape) else [x[0]] * batch[0] if len(x) == 1 else x
        ys = [y] * batch[0] if y.ndim < len(shape) else [y[0]] * batch[0] if len(y) == 1 else y
        return np.array([times(u, v) for u, v in zip(xs, ys, strict=True)], a.dtype).reshape(shape)

    if a.ndim == 0 or b.ndim == 0:
        raise ValueError(f"matmul wants axes, and the shapes are {a.shape} and {b.shape}")
    if a.shape[-1] != b.shape[max(b.ndim - 2, 0)]:
        raise ValueError(f"inner sizes differ: {a.shape} @ {b.shape}")
    if b.ndim == 1:
        return times(a.reshape(1, -1), b.reshape(-1, 1)).reshape(()) if a.ndim == 1 else times(a, b.reshape(-1, 1))[..., 0], (a, b)
    return times(a.reshape(1, -1), b)[..., 0, :] if a.ndim == 1 else times(a, b), (a, b)


def reduce_sum(a: Array, dim: Dims = None, keepdim: bool = False) -> tuple[Array, Any]:
    over = axes(dim, a.ndim)
    wide = a.astype(np.result_type(a, {"f": np.float64, "u": np.uint64}.get(a.dtype.kind, np.int64)))
    for axis in sorted(over, reverse=True):
        total = np.zeros(wide.shape[:axis] + wide.shape[axis + 1 :], wide.dtype)
        for i in range(wide.shape[axis]):
            total = total + wide.take(i, axis)
        wide = np.asarray(total)
    if keepdim:
        wide = wide.reshape([1 if axis in over else size for axis, size in enumerate(a.shape)])
    return wide.astype(a.dtype if a.dtype.kind == "f" else wide.dtype), (a.shape, over)


def reduce_max(a: Array, dim: Dims = None, keepdim: bool = False) -> tuple[Array, Any]:
    over = axes(dim, a.ndim)
    kept = tuple(1 if axis in over else size for axis, size in enumerate(a.shape))
    if any(a.shape[axis] == 0 for axis in over):
        raise ValueError(f"no largest number along {over} in the shape {a.shape}")
    best = a
    for axis in over if a.size else ():
        slices = (best.take([i], axis) for i in range(best.shape[axis]))
        best = reduce(np.maximum, slices)
    best = best.copy().reshape(kept)
    mask = np.array(a == best)
    return best if keepdim else best.reshape([size for axis, size in enumerate(a.shape) if axis not in over]), (mask, over)


def reshape(a: Array, shape: Shape) -> tuple[Array, Any]:
    try:
        if min(shape, default=0) < -1:
            raise ValueError("-1 is the only negative size")
        return np.reshape(a, tuple(shape), order="C"), a.shape
    except ValueError as error:
        raise ValueError(f"{a.shape} does not go into {tuple(shape)}: {error}") from error


def permute(a: Array, dims: Sequence[int]) -> tuple[Array, Any]:
    try:
        order = axes(tuple(dims), a.ndim)
    except IndexError as error:
        raise ValueError(f"permute of {a.shape}: {error}") from error
    if set(order) != set(range(a.ndim)):
        raise ValueError(f"dims {order} are not all axes of {a.shape}")
    now, view = list(range(a.ndim)), a.view()
    for place, wanted in enumerate(order):  # one exchange puts one axis where it belongs
        other = now.index(wanted)
        now[place], now[other] = now[other], now[place]
        view = view.swapaxes(place, other)
    return view, order


def concatenate(*arrays: Array, dim: int = 0) -> tuple[Array, Any]:
    if len(arrays) == 0:
        raise ValueError("no arrays")
    axis = axes(dim, arrays[0].ndim)[0]
    rest = {tuple(size for i, size in enumerate(a.shape) if i != axis) for a in arrays}
    if len(rest) > 1 or len({a.ndim for a in arrays}) > 1:
        raise ValueError(f"the shapes {[a.shape for a in arrays]} differ elsewhere than along {dim}")
    kinds = {a.dtype.kind for a in arrays}
    dtype = np.result_type(*(a.dtype for a in arrays if "f" not in kinds or a.dtype.kind == "f"))
    whole = np.concatenate([a.astype(dtype) for a in arrays], axis)
    return whole, (axis, tuple(map(len, (a.swapaxes(0, axis) for a in arrays))))


class Tensor:
    def mean(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        total = self.sum(dim, keepdim=True)
        average = total / math.prod(self.shape[axis] for axis in axes(dim, self.ndim))
        return average if keepdim else average.reshape(*(s for i, s in enumerate(self.shape) if i not in axes(dim, self.ndim)))

    def var(self, dim: Dims = None, correction: int = 1, keepdim: bool = False) -> Tensor:
        squares = (self - self.mean(dim, True)) ** 2
        count = math.prod(self.shape[axis] for axis in axes(dim, self.ndim))
        return squares.sum(dim, keepdim) / (count - correction)

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        order = list(range(self.ndim))
        for dim in (dim0, dim1):
            if not -self.ndim <= dim < self.ndim:
                raise IndexError(f"no dim {dim} in the shape {self.shape}")
        order[dim0], order[dim1] = order[dim1], order[dim0]
        return self.permute(*order)

    def squeeze(self, dim: Dims = None) -> Tensor:
        over = axes(dim, self.ndim)
        sizes: list[int] = []
        for axis in range(self.ndim):
            if self.shape[axis] != 1 or axis not in over:
                sizes += [self.shape[axis]]
        return self.reshape(sizes)

    def unsqueeze(self, dim: int) -> Tensor:
        sizes = list(self.shape)
        sizes.insert(axes(dim, self.ndim + 1)[0], 1)
        return self.reshape(sizes)

    def item(self) -> float | int | bool:
        inside = self.tolist()
        while isinstance(inside, list) and len(inside) == 1:
            inside = inside[0]
        if isinstance(inside, list):
            raise ValueError(f"there is no one number in the shape {self.shape}")
        return inside

    def __repr__(self) -> str:
        def parts() -> Iterator[str]:
            yield np.array2string(self.data, prefix="Tensor(", separator=", ")
            yield from (f"dtype={self.dtype}" for _ in range(self.dtype != np.dtype("float32")))
            yield from ("requires_grad=True" for _ in range(self.requires_grad))

        return "Tensor(" + ", ".join(parts()) + ")"


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    together = [*tensors]
    if len({t.shape for t in together}) != 1:
        raise ValueError("stack: the shapes must be one and the same: " + " ".join(str(t.shape) for t in together))
    axis = axes(dim, together[0].ndim + 1)[0]
    return cat([t[(*[slice(None)] * axis, None)] for t in together], dim=axis)


def arange(start: float, end: float | None = None, step: float = 1, *, dtype: Any = None) -> Tensor:
    if end is None:
        start, end = 0, start
    if not step:
        raise ValueError("with a step of 0 there is no end")
    whole = all(issubclass(type(number), (int, np.integer)) for number in (start, end, step))
    kind = np.dtype(dtype if dtype is not None else np.int64 if whole else np.float32)
    if whole:
        return Tensor([*range(start, end, step)], dtype=kind)

    def numbers() -> Iterator[Any]:
        """start + i · step, until what comes out is at the end or beyond it."""
        for i in itertools.count():
            number = kind.type(start + i * step)
            if (number >= kind.type(end) if step > 0 else number <= kind.type(end)) and kind.kind == "f":
                return
            if start + i * step >= end if step > 0 else start + i * step <= end:
                return
            yield number

    return Tensor(list(numbers()), dtype=kind)
