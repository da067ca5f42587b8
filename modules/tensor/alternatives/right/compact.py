import math
from functools import reduce
from itertools import product, zip_longest
from operator import index


def as_array(data: Any, dtype: Any = None) -> Array:
    array = np.array(data)
    kinds = "?" + np.typecodes["AllInteger"] + np.typecodes["Float"]
    for found in (array.dtype, array.dtype if dtype is None else np.dtype(dtype)):
        if found.char not in kinds:
            raise TypeError(f"a Tensor holds int, float or bool, not {found}")
    return array if dtype is None else array.astype(dtype, copy=False)


def broadcast_shapes(*shapes: Shape) -> Shape:
    result = []
    for sizes in zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1):
        common = 1
        for size in sizes:
            if common != 1 and size not in (1, common):
                raise ValueError("shapes do not broadcast: " + ", ".join(str(tuple(shape)) for shape in shapes))
            common = common if size == 1 else size
        result.append(common)
    return tuple(reversed(result))


def broadcast_to(a: Array, shape: Shape) -> Array:
    shape = tuple(shape)
    if broadcast_shapes(a.shape, shape) != shape:
        raise ValueError(f"shape {a.shape} cannot become {shape}")
    missing = len(shape) - a.ndim
    out = np.empty(shape, a.dtype)
    for index in product(*map(range, shape)):
        out[index] = a[tuple(0 if size == 1 else i for i, size in zip(index[missing:], a.shape, strict=True))]
    return out


def axes(dim: Dims, ndim: int) -> Shape:
    dims = range(ndim) if dim is None else (dim,) if np.ndim(dim) == 0 else dim
    found: list[int] = []
    for d in map(index, dims):
        if not -ndim <= d < ndim:
            raise np.exceptions.AxisError(f"dim {d} is not there: an array with ndim {ndim} has dims {-ndim} .. {ndim - 1}")
        if d % ndim in found:
            raise ValueError(f"dim {dim} names axis {d % ndim} twice")
        found.append(d % ndim)
    return tuple(found)


def add(a: Array, b: Array) -> tuple[Array, Any]:
    a, b = promote(a, b)
    return np.add(a, b), None


def mul(a: Array, b: Array) -> tuple[Array, Any]:
    pair = promote(a, b)
    return np.multiply(*pair), pair


def div(a: Array, b: Array) -> tuple[Array, Any]:
    pair = promote(as_float(a), as_float(b))
    return np.divide(*pair), pair


def exp(a: Array) -> tuple[Array, Any]:
    a = as_float(a)
    out = np.exp(a, out=np.empty_like(a))
    return out, out


def clip(a: Array, min: float | None = None, max: float | None = None) -> tuple[Array, Any]:
    if min is None and max is None:
        raise ValueError("clip needs a bound: min, max or both")
    if a.dtype.kind == "f":  # a bound in the dtype of a, so that a number on it is on it
        min, max = (bound if bound is None else float(bound) for bound in (min, max))
    out, cut = a.copy(), np.zeros(a.shape, bool)
    for bound, outside in ((min, np.less), (max, np.greater)):
        if bound is not None:
            beyond = outside(out, bound)
            if beyond.any():
                out[beyond] = bound
            cut |= beyond
    return out, ~cut


def compare(a: Array, b: Array, how: np.ufunc) -> tuple[Array, Any]:
    return how(*promote(a, b)), None


def matmul_multiply_adds(m: int, k: int, n: int) -> int:
    return m * n * k


def matmul_bytes(m: int, k: int, n: int, itemsize: int = 4) -> int:
    return (m * k + k * n + m * n) * itemsize


def matmul_loops(a: Array, b: Array) -> Array:
    (m, k), n = a.shape, b.shape[1]
    out = np.zeros((m, n), np.result_type(a, b))
    for i in range(m):
        for p in range(k):
            for j in range(n):
                out[i, j] = out[i, j] + a[i, p] * b[p, j]
    return out


def matmul_rows(a: Array, b: Array) -> Array:
    out = np.empty((a.shape[0], b.shape[1]), np.result_type(a, b))
    for row, scales in zip(out, a, strict=True):
        row[...] = (b.T * scales).sum(axis=-1)
    return out


def matmul(a: Array, b: Array) -> tuple[Array, Any]:
    a, b = saved = promote(a, b)
    if not a.ndim or not b.ndim or a.shape[-1] != b.shape[-2:][0]:
        raise ValueError(f"shapes {a.shape} and {b.shape} do not fit: the inner sizes of a @ b must agree")
    left = a if a.ndim > 1 else a[np.newaxis]
    right = b if b.ndim > 1 else b[:, np.newaxis]
    batch = broadcast_shapes(left.shape[:-2], right.shape[:-2])
    out = np.empty((*batch, left.shape[-2], right.shape[-1]), a.dtype)
    left = np.broadcast_to(left, batch + left.shape[-2:])
    right = np.broadcast_to(right, batch + right.shape[-2:])
    for place in product(*map(range, batch)):
        out[place] = matmul_rows(left[place], right[place])
    lent = ((-2,) if a.ndim == 1 else ()) + ((-1,) if b.ndim == 1 else ())
    return np.squeeze(out, lent), saved


def reduce_sum(a: Array, dim: Dims = None, keepdim: bool = False) -> tuple[Array, Any]:
    over = axes(dim, a.ndim)
    if a.dtype.kind == "f":  # added up in 64 bits, handed back in a's dtype
        total = a.sum(over, dtype=np.result_type(a, np.float64), keepdims=keepdim).astype(a.dtype)
    else:
        total = np.add.reduce(a, axis=over, keepdims=keepdim)
    return total, (a.shape, over)


def reduce_max(a: Array, dim: Dims = None, keepdim: bool = False) -> tuple[Array, Any]:
    over = axes(dim, a.ndim)
    largest = np.amax(a, over)
    kept = np.expand_dims(largest, over)
    return kept if keepdim else largest, (np.equal(a, kept, out=np.empty(a.shape, bool)), over)


def reshape(a: Array, shape: Shape) -> tuple[Array, Any]:
    shape = tuple(shape)
    known = math.prod(size for size in shape if size != -1)
    if -1 in shape:
        fits = shape.count(-1) == 1 and known > 0 and a.size % known == 0
    else:
        fits = known == a.size
    if not fits or any(size < -1 for size in shape):
        raise ValueError(f"an array of shape {a.shape} cannot take the shape {shape}")
    return a.reshape(shape), a.shape


def permute(a: Array, dims: Sequence[int]) -> tuple[Array, Any]:
    order = axes(dims, a.ndim)
    if len(order) != a.ndim:
        raise ValueError(f"permute by {tuple(dims)} leaves out axes of the shape {a.shape}")
    return np.moveaxis(a, order, range(a.ndim)), order


def concatenate(*arrays: Array, dim: int = 0) -> tuple[Array, Any]:
    if not arrays:
        raise ValueError("nothing to concatenate: give at least one array")
    (axis,) = axes(dim, arrays[0].ndim)
    sizes = tuple(a.shape[axis] if a.ndim > axis else 0 for a in arrays)
    shape = list(arrays[0].shape)
    shape[axis] = sum(sizes)
    if any(a.shape != (*shape[:axis], size, *shape[axis + 1 :]) for a, size in zip(arrays, sizes, strict=True)):
        raise ValueError(f"shapes may differ along dim {dim} only: " + ", ".join(str(a.shape) for a in arrays))
    dtype = reduce(lambda one, a: promote(one, a[:0])[0], arrays, arrays[0][:0]).dtype
    out, start = np.empty(shape, dtype), 0
    for a, size in zip(arrays, sizes, strict=True):
        out[(slice(None),) * axis + (slice(start, start + size),)] = a
        start += size
    return out, (axis, sizes)


class Tensor:
    def mean(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        return self.sum(dim, keepdim) / _count(self.shape, dim)

    def var(self, dim: Dims = None, correction: int = 1, keepdim: bool = False) -> Tensor:
        away = self - self.mean(dim, keepdim=True)
        return (away * away).sum(dim, keepdim) / (_count(self.shape, dim) - correction)

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        (i,), (j,) = axes(dim0, self.ndim), axes(dim1, self.ndim)
        return self.permute([{i: j, j: i}.get(axis, axis) for axis in range(self.ndim)])

    def squeeze(self, dim: Dims = None) -> Tensor:
        over = axes(dim, self.ndim)
        return self[tuple(0 if axis in over and size == 1 else slice(None) for axis, size in enumerate(self.shape))]

    def unsqueeze(self, dim: int) -> Tensor:
        (axis,) = axes(dim, self.ndim + 1)
        return self[(slice(None),) * axis + (None,)]

    def item(self) -> float | int | bool:
        if self.numel() != 1:
            raise ValueError(f"item() wants one number, and the shape is {self.shape}")
        return self.data.ravel().tolist()[0]

    def __repr__(self) -> str:
        text = "Tensor(" + np.array2string(self.data, separator=", ", prefix="Tensor(")
        if self.dtype != np.float32:
            text += f", dtype={self.dtype}"
        if self.requires_grad:
            text += ", requires_grad=True"
        return text + ")"


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    tensors = list(tensors)
    shapes = [t.shape for t in tensors]
    if not shapes or shapes.count(shapes[0]) != len(shapes):
        raise ValueError(f"stack wants one or more Tensors of one shape, got {', '.join(map(str, shapes)) or 'none'}")
    (place,) = axes(dim, len(shapes[0]) + 1)
    rows = cat([t.reshape(1, *t.shape) for t in tensors])
    order = list(range(1, rows.ndim))
    order.insert(place, 0)
    return rows.permute(order)


def arange(start: float, end: float | None = None, step: float = 1, *, dtype: Any = None) -> Tensor:
    start, end = (0, start) if end is None else (start, end)
    if step == 0:
        raise ValueError("arange: step must not be 0")
    if all(isinstance(number, (int, np.integer)) for number in (start, end, step)):
        numbers = np.array(range(start, end, step), np.int64 if dtype is None else dtype)
        return Tensor(numbers, dtype=numbers.dtype)
    start, end, step = float(start), float(end), float(step)
    count = max(0, math.ceil((end - start) / step))
    numbers = (start + step * np.arange(count)).astype(np.float32 if dtype is None else dtype)
    return Tensor(numbers[numbers < end if step > 0 else numbers > end], dtype=numbers.dtype)  # rounding may have reached it
