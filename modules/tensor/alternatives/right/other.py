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

import itertools
import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from importlib.util import find_spec
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
    """A new array of `shape` that repeats `a` along its axes of size 1 and along missing axes. By hand, this once.

    Element i of the result is the element of `a` at the same index, read from the right, with 0 wherever a's axis
    has size 1. Same dtype as `a`. Raises ValueError naming both shapes if `a` cannot become `shape`: growing is
    allowed, shrinking is not. One Python step an element: everything after this uses NumPy's own.

        [[1], [2]] to (2, 3) -> [[1, 1, 1], [2, 2, 2]]        [1, 2] to (2, 1) -> ValueError (it would be (2, 2))
    """
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
    """`dim` of an array with `ndim` axes as a tuple of axes counted from the front, in the order given.

    None means all axes. Raises IndexError naming the dim and ndim if it is not in -ndim .. ndim - 1, ValueError if an
    axis comes twice.

        axes(-1, 3) -> (2,)          axes((0, -1), 3) -> (0, 2)
        axes(None, 2) -> (0, 1)      axes((1, -1), 2) -> ValueError
    """
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


# Element by element. Shapes broadcast as NumPy does it; if they cannot, NumPy raises ValueError and names both.


def add(a: Array, b: Array) -> tuple[Array, Any]:
    """a + b.  Saves None.    promote first, here and in every op of two arrays.    [1, 2] + [[10], [20]] -> 2 by 2"""
    a, b = promote(a, b)
    return a + b, None


def sub(a: Array, b: Array) -> tuple[Array, Any]:
    """a - b.  Saves None."""
    a, b = promote(a, b)
    return a - b, None


def mul(a: Array, b: Array) -> tuple[Array, Any]:
    """a · b, element by element.  Saves (a, b): the derivative by one of them is the other."""
    a, b = promote(a, b)
    return a * b, (a, b)


def div(a: Array, b: Array) -> tuple[Array, Any]:
    """a / b, true division.  Saves (a, b).  Integers become float32 first:  int64 7 / int64 2 -> float32 3.5"""
    a, b = promote(as_float(a), as_float(b))
    return a / b, (a, b)


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
    wide = np.exp(a, dtype=np.result_type(a, np.float64))
    out = wide.astype(a.dtype)
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
    if (min, max) == (None, None):
        raise ValueError("clip without min and without max does nothing")
    low = -np.inf if min is None else min
    high = np.inf if max is None else max
    if a.dtype.kind == "f":
        low, high = a.dtype.type(low), a.dtype.type(high)
    out = np.where(a > high, high, np.where(a < low, low, a) if low <= high else high).astype(a.dtype)
    return out, np.asarray((a >= low) & (a <= high) | (a != a))


# Matrix multiplication, three times: loops, rows, any number of axes


def matmul_multiply_adds(m: int, k: int, n: int) -> int:
    """Multiply-adds (one product, added to a sum) of an (m, k) times a (k, n) matrix. Predict first, then measure.

    (2, 3, 4) -> 24
    """
    return math.prod((m, n, k))


def matmul_bytes(m: int, k: int, n: int, itemsize: int = 4) -> int:
    """Bytes of the three matrices of an (m, k) times (k, n) product, `itemsize` bytes a number (float32: 4).

    (2, 3, 4) -> 104:  6 + 12 + 8 numbers, 4 bytes each
    """
    return sum(rows * columns * itemsize for rows, columns in ((m, k), (k, n), (m, n)))


def matmul_loops(a: Array, b: Array) -> Array:
    """The definition: out[i, j] = Σ over p of a[i, p] · b[p, j], in three nested loops over single numbers.

    a: (m, k)  b: (k, n)  ->  (m, n), in the dtype of a · b.  m·k·n multiply-adds, each a step of the interpreter.
    Only + and * of single elements, so that it works for anything that can do both (the tests count with it).
    The shapes are known to fit.

        [[1, 2]], [[0.5, -1], [1, 2]] -> [[1·0.5 + 2·1, 1·(-1) + 2·2]] = [[2.5, 3]]
    """
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
    """The same in one loop: row i of the result holds the inner products of row i of `a` with every column of `b`.

    a: (m, k)  b: (k, n)  ->  (m, n), in the dtype of a · b.  The same m·k·n multiply-adds, but only m steps of the
    interpreter. Without @, np.dot and their kin: the point is to see what they do. The shapes are known to fit.

    Scale the rows of b by the numbers of a[i], then add the rows up:
        a[i] = [1, 2], b = [[0.5, -1], [1, 2]] -> [[0.5, -1], [2, 4]] -> [2.5, 3]
    """
    dtype = np.result_type(a, b)
    rows = (np.add.reduce(np.multiply(row[:, None], b), axis=0) for row in a)
    return np.array([row.astype(dtype) for row in rows], dtype).reshape(len(a), b.shape[1])


def matmul(a: Array, b: Array) -> tuple[Array, Any]:
    """a @ b for any number of axes, as PyTorch and NumPy define it.  Saves (a, b), as they came but in one dtype.

    (m, k) @ (k, n) -> (m, n).  More axes in front are a batch of matrices, and broadcast.  A vector on the left is a
    row, a vector on the right a column, and the axis that it lent is dropped again.  Raises ValueError naming both
    shapes if the inner sizes differ or one of the two has no axis; broadcast_shapes raises it if the batches differ.

        (5, 2, 3) @ (3, 4) -> (5, 2, 4)     (3,) @ (3, 4) -> (4,)     (2, 3) @ (3,) -> (2,)     (3,) @ (3,) -> ()
    """
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


# Over axes. `dim` is an axis, several, or None for all; `keepdim` leaves the axis there with size 1.


def reduce_sum(a: Array, dim: Dims = None, keepdim: bool = False) -> tuple[Array, Any]:
    """Sum over `dim`.  Saves (a.shape, the summed axes as `axes` gives them).

    Floats keep their dtype; integers and bools are added up in 64 bits, so that uint8 200 + 100 is 300.
        [[1, 2], [3, 4]], dim=0 -> [4, 6], saved ((2, 2), (0,))        dim=0, keepdim=True -> [[4, 6]]
    """
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
    """The largest value along `dim`, without its index (PyTorch's amax).  Saves (mask, the axes).

    mask: bool, a's shape, True wherever a equals its maximum: with ties at each of them, so that a gradient can be
    shared out fairly.  Raises ValueError if there is nothing to choose from.
        [[1, 3, 3]], dim=1 -> [3], saved ([[False, True, True]], (1,))
    """
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


# The same numbers in another shape. The results may share memory with `a`, as in PyTorch


def reshape(a: Array, shape: Shape) -> tuple[Array, Any]:
    """a's numbers in row-major order in another shape; one size may be -1, "whatever is left".  Saves a.shape.

    O(1) where the memory allows a view, else a copy.  Raises ValueError naming both shapes.
        (2, 6) as (3, -1) -> (3, 4)        (2, 3) as (4,) -> ValueError
    """
    try:
        if min(shape, default=0) < -1:
            raise ValueError("-1 is the only negative size")
        return np.reshape(a, tuple(shape), order="C"), a.shape
    except ValueError as error:
        raise ValueError(f"{a.shape} does not go into {tuple(shape)}: {error}") from error


def permute(a: Array, dims: Sequence[int]) -> tuple[Array, Any]:
    """Axis i of the result is axis dims[i] of a; O(1), a view.  Saves dims as `axes` gives them.

    Raises ValueError unless every axis comes exactly once; if some are missing, it names a's shape.
        (2, 3, 4) by (2, 0, 1) -> (4, 2, 3)        (2, 3) by (0,) -> ValueError
    """
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


def getitem(a: Array, index: Any) -> tuple[Array, Any]:
    """a[index]: numbers, slices, None, ..., and lists, int or bool arrays.  Saves (a.shape, index)."""
    return a[index], (a.shape, index)


def concatenate(*arrays: Array, dim: int = 0) -> tuple[Array, Any]:
    """The arrays one after the other along an existing axis.  Saves (that axis from the front, the sizes along it).

    Raises ValueError if there is no array, or naming all the shapes if they differ along any other axis.
        (2, 3), (4, 3), dim=-2 -> (6, 3), saved (0, (2, 4))
    """
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
        total = self.sum(dim, keepdim=True)
        average = total / math.prod(self.shape[axis] for axis in axes(dim, self.ndim))
        return average if keepdim else average.reshape(*(s for i, s in enumerate(self.shape) if i not in axes(dim, self.ndim)))

    def var(self, dim: Dims = None, correction: int = 1, keepdim: bool = False) -> Tensor:
        """Variance over `dim`: squared distances from the mean, added up and divided by (how many - correction).

        correction=1 (PyTorch's default) for a sample, 0 for the whole population (NumPy's default).
            [1, 2, 3, 4] -> 5 / 3 = 1.6667        correction=0 -> 5 / 4 = 1.25
        Subtract the mean first: mean of squares minus square of the mean loses all its digits when the mean is large.
        """
        squares = (self - self.mean(dim, True)) ** 2
        count = math.prod(self.shape[axis] for axis in axes(dim, self.ndim))
        return squares.sum(dim, keepdim) / (count - correction)

    def reshape(self, *shape: Any) -> Tensor:
        return apply(reshape, self, shape=_spread(shape))

    def permute(self, *dims: Any) -> Tensor:
        return apply(permute, self, dims=_spread(dims))

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        """Exchange two axes; IndexError for an axis that is not there.    (2, 3, 4).transpose(0, -1) -> (4, 3, 2)"""
        order = list(range(self.ndim))
        for dim in (dim0, dim1):
            if not -self.ndim <= dim < self.ndim:
                raise IndexError(f"no dim {dim} in the shape {self.shape}")
        order[dim0], order[dim1] = order[dim1], order[dim0]
        return self.permute(*order)

    @property
    def T(self) -> Tensor:
        """All axes in reverse order: for a matrix, rows become columns."""
        return self.permute(*reversed(range(self.ndim)))

    def squeeze(self, dim: Dims = None) -> Tensor:
        """Drop axes of size 1: all of them, or only those in `dim`. An axis of another size stays, as in PyTorch.

        (1, 3, 1) -> (3,)        dim=0 -> (3, 1)        dim=1 -> (1, 3, 1)
        """
        over = axes(dim, self.ndim)
        sizes: list[int] = []
        for axis in range(self.ndim):
            if self.shape[axis] != 1 or axis not in over:
                sizes += [self.shape[axis]]
        return self.reshape(sizes)

    def unsqueeze(self, dim: int) -> Tensor:
        """Insert an axis of size 1, so that it is axis `dim` of the result.

        (2, 3): dim=0 -> (1, 2, 3)     dim=-1 -> (2, 3, 1)     dim=2 -> (2, 3, 1)     dim=3 -> IndexError
        """
        sizes = list(self.shape)
        sizes.insert(axes(dim, self.ndim + 1)[0], 1)
        return self.reshape(sizes)

    def item(self) -> float | int | bool:
        """The one number as a plain Python number, for any number of axes; else ValueError naming the shape.

            Tensor([[2.5]]).item() -> 2.5        Tensor([1, 2]).item() -> ValueError
        """
        inside = self.tolist()
        while isinstance(inside, list) and len(inside) == 1:
            inside = inside[0]
        if isinstance(inside, list):
            raise ValueError(f"there is no one number in the shape {self.shape}")
        return inside

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
        def parts() -> Iterator[str]:
            yield np.array2string(self.data, prefix="Tensor(", separator=", ")
            yield from (f"dtype={self.dtype}" for _ in range(self.dtype != np.dtype("float32")))
            yield from ("requires_grad=True" for _ in range(self.requires_grad))

        return "Tensor(" + ", ".join(parts()) + ")"


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
    together = [*tensors]
    if len({t.shape for t in together}) != 1:
        raise ValueError("stack: the shapes must be one and the same: " + " ".join(str(t.shape) for t in together))
    axis = axes(dim, together[0].ndim + 1)[0]
    return cat([t[(*[slice(None)] * axis, None)] for t in together], dim=axis)


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
