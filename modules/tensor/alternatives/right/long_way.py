import math
import operator
from functools import reduce
from itertools import zip_longest


_NUMBERS = "biuf"  # NumPy's letters for bool, int, unsigned int, float


class _NoSuchAxis(IndexError, ValueError):
    """An axis that is not there: for those who expect an IndexError, and for those who expect a wrong value."""


def as_array(data: Any, dtype: Any = None) -> Array:
    if dtype is not None and np.dtype(dtype).kind not in _NUMBERS:
        raise TypeError(f"numbers are int, float or bool here, and {np.dtype(dtype)} is none of them")
    found = np.asarray(data)  # NumPy complains about ragged lists
    if found.dtype.kind not in _NUMBERS:
        raise TypeError(f"only int, float and bool can go in; this is {found.dtype}: {data!r:.80}")
    fresh = np.empty(found.shape, found.dtype if dtype is None else dtype)
    np.copyto(fresh, found, casting="unsafe")
    return fresh


def broadcast_shapes(*shapes: Shape) -> Shape:
    together: list[int] = []
    for column in zip_longest(*(tuple(shape)[::-1] for shape in shapes), fillvalue=1):
        size = 1
        for other in column:
            if other != 1:
                if size not in (1, other):
                    named = " and ".join(str(tuple(shape)) for shape in shapes)
                    raise ValueError(f"the shapes {named} do not broadcast: {size} meets {other}")
                size = other
        together.insert(0, size)
    return tuple(together)


def broadcast_to(a: Array, shape: Shape) -> Array:
    shape = tuple(shape)
    if broadcast_shapes(a.shape, shape) != shape:
        raise ValueError(f"an array of shape {a.shape} cannot become one of shape {shape}: that would shrink it")
    source = a.reshape(-1)
    missing = len(shape) - a.ndim
    steps, step = [0] * len(shape), 1  # how far one step along each axis goes in `source`; 0 stands still
    for axis in reversed(range(a.ndim)):
        if a.shape[axis] != 1:
            steps[missing + axis] = step
        step *= a.shape[axis]
    out = np.empty(shape, a.dtype)
    flat = out.reshape(-1)  # a view: out is new, and its numbers lie in row-major order
    for place in range(flat.size):
        rest, origin = place, 0
        for size, step in zip(reversed(shape), reversed(steps)):
            rest, index = divmod(rest, size)
            origin += index * step
        flat[place] = source[origin]
    return out


def axes(dim: Dims, ndim: int) -> Shape:
    if dim is None:
        return tuple(range(ndim))
    try:
        asked = (operator.index(dim),)
    except TypeError:
        asked = tuple(operator.index(one) for one in dim)
    places = range(ndim)
    for one in asked:
        if one not in range(-ndim, ndim):
            raise _NoSuchAxis(f"dim {one} is not there: an array with ndim {ndim} has the dims {-ndim} .. {ndim - 1}")
    found = tuple(places[one] for one in asked)  # a range counts negative places from its end, as a list does
    for axis in found:
        if found.count(axis) > 1:
            raise ValueError(f"dim {dim} names axis {axis} twice (ndim {ndim})")
    return found


def add(a: Array, b: Array) -> tuple[Array, Any]:
    return np.asarray(np.add(*promote(a, b))), None


def mul(a: Array, b: Array) -> tuple[Array, Any]:
    factors = promote(a, b)
    return np.asarray(np.multiply(*factors)), factors


def div(a: Array, b: Array) -> tuple[Array, Any]:
    numerator, denominator = promote(as_float(a), as_float(b))
    return np.asarray(np.true_divide(numerator, denominator)), (numerator, denominator)


def exp(a: Array) -> tuple[Array, Any]:
    a = as_float(a)
    result = np.empty_like(a)
    np.exp(a, out=result)
    return result, result


def _as_bound(bound: float, dtype: np.dtype) -> np.generic:
    """A bound in the dtype of what it bounds; beyond the range of an integer dtype, the end of that range."""
    if dtype.kind in "iu":
        ends = np.iinfo(dtype)
        bound = ends.min if bound <= ends.min else ends.max if bound >= ends.max else int(bound)
    return dtype.type(bound)


def clip(a: Array, min: float | None = None, max: float | None = None) -> tuple[Array, Any]:
    if min is None and max is None:
        raise ValueError("clip needs min, max or both, and both are None")
    out = np.array(a)
    if min is not None:
        lowest = _as_bound(min, out.dtype)
        np.copyto(out, lowest, where=out < lowest)
    if max is not None:
        highest = _as_bound(max, out.dtype)
        np.copyto(out, highest, where=out > highest)
    return out, np.asarray(np.equal(out, a))


def compare(a: Array, b: Array, how: np.ufunc) -> tuple[Array, Any]:
    return np.asarray(how(*promote(a, b))), None


def matmul_multiply_adds(m: int, k: int, n: int) -> int:
    entries = m * n
    return entries * k


def matmul_bytes(m: int, k: int, n: int, itemsize: int = 4) -> int:
    return itemsize * sum(rows * columns for rows, columns in ((m, k), (k, n), (m, n)))


def _wrapped(number: Any, dtype: np.dtype) -> Any:
    """An exact int as an integer of `dtype` keeps it: modulo 2 to the number of bits. Anything else as it is."""
    if dtype.kind not in "iu":
        return number
    ends = np.iinfo(dtype)
    return (number - int(ends.min)) % 2**ends.bits + int(ends.min)


def matmul_loops(a: Array, b: Array) -> Array:
    (m, k), n = a.shape, b.shape[1]
    a, b = promote(a, b)
    left, right = a.tolist(), b.tolist()  # lists of Python's own numbers: sums in 64-bit floats, exact in ints
    out = np.zeros((m, n), dtype=a.dtype)
    for i in range(m):
        for j in range(n):
            if k == 0:
                continue
            total = left[i][0] * right[0][j]
            for p in range(1, k):
                total = total + left[i][p] * right[p][j]
            out[i, j] = _wrapped(total, out.dtype)
    return out


def matmul_rows(a: Array, b: Array) -> Array:
    a, b = promote(a, b)
    columns = b.T
    out = np.empty((len(a), len(columns)), dtype=a.dtype)
    for row, numbers in zip(out, a):
        np.add.reduce(columns * numbers, axis=1, dtype=out.dtype, out=row)  # (n, k) products, added up along k
    return out


def matmul(a: Array, b: Array) -> tuple[Array, Any]:
    if not (a.ndim and b.ndim):
        raise ValueError(f"matmul needs at least one axis on each side, got shapes {a.shape} and {b.shape}")
    if a.shape[-1] != b.shape[max(b.ndim - 2, 0)]:
        raise ValueError(f"the inner sizes of {a.shape} @ {b.shape} differ: {a.shape[-1]} and {b.shape[max(b.ndim - 2, 0)]}")
    a, b = promote(a, b)
    broadcast_shapes(a.shape[:-2], b.shape[:-2])  # raises if the batches differ
    rows = a.reshape(1, -1) if a.ndim == 1 else a
    columns = b.reshape(-1, 1) if b.ndim == 1 else b
    terms = rows[..., :, :, np.newaxis] * columns[..., np.newaxis, :, :]  # (..., m, k, n): every single product
    out = terms.sum(axis=-2, dtype=a.dtype)
    out = out[..., 0, :] if a.ndim == 1 else out
    return (out[..., 0] if b.ndim == 1 else out), (a, b)


def _without(items: Sequence[Any], places: Sequence[int]) -> tuple[Any, ...]:
    """The items that stand at none of these places."""
    return tuple(item for place, item in enumerate(items) if place not in places)


def reduce_sum(a: Array, dim: Dims = None, keepdim: bool = False) -> tuple[Array, Any]:
    over = axes(dim, a.ndim)
    if a.dtype.kind == "f":
        dtype, wide = a.dtype, np.promote_types(a.dtype, np.float64)  # add up in 64 bits, then round once
    else:
        dtype = wide = np.dtype(np.uint64 if a.dtype.kind == "u" else np.int64)
    total = np.array(a, dtype=wide)
    for axis in over:
        total = np.asarray(np.add.reduce(total, axis=axis, keepdims=True))
    shape = total.shape if keepdim else _without(total.shape, over)
    return total.reshape(shape).astype(dtype, copy=False), (a.shape, over)


def reduce_max(a: Array, dim: Dims = None, keepdim: bool = False) -> tuple[Array, Any]:
    over = axes(dim, a.ndim)
    if _count(a.shape, over) == 0:
        raise ValueError(f"no maximum over dim {over} of an array of shape {a.shape}: there is nothing to choose from")
    beside = _without(tuple(range(a.ndim)), over)
    rows = a.transpose(*beside, *over).reshape([a.shape[axis] for axis in beside] + [-1]) if a.size else None
    if rows is None:  # no results at all, so nothing is asked for
        largest = np.empty([a.shape[axis] for axis in beside], a.dtype)
    else:
        largest = np.take_along_axis(rows, np.expand_dims(rows.argmax(axis=-1), -1), axis=-1)[..., 0]
    kept = largest.reshape([1 if axis in over else size for axis, size in enumerate(a.shape)])
    return (kept if keepdim else np.array(largest)), (np.asarray(a == kept), over)


def reshape(a: Array, shape: Shape) -> tuple[Array, Any]:
    sizes = tuple(operator.index(size) for size in shape)
    unknown = [place for place, size in enumerate(sizes) if size < 0]
    known = math.prod(size for size in sizes if size >= 0)
    wanted = sizes
    if len(unknown) == 1 and sizes[unknown[0]] == -1 and known and a.size % known == 0:
        place = unknown[0]
        wanted = (*sizes[:place], a.size // known, *sizes[place + 1 :])
    if any(size < 0 for size in wanted) or math.prod(wanted) != a.size:
        raise ValueError(f"an array of shape {a.shape} ({a.size} numbers) cannot be reshaped to {sizes}")
    return a.reshape(wanted), a.shape


def permute(a: Array, dims: Sequence[int]) -> tuple[Array, Any]:
    order = axes(dims, a.ndim)
    if len(order) < a.ndim:
        raise ValueError(f"permute needs every axis of shape {a.shape} exactly once, got dims {order}")
    return np.moveaxis(a, order, range(a.ndim)), order


def concatenate(*arrays: Array, dim: int = 0) -> tuple[Array, Any]:
    if not arrays:
        raise ValueError("concatenate needs at least one array")
    shapes = [a.shape for a in arrays]
    named = " and ".join(map(str, shapes))
    if len({len(shape) for shape in shapes}) > 1:
        raise ValueError(f"arrays of shapes {named} differ in their number of axes and cannot be concatenated")
    (axis,) = axes(dim, len(shapes[0]))
    if len({shape[:axis] + shape[axis + 1 :] for shape in shapes}) > 1:
        raise ValueError(f"arrays of shapes {named} cannot be concatenated along dim {dim}: another axis differs")
    sizes = tuple(shape[axis] for shape in shapes)
    common = reduce(lambda one, other: promote(one, other)[0], (np.empty(0, a.dtype) for a in arrays)).dtype
    out = np.empty((*shapes[0][:axis], sum(sizes), *shapes[0][axis + 1 :]), common)
    start = 0
    for a, size in zip(arrays, sizes, strict=True):
        out[(slice(None),) * axis + (slice(start, start + size),)] = a
        start += size
    return out, (axis, sizes)


class Tensor:
    def mean(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        return self.sum(dim, keepdim) / _count(self.shape, dim)

    def var(self, dim: Dims = None, correction: int = 1, keepdim: bool = False) -> Tensor:
        distance = self - self.mean(dim, keepdim=True)
        return (distance * distance).sum(dim, keepdim) / (_count(self.shape, dim) - correction)

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        ((one,), (other,)) = axes(dim0, self.ndim), axes(dim1, self.ndim)
        swapped = {one: other, other: one}
        return self.permute([swapped.get(axis, axis) for axis in range(self.ndim)])

    def squeeze(self, dim: Dims = None) -> Tensor:
        asked = axes(dim, self.ndim)
        return self[tuple(0 if axis in asked and size == 1 else slice(None) for axis, size in enumerate(self.shape))]

    def unsqueeze(self, dim: int) -> Tensor:
        (axis,) = axes(dim, self.ndim + 1)
        return self[(slice(None),) * axis + (None,)]

    def item(self) -> float | int | bool:
        if self.numel() != 1:
            raise ValueError(f"item() needs exactly one number, and this Tensor has shape {self.shape}")
        (number,) = self.data.reshape(-1).tolist()
        return number

    def __repr__(self) -> str:
        extras = []
        if self.dtype != np.float32:
            extras.append(f"dtype={self.dtype}")
        if self.requires_grad:
            extras.append("requires_grad=True")
        numbers = np.array2string(self.data, separator=", ", prefix="Tensor(")
        return "".join(["Tensor(", numbers, *(f", {extra}" for extra in extras), ")"])


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    tensors = list(tensors)
    shapes = [t.shape for t in tensors]
    if len(set(shapes)) > 1:
        raise ValueError(f"stack needs Tensors of one shape, got {' and '.join(map(str, shapes))}")
    ndim = len(shapes[0]) if shapes else 0
    (axis,) = axes(dim, ndim + 1)
    first = cat([t.unsqueeze(0) for t in tensors])  # the new axis in front, then moved to its place
    order = list(range(1, ndim + 1))
    order.insert(axis, 0)
    return first.permute(order)


def arange(start: float, end: float | None = None, step: float = 1, *, dtype: Any = None) -> Tensor:
    if step == 0:
        raise ValueError("arange needs a step other than 0")
    if end is None:
        start, end = 0, start
    if all(isinstance(number, (int, np.integer)) for number in (start, end, step)):
        return Tensor(np.array(range(start, end, step), np.int64), dtype=np.int64 if dtype is None else dtype)
    start, end, step = float(start), float(end), float(step)
    values: list[float] = []
    count = max(0, math.ceil((end - start) / step))
    while len(values) < count and ((value := start + len(values) * step) < end) == (step > 0) and value != end:
        values.append(value)
    return Tensor(np.array(values, np.float64), dtype=np.float32 if dtype is None else dtype)
