"""Tensors: arrays that remember how they were made.

The whole framework stands on three ideas, and all of them are in this file:

    op        a function on plain NumPy arrays that returns (array, saved): the result, and what a derivative of it will
              need later (None if nothing). Each docstring below says what its op saves. Options are keywords.
    Tensor    one array, with a place for its gradient.
    apply     runs an op on Tensors. Where a gradient is wanted, the result keeps the op, `saved` and its inputs.

No op writes to its inputs, and only reshape, permute and getitem may return a view of them; all else is a new array.

You write the ops and the arithmetic of shapes. Later modules add ops; none of them has to change this file.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from importlib.util import find_spec
from itertools import product, zip_longest
from operator import index
from typing import Any

import numpy as np

from .setup import generator

Array = np.ndarray
Shape = tuple[int, ...]
Dims = int | Sequence[int] | None
Op = Callable[..., tuple[Array, Any]]

# Numbers in


def as_array(data: Any, dtype: Any = None) -> Array:
    """A new array of numbers from a number, nested lists or an array. dtype None keeps what NumPy finds.

    Always a copy: changing `data` afterwards must not change a Tensor made from it, nor the other way round.
    Raises ValueError for ragged lists, TypeError for anything that is not int, float or bool (text, None, objects,
    complex): NumPy alone would read "1" as 1 and None as nan.

        as_array([[1, 2], [3, 4]], np.float32) -> float32, shape (2, 2)
        as_array(3.0).shape -> ()        as_array([[1, 2], [3]]) -> ValueError        as_array(["1"]) -> TypeError
    """
    array = np.array(data)
    kinds = "?" + np.typecodes["AllInteger"] + np.typecodes["Float"]
    for found in (array.dtype, array.dtype if dtype is None else np.dtype(dtype)):
        if found.char not in kinds:
            raise TypeError(f"a Tensor holds int, float or bool, not {found}")
    return array if dtype is None else array.astype(dtype, copy=False)


def as_float(a: Array) -> Array:
    """`a` itself if it holds floats; integers and bools as float32 (NumPy alone would say float64)."""
    return a if a.dtype.kind not in "biu" else a.astype(np.float32)


def promote(a: Array, b: Array) -> tuple[Array, Array]:
    """Both in one dtype, as PyTorch mixes them: an integer never widens a float.

    float32 with int64 -> float32 (NumPy alone: float64).  float32 with float64 -> float64.  int32 with int64 -> int64.
    """
    if a.dtype == b.dtype:
        return a, b
    floats = [x.dtype for x in (a, b) if x.dtype.kind == "f"]
    dtype = np.result_type(*(floats or (a.dtype, b.dtype)))
    return a.astype(dtype, copy=False), b.astype(dtype, copy=False)


# Shapes


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The shape that arrays of these shapes have together. Pure arithmetic on tuples: no NumPy, no data.

    Write the shapes below each other, right ends aligned; a missing axis counts as 1. Along each axis all sizes other
    than 1 must agree. Raises ValueError that names all the shapes. O(number of axes).

        (2, 3), (3,)      -> (2, 3)         (4, 1), (1, 5) -> (4, 5)        (), (2,) -> (2,)
        (2, 3), (2,)      -> ValueError     (0,), (1,)     -> (0,)          no shapes at all -> ()
    """
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
    """A new array of `shape` that repeats `a` along its axes of size 1 and along missing axes. By hand, this once.

    Element i of the result is the element of `a` at the same index, read from the right, with 0 wherever a's axis
    has size 1. Same dtype as `a`. Raises ValueError naming both shapes if `a` cannot become `shape`: growing is
    allowed, shrinking is not. One Python step an element: everything after this uses NumPy's own.

        [[1], [2]] to (2, 3) -> [[1, 1, 1], [2, 2, 2]]        [1, 2] to (2, 1) -> ValueError (it would be (2, 2))
    """
    shape = tuple(shape)
    if broadcast_shapes(a.shape, shape) != shape:
        raise ValueError(f"shape {a.shape} cannot become {shape}")
    missing = len(shape) - a.ndim
    out = np.empty(shape, a.dtype)
    for index in product(*map(range, shape)):
        out[index] = a[tuple(0 if size == 1 else i for i, size in zip(index[missing:], a.shape, strict=True))]
    return out


def axes(dim: Dims, ndim: int) -> Shape:
    """`dim` of an array with `ndim` axes as a tuple of axes counted from the front, in the order given.

    None means all axes. Raises IndexError naming the dim and ndim if it is not in -ndim .. ndim - 1, ValueError if an
    axis comes twice.

        axes(-1, 3) -> (2,)          axes((0, -1), 3) -> (0, 2)
        axes(None, 2) -> (0, 1)      axes((1, -1), 2) -> ValueError
    """
    dims = range(ndim) if dim is None else (dim,) if np.ndim(dim) == 0 else dim
    found: list[int] = []
    for d in map(index, dims):
        if not -ndim <= d < ndim:
            raise np.exceptions.AxisError(f"dim {d} is not there: an array with ndim {ndim} has dims {-ndim} .. {ndim - 1}")
        if d % ndim in found:
            raise ValueError(f"dim {dim} names axis {d % ndim} twice")
        found.append(d % ndim)
    return tuple(found)


# Element by element. Shapes broadcast as NumPy does it; if they cannot, NumPy raises ValueError and names both.


def add(a: Array, b: Array) -> tuple[Array, Any]:
    """a + b.  Saves None.    promote first, here and in every op of two arrays.    [1, 2] + [[10], [20]] -> 2 by 2"""
    a, b = promote(a, b)
    return np.add(a, b), None


def sub(a: Array, b: Array) -> tuple[Array, Any]:
    """a - b.  Saves None."""
    a, b = promote(a, b)
    return a - b, None


def mul(a: Array, b: Array) -> tuple[Array, Any]:
    """a · b, element by element.  Saves (a, b): the derivative by one of them is the other."""
    pair = promote(a, b)
    return np.multiply(*pair), pair


def div(a: Array, b: Array) -> tuple[Array, Any]:
    """a / b, true division.  Saves (a, b).  Integers become float32 first:  int64 7 / int64 2 -> float32 3.5"""
    pair = promote(as_float(a), as_float(b))
    return np.divide(*pair), pair


def power(a: Array, b: Array) -> tuple[Array, Any]:
    """a to the power b, element by element.  Saves (a, b).    [2, 3] ** 2 -> [4, 9]"""
    a, b = promote(a, b)
    return a**b, (a, b)


def neg(a: Array) -> tuple[Array, Any]:
    """-a.  Saves None."""
    return -a, None


def exp(a: Array) -> tuple[Array, Any]:
    """e to the a; integers as float32.  Saves the result: it is its own derivative.    exp(0) -> 1"""
    a = as_float(a)
    out = np.exp(a, out=np.empty_like(a))
    return out, out


def log(a: Array) -> tuple[Array, Any]:
    """Natural logarithm; integers as float32.  Saves a."""
    a = as_float(a)
    return np.log(a), a


def sqrt(a: Array) -> tuple[Array, Any]:
    """Square root; integers as float32.  Saves the result: its derivative is 1 / (2 · result)."""
    out = np.sqrt(as_float(a))
    return out, out


def absolute(a: Array) -> tuple[Array, Any]:
    """|a|.  Saves the sign of a (-1, 0 or 1, in a's dtype), which is the derivative, with 0 at 0."""
    return np.abs(a), np.sign(a)


def clip(a: Array, min: float | None = None, max: float | None = None) -> tuple[Array, Any]:
    """a with everything below `min` raised to min, everything above `max` lowered to max; None is no bound.

    Keeps a's dtype.  Saves the mask, bool, of the elements that were left as they are; one that lies on a bound counts
    as left (as in PyTorch).  Raises ValueError if both bounds are None.
        [-2, 0, 3] with min=0 -> [0, 0, 3], saved [False, True, True]
    """
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


# Matrix multiplication, three times: loops, rows, any number of axes


def matmul_multiply_adds(m: int, k: int, n: int) -> int:
    """Multiply-adds (one product, added to a sum) of an (m, k) times a (k, n) matrix. Predict first, then measure.

    (2, 3, 4) -> 24
    """
    return m * n * k


def matmul_bytes(m: int, k: int, n: int, itemsize: int = 4) -> int:
    """Bytes of the three matrices of an (m, k) times (k, n) product, `itemsize` bytes a number (float32: 4).

    (2, 3, 4) -> 104:  6 + 12 + 8 numbers, 4 bytes each
    """
    return (m * k + k * n + m * n) * itemsize


def matmul_loops(a: Array, b: Array) -> Array:
    """The definition: out[i, j] = Σ over p of a[i, p] · b[p, j], in three nested loops over single numbers.

    a: (m, k)  b: (k, n)  ->  (m, n), in the dtype of a · b.  m·k·n multiply-adds, each a step of the interpreter.
    Only + and * of single elements, so that it works for anything that can do both (the tests count with it).
    The shapes are known to fit.

        [[1, 2]], [[0.5, -1], [1, 2]] -> [[1·0.5 + 2·1, 1·(-1) + 2·2]] = [[2.5, 3]]
    """
    (m, k), n = a.shape, b.shape[1]
    out = np.zeros((m, n), np.result_type(a, b))
    for i in range(m):
        for p in range(k):
            for j in range(n):
                out[i, j] = out[i, j] + a[i, p] * b[p, j]
    return out


def matmul_rows(a: Array, b: Array) -> Array:
    """The same in one loop: row i of the result holds the inner products of row i of `a` with every column of `b`.

    a: (m, k)  b: (k, n)  ->  (m, n), in the dtype of a · b.  The same m·k·n multiply-adds, but only m steps of the
    interpreter. Without @, np.dot and their kin: the point is to see what they do. The shapes are known to fit.

    Scale the rows of b by the numbers of a[i], then add the rows up:
        a[i] = [1, 2], b = [[0.5, -1], [1, 2]] -> [[0.5, -1], [2, 4]] -> [2.5, 3]
    """
    out = np.empty((a.shape[0], b.shape[1]), np.result_type(a, b))
    for row, scales in zip(out, a, strict=True):
        row[...] = (b.T * scales).sum(axis=-1)
    return out


def matmul(a: Array, b: Array) -> tuple[Array, Any]:
    """a @ b for any number of axes, as PyTorch and NumPy define it.  Saves (a, b), as they came but in one dtype.

    (m, k) @ (k, n) -> (m, n).  More axes in front are a batch of matrices, and broadcast.  A vector on the left is a
    row, a vector on the right a column, and the axis that it lent is dropped again.  Raises ValueError naming both
    shapes if the inner sizes differ or one of the two has no axis; broadcast_shapes raises it if the batches differ.

        (5, 2, 3) @ (3, 4) -> (5, 2, 4)     (3,) @ (3, 4) -> (4,)     (2, 3) @ (3,) -> (2,)     (3,) @ (3,) -> ()
    """
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


# Over axes. `dim` is an axis, several, or None for all; `keepdim` leaves the axis there with size 1.


def reduce_sum(a: Array, dim: Dims = None, keepdim: bool = False) -> tuple[Array, Any]:
    """Sum over `dim`.  Saves (a.shape, the summed axes as `axes` gives them).

    Floats keep their dtype; integers and bools are added up in 64 bits, so that uint8 200 + 100 is 300.
        [[1, 2], [3, 4]], dim=0 -> [4, 6], saved ((2, 2), (0,))        dim=0, keepdim=True -> [[4, 6]]
    """
    over = axes(dim, a.ndim)
    if a.dtype.kind == "f":  # added up in 64 bits, handed back in a's dtype
        total = a.sum(over, dtype=np.result_type(a, np.float64), keepdims=keepdim).astype(a.dtype)
    else:
        total = np.add.reduce(a, axis=over, keepdims=keepdim)
    return total, (a.shape, over)


def reduce_max(a: Array, dim: Dims = None, keepdim: bool = False) -> tuple[Array, Any]:
    """The largest value along `dim`, without its index (PyTorch's amax).  Saves (mask, the axes).

    mask: bool, a's shape, True wherever a equals its maximum: with ties at each of them, so that a gradient can be
    shared out fairly.  Raises ValueError if there is nothing to choose from.
        [[1, 3, 3]], dim=1 -> [3], saved ([[False, True, True]], (1,))
    """
    over = axes(dim, a.ndim)
    largest = np.amax(a, over)
    kept = np.expand_dims(largest, over)
    return kept if keepdim else largest, (np.equal(a, kept, out=np.empty(a.shape, bool)), over)


# The same numbers in another shape. The results may share memory with `a`, as in PyTorch


def reshape(a: Array, shape: Shape) -> tuple[Array, Any]:
    """a's numbers in row-major order in another shape; one size may be -1, "whatever is left".  Saves a.shape.

    O(1) where the memory allows a view, else a copy.  Raises ValueError naming both shapes.
        (2, 6) as (3, -1) -> (3, 4)        (2, 3) as (4,) -> ValueError
    """
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
    """Axis i of the result is axis dims[i] of a; O(1), a view.  Saves dims as `axes` gives them.

    Raises ValueError unless every axis comes exactly once; if some are missing, it names a's shape.
        (2, 3, 4) by (2, 0, 1) -> (4, 2, 3)        (2, 3) by (0,) -> ValueError
    """
    order = axes(dims, a.ndim)
    if len(order) != a.ndim:
        raise ValueError(f"permute by {tuple(dims)} leaves out axes of the shape {a.shape}")
    return np.moveaxis(a, order, range(a.ndim)), order


def getitem(a: Array, index: Any) -> tuple[Array, Any]:
    """a[index]: numbers, slices, None, ..., and lists, int or bool arrays.  Saves (a.shape, index)."""
    return a[index], (a.shape, index)


def concatenate(*arrays: Array, dim: int = 0) -> tuple[Array, Any]:
    """The arrays one after the other along an existing axis.  Saves (that axis from the front, the sizes along it).

    Raises ValueError if there is no array, or naming all the shapes if they differ along any other axis.
        (2, 3), (4, 3), dim=-2 -> (6, 3), saved (0, (2, 4))
    """
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


# What the rest of the term hooks into. Given, down to mean: read it, it is short

DIFFERENTIABLE: tuple[Op, ...] = (  # the ops of this file that will need a derivative
    *(add, sub, mul, div, power, neg, exp, log, sqrt, absolute, clip),
    *(matmul, reduce_sum, reduce_max, reshape, permute, getitem, concatenate),
)

backend: dict[Op, Op] = {}  # op -> a faster op with the same contract. Empty: every op runs as you wrote it


class GradMode(threading.local):
    """Whether results remember how they were made; each thread has its own."""

    enabled: bool = True


grad_mode = GradMode()


def run(op: Op, *arrays: Array, **options: Any) -> tuple[Array, Any]:
    """Run an op on arrays, by the backend's version of it if there is one. For code that works below Tensors."""
    return backend.get(op, op)(*arrays, **options)


def apply(op: Op, *inputs: Any, **options: Any) -> Tensor:
    """Run `op` on Tensors, numbers or arrays, and wrap its result in a new Tensor.

    Numbers and arrays among the inputs take the dtype of the first Tensor, so that x * 0.1 stays float32.
    If an input requires a gradient, grad mode is on and the result holds floats, the result requires one too and keeps
    the op that ran, what it saved, and the inputs in order, as _op, _saved and _parents. Otherwise it keeps nothing.
    """
    dtype = next((x.dtype for x in inputs if isinstance(x, Tensor)), np.dtype(np.float32))
    parents = tuple(x if isinstance(x, Tensor) else Tensor._of(_constant(x, dtype)) for x in inputs)
    op = backend.get(op, op)  # subtle: a faster op may save other things, so the rule must be its own
    array, saved = op(*(x.data for x in parents), **options)
    result = Tensor._of(np.asarray(array))  # NumPy gives scalars where we want arrays with no axes
    if grad_mode.enabled and result.dtype.kind == "f" and any(x.requires_grad for x in parents):
        result.requires_grad = True
        result._op, result._saved, result._parents = op, saved, parents
    return result


def _constant(value: Any, dtype: np.dtype) -> Array:
    """A number or array beside a Tensor of `dtype`: in that dtype, unless it is a float beside integers."""
    array = as_array(value)
    if "biuf".index(array.dtype.kind) > "biuf".index(dtype.kind):
        dtype = np.dtype(np.float32) if array.dtype.kind == "f" else array.dtype
    return array.astype(dtype, copy=False)


def _spread(args: tuple[Any, ...]) -> tuple[int, ...]:
    """Sizes or dims given as f(2, 3) or as f((2, 3))."""
    return tuple(args[0]) if len(args) == 1 and isinstance(args[0], (tuple, list)) else args


def _operator(op: Op) -> tuple[Callable[[Any, Any], Tensor], Callable[[Any, Any], Tensor]]:
    """The methods for `self op other` and for `other op self`."""
    return lambda self, other: apply(op, self, other), lambda self, other: apply(op, other, self)


def _comparison(compare: np.ufunc) -> Callable[[Any, Any], Any]:
    def op(a: Array, b: Array) -> tuple[Array, Any]:
        return compare(a, b), None

    def method(self: Tensor, other: Any) -> Any:
        known = isinstance(other, (Tensor, np.ndarray, np.generic, bool, int, float))
        return apply(op, self, other) if known else NotImplemented  # so that `t == None` is False, no error

    return method


class Tensor:
    """An array of numbers with a place for its gradient.

    data            the numbers: ndarray. Copied in, so the Tensor owns them
    grad            None, or an ndarray of data's shape and dtype (from the module autograd on)
    requires_grad   whether a gradient is wanted here; only floats may want one, else TypeError
    _op, _saved, _parents   how it was made: None, None, () for a Tensor that you made yourself (a leaf)

    Tensor([[1, 2], [3, 4]]) is float32, whatever the data: Tensor([1, 2], dtype=np.int64) asks for integers.
    `a += b` makes a new Tensor and names it a; nothing here changes a Tensor's data in place.
    """

    __array_ufunc__ = None  # subtle: without it, array * tensor would be NumPy's business, element by element

    def __init__(self, data: Any, requires_grad: bool = False, dtype: Any = np.float32) -> None:
        self._set(as_array(data, dtype))
        if requires_grad and self.dtype.kind != "f":
            raise TypeError(f"only floats can require a gradient, and this Tensor is {self.dtype}")
        self.requires_grad = requires_grad

    def _set(self, array: Array) -> None:
        self.data = array
        self.grad: Array | None = None
        self.requires_grad = False
        self.retains_grad = False
        self._op: Op | None = None
        self._saved: Any = None
        self._parents: tuple[Tensor, ...] = ()

    @staticmethod
    def _of(array: Array) -> Tensor:
        """A Tensor around this very array, not copied: for results of ops."""
        tensor = Tensor.__new__(Tensor)  # past __init__, which copies
        tensor._set(array)
        return tensor

    shape = property(lambda self: self.data.shape, doc="Sizes of the axes, a tuple of ints.")
    ndim = property(lambda self: self.data.ndim, doc="Number of axes; 0 for a single number.")
    size = property(lambda self: self.data.size, doc="Number of elements (PyTorch's numel()).")
    dtype = property(lambda self: self.data.dtype, doc="NumPy dtype of the elements.")
    is_leaf = property(lambda self: self._op is None, doc="True if no remembered op made it.")

    def backward(self, gradient: Any = None) -> None:
        """Compute the gradients of everything this was made from. Written in the module autograd."""
        if find_spec(".autograd", __package__) is None:
            raise ModuleNotFoundError(
                f"backward() is written in the module autograd, and {__package__}/autograd.py is not there yet; "
                "until then, work gradients out by hand"
            )
        from .autograd import backward  # the one import of a later module, and only when it is called

        backward(self, gradient)

    def retain_grad(self) -> None:
        """Ask backward() to leave a gradient here too, although this is a result and not a leaf."""
        self.retains_grad = True

    def detach(self) -> Tensor:
        """The same data (shared), with no memory of how it was made and no gradient wanted."""
        return Tensor._of(self.data)

    # The second of each pair is for `2 - t` and `array @ t`: Python calls it when the left side does not know Tensors

    __add__, __radd__ = _operator(add)
    __sub__, __rsub__ = _operator(sub)
    __mul__, __rmul__ = _operator(mul)
    __truediv__, __rtruediv__ = _operator(div)
    __pow__, __rpow__ = _operator(power)
    __matmul__, __rmatmul__ = _operator(matmul)
    matmul = __matmul__

    # Comparisons give bools, element by element
    __eq__, __ne__ = _comparison(np.equal), _comparison(np.not_equal)
    __lt__, __le__ = _comparison(np.less), _comparison(np.less_equal)
    __gt__, __ge__ = _comparison(np.greater), _comparison(np.greater_equal)
    __hash__ = object.__hash__  # although == compares elements, a dict must find this very Tensor

    def __neg__(self) -> Tensor:
        return apply(neg, self)

    def __getitem__(self, index: Any) -> Tensor:
        parts = index if isinstance(index, tuple) else (index,)
        arrays = tuple(part.data if isinstance(part, Tensor) else part for part in parts)
        return apply(getitem, self, index=arrays if isinstance(index, tuple) else arrays[0])

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.item())

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        raise TypeError("a Tensor does not turn into an array by itself: use .numpy(), or stack and cat for several")

    # Methods, in PyTorch's names and order of arguments

    def exp(self) -> Tensor:
        return apply(exp, self)

    def log(self) -> Tensor:
        return apply(log, self)

    def sqrt(self) -> Tensor:
        return apply(sqrt, self)

    def abs(self) -> Tensor:
        return apply(absolute, self)

    def clip(self, min: float | None = None, max: float | None = None) -> Tensor:
        return apply(clip, self, min=min, max=max)

    def sum(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        return apply(reduce_sum, self, dim=dim, keepdim=keepdim)

    def max(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        return apply(reduce_max, self, dim=dim, keepdim=keepdim)

    def mean(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        """Sum over `dim` divided by how many there are; integers give float32.    [[1, 2], [3, 4]], dim=1 -> [1.5, 3.5]

        Made of ops that exist, so that it needs no derivative of its own. The same goes for everything down to stack.
        """
        return self.sum(dim, keepdim) / _count(self.shape, dim)

    def var(self, dim: Dims = None, correction: int = 1, keepdim: bool = False) -> Tensor:
        """Variance over `dim`: squared distances from the mean, added up and divided by (how many - correction).

        correction=1 (PyTorch's default) for a sample, 0 for the whole population (NumPy's default).
            [1, 2, 3, 4] -> 5 / 3 = 1.6667        correction=0 -> 5 / 4 = 1.25
        Subtract the mean first: mean of squares minus square of the mean loses all its digits when the mean is large.
        """
        away = self - self.mean(dim, keepdim=True)
        return (away * away).sum(dim, keepdim) / (_count(self.shape, dim) - correction)

    def reshape(self, *shape: Any) -> Tensor:
        return apply(reshape, self, shape=_spread(shape))

    def permute(self, *dims: Any) -> Tensor:
        return apply(permute, self, dims=_spread(dims))

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        """Exchange two axes; IndexError for an axis that is not there.    (2, 3, 4).transpose(0, -1) -> (4, 3, 2)"""
        (i,), (j,) = axes(dim0, self.ndim), axes(dim1, self.ndim)
        return self.permute([{i: j, j: i}.get(axis, axis) for axis in range(self.ndim)])

    @property
    def T(self) -> Tensor:
        """All axes in reverse order: for a matrix, rows become columns."""
        return self.permute(*reversed(range(self.ndim)))

    def squeeze(self, dim: Dims = None) -> Tensor:
        """Drop axes of size 1: all of them, or only those in `dim`. An axis of another size stays, as in PyTorch.

        (1, 3, 1) -> (3,)        dim=0 -> (3, 1)        dim=1 -> (1, 3, 1)
        """
        over = axes(dim, self.ndim)
        return self[tuple(0 if axis in over and size == 1 else slice(None) for axis, size in enumerate(self.shape))]

    def unsqueeze(self, dim: int) -> Tensor:
        """Insert an axis of size 1, so that it is axis `dim` of the result.

        (2, 3): dim=0 -> (1, 2, 3)     dim=-1 -> (2, 3, 1)     dim=2 -> (2, 3, 1)     dim=3 -> IndexError
        """
        (axis,) = axes(dim, self.ndim + 1)
        return self[(slice(None),) * axis + (None,)]

    def item(self) -> float | int | bool:
        """The one number as a plain Python number, for any number of axes; else ValueError naming the shape.

            Tensor([[2.5]]).item() -> 2.5        Tensor([1, 2]).item() -> ValueError
        """
        if self.size != 1:
            raise ValueError(f"item() wants one number, and the shape is {self.shape}")
        return self.data.ravel().tolist()[0]

    def numpy(self) -> Array:
        """The data itself, not a copy: writing to it changes this Tensor, as in PyTorch."""
        return self.data

    def tolist(self) -> Any:
        """Nested lists of Python numbers; a plain number if there are no axes."""
        return self.data.tolist()

    def __repr__(self) -> str:
        """Numbers as NumPy shows them with commas, then what is not the default: the dtype, requires_grad.

        Tensor([1., 2.])        Tensor([1, 2], dtype=int64)        Tensor(0.5, requires_grad=True)
        """
        text = "Tensor(" + np.array2string(self.data, separator=", ", prefix="Tensor(")
        if self.dtype != np.float32:
            text += f", dtype={self.dtype}"
        if self.requires_grad:
            text += ", requires_grad=True"
        return text + ")"


def _count(shape: Shape, dim: Dims) -> int:
    """How many numbers go into one result of a reduction over `dim`.    (2, 3, 4), dim=(0, 2) -> 8"""
    count = 1
    for axis in axes(dim, len(shape)):
        count *= shape[axis]
    return count


# Several into one, and Tensors from nothing


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """One after the other along an existing axis.    (2, 3), (4, 3) -> (6, 3)"""
    return apply(concatenate, *tensors, dim=dim)


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Side by side along a new axis, which is axis `dim` of the result.  ValueError naming the shapes if they differ.

    two of (3,): dim=0 -> (2, 3), dim=1 or -1 -> (3, 2)
    """
    tensors = list(tensors)
    shapes = [t.shape for t in tensors]
    if not shapes or shapes.count(shapes[0]) != len(shapes):
        raise ValueError(f"stack wants one or more Tensors of one shape, got {', '.join(map(str, shapes)) or 'none'}")
    (place,) = axes(dim, len(shapes[0]) + 1)
    rows = cat([t.reshape(1, *t.shape) for t in tensors])
    order = list(range(1, rows.ndim))
    order.insert(place, 0)
    return rows.permute(order)


def zeros(*shape: Any, requires_grad: bool = False, dtype: Any = np.float32) -> Tensor:
    """zeros(2, 3) or zeros((2, 3))"""
    return Tensor(np.zeros(_spread(shape)), requires_grad, dtype)


def ones(*shape: Any, requires_grad: bool = False, dtype: Any = np.float32) -> Tensor:
    """ones(2, 3) or ones((2, 3))"""
    return Tensor(np.ones(_spread(shape)), requires_grad, dtype)


def randn(*shape: Any, requires_grad: bool = False, dtype: Any = np.float32) -> Tensor:
    """Normal numbers, mean 0, variance 1, from the framework's one source: repeatable after seed_everything."""
    return Tensor(generator().standard_normal(_spread(shape)), requires_grad, dtype)


def arange(start: float, end: float | None = None, step: float = 1, *, dtype: Any = None) -> Tensor:
    """start, start + step, ... up to but not including end. With one number: 0, 1, ... up to but not including it.

    All int -> int64, else float32, unless `dtype` says otherwise.  ValueError if step is 0.

        arange(3) -> [0, 1, 2] int64        arange(1, 2, 0.25) -> [1, 1.25, 1.5, 1.75] float32        arange(3, 0) -> []
    """
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
