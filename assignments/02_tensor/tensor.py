"""Tensors: arrays that remember how they were made.

The whole framework stands on three ideas, and all of them are in this file:

    op        a function on plain NumPy arrays that returns the pair (array, saved): the result, and what a derivative of
              it will need later, as its docstring says: one thing, a tuple of several, or None. Options are keywords.
    Tensor    one array, with a place for its gradient.
    apply     runs an op on Tensors. Where a gradient is wanted, the result keeps the op, `saved` and its inputs.

No op writes to its inputs, and only reshape, permute and getitem may return a view of them; all else is a new array.
Where a result has no axes, a NumPy scalar does as well as an array: `apply` makes an array of it.

You write what has a hint, ops and arithmetic of shapes; the rest is given. No later module has to change this file.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
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
    Raises ValueError for ragged lists. Raises TypeError if the data, or the dtype asked for, is not bool, int or float:
    text, None, complex, objects, a Tensor, an int beyond 64 bits. NumPy alone would read "1" as 1 and None as nan.

        as_array([[1, 2], [3, 4]], np.float32) -> float32, shape (2, 2)
        as_array(3.0).shape -> ()        as_array([[1, 2], [3]]) -> ValueError        as_array(["1"]) -> TypeError
    """
    raise NotImplementedError("as_array: not written yet. For a hint: make hint FUNCTION=as_array")


def as_float(a: Array) -> Array:
    """`a` itself if it holds floats; integers and bools as float32 (NumPy alone would say float64)."""
    return a if a.dtype.kind not in "biu" else a.astype(np.float32)


def promote(*arrays: Array) -> tuple[Array, ...]:
    """All in one dtype, as PyTorch mixes them: an integer never widens a float. At least one array.

    float32 with int64 -> float32 (NumPy alone: float64).  float32 with float64 -> float64.  int32 with int64 -> int64.
    """
    if len(arrays) == 2 and arrays[0].dtype is arrays[1].dtype:  # nearly always: NumPy has one object for each dtype
        return arrays
    floats = [a.dtype for a in arrays if a.dtype.kind == "f"]
    dtype = np.result_type(*(floats or [a.dtype for a in arrays]))
    return tuple(a.astype(dtype, copy=False) for a in arrays)


# Shapes


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The shape that arrays of these shapes have together. Pure arithmetic on tuples: no NumPy, no data.

    Write the shapes below each other, right ends aligned; a missing axis counts as 1. Along each axis all sizes other
    than 1 must agree. Raises ValueError that names all the shapes. O(number of axes).

        (2, 3), (3,)      -> (2, 3)         (4, 1), (1, 5) -> (4, 5)        (), (2,) -> (2,)
        (2, 3), (2,)      -> ValueError     (0,), (1,)     -> (0,)          no shapes at all -> ()
    """
    raise NotImplementedError("broadcast_shapes: not written yet. For a hint: make hint FUNCTION=broadcast_shapes")


def broadcast_to(a: Array, shape: Shape) -> Array:
    """A new array of `shape` that repeats `a` along its axes of size 1 and along missing axes. By hand, this once.

    Element i of the result is the element of `a` at the same index, read from the right, with 0 wherever a's axis
    has size 1. Same dtype as `a`. Raises ValueError naming both shapes if `a` cannot become `shape`: growing is
    allowed, shrinking is not. One Python step an element: everything after this uses NumPy's own.

        [[1], [2]] to (2, 3) -> [[1, 1, 1], [2, 2, 2]]        [1, 2] to (2, 1) -> ValueError (it would be (2, 2))
    """
    raise NotImplementedError("broadcast_to: not written yet. For a hint: make hint FUNCTION=broadcast_to")


def axes(dim: Dims, ndim: int) -> Shape:
    """`dim` of an array with `ndim` axes as a tuple of axes counted from the front, in the order given.

    None means all axes. Raises IndexError naming the dim and ndim if it is not in -ndim .. ndim - 1, ValueError if an
    axis comes twice.

        axes(-1, 3) -> (2,)          axes((0, -1), 3) -> (0, 2)
        axes(None, 2) -> (0, 1)      axes((1, -1), 2) -> ValueError
    """
    raise NotImplementedError("axes: not written yet. For a hint: make hint FUNCTION=axes")


def _count(shape: Shape, dim: Dims) -> int:
    """How many numbers of an array of `shape` go into one result over `dim`.    (2, 3, 4), dim=(0, 2) -> 8"""
    return math.prod(shape[axis] for axis in axes(dim, len(shape)))


_LAYERS, _TALL = 64, 512  # a tall array is cut into so many layers; so many rows are tall


def add_up(a: Array, over: Shape, keepdims: bool = False) -> Array:
    """a.sum(axis=over, keepdims=keepdims) that keeps its digits, however many rows there are. Given.

    NumPy adds row after row to one sum. In float32 the sum of 10⁶ rows of 0.1 soon is so large that each further 0.1 is
    rounded, and 100958 comes out. So a tall array is cut into 64 layers, and these are added: a 64th of the rows is left, and
    after few rounds no number has gone through more than some hundred additions: 100000. Along neighbours in memory NumPy
    does something like it by itself, and integers are exact.
    """
    whole = len(over) == a.ndim and (a.ndim == 1 or a.flags.forc)  # one long row of neighbours
    if a.dtype.kind != "f" or whole or a.size < _TALL:
        return a.sum(axis=over, keepdims=keepdims)
    for axis in over:
        if a.shape[axis] == 1 or a.strides[axis] == a.itemsize:
            continue
        while a.shape[axis] >= _TALL:
            rows = np.moveaxis(a, axis, 0)
            left, rest = divmod(len(rows), _LAYERS)
            layers = rows[rest:].reshape(_LAYERS, left, *rows.shape[1:]).sum(axis=0)
            layers[0] += rows[:rest].sum(axis=0)
            a = np.moveaxis(layers, 0, axis)
        if len(over) > 1:  # one axis after the other: several short ones together may be tall
            a = a.sum(axis=axis, keepdims=True)
    return a.sum(axis=over, keepdims=keepdims)


# Element by element. Shapes broadcast as NumPy does it; if they cannot, NumPy raises ValueError and names both.


def add(a: Array, b: Array) -> tuple[Array, Any]:
    """a + b.  Saves None.  promote first, here and wherever several arrays meet.    [1, 2] + [[10], [20]] is (2, 2)"""
    raise NotImplementedError("add: not written yet. For a hint: make hint FUNCTION=add")


def sub(a: Array, b: Array) -> tuple[Array, Any]:
    """a - b.  Saves None."""
    a, b = promote(a, b)
    return a - b, None


def mul(a: Array, b: Array) -> tuple[Array, Any]:
    """a · b, element by element.  Saves (a, b): the derivative by one of them is the other."""
    raise NotImplementedError("mul: not written yet. For a hint: make hint FUNCTION=mul")


def div(a: Array, b: Array) -> tuple[Array, Any]:
    """a / b, true division.  Saves (a, b).  Integers become float32 first:  int64 7 / int64 2 -> float32 3.5"""
    raise NotImplementedError("div: not written yet. For a hint: make hint FUNCTION=div")


def power(a: Array, b: Array) -> tuple[Array, Any]:
    """a to the power b, element by element.  Saves (a, b).    [2, 3] ** 2 -> [4, 9]

    Raises ValueError for integers to a negative power: 2 ** -1 is no integer. (PyTorch refuses it or answers 0, by the form.)
    """
    a, b = promote(a, b)
    if b.dtype.kind == "i" and (b < 0).any():
        raise ValueError("integers to a negative power are not integers: make one side floats first, as in t.float()")
    return a**b, (a, b)


def neg(a: Array) -> tuple[Array, Any]:
    """-a.  Saves None."""
    return -a, None


def exp(a: Array) -> tuple[Array, Any]:
    """e to the a; integers as float32.  Saves the result: it is its own derivative.    exp(0) -> 1"""
    raise NotImplementedError("exp: not written yet. For a hint: make hint FUNCTION=exp")


def log(a: Array) -> tuple[Array, Any]:
    """Natural logarithm; integers as float32.  Saves a."""
    a = as_float(a)
    return np.log(a), a


def sqrt(a: Array) -> tuple[Array, Any]:
    """Square root; integers as float32.  Saves the result: its derivative is 1 / (2 · result)."""
    out = np.sqrt(as_float(a))
    return out, out


def absolute(a: Array) -> tuple[Array, Any]:
    """|a|.  Saves the sign of a (-1, 0 or 1, in a's dtype), which is the derivative, with 0 at 0.

    The sign of NaN is NaN, so that a gradient does not hide it. (PyTorch says 0.)
    """
    return np.abs(a), np.sign(a)


def clip(a: Array, min: float | None = None, max: float | None = None) -> tuple[Array, Any]:
    """a with everything below `min` raised to min, then everything above `max` lowered to max; None is no bound.

    a's dtype: for integers the bounds are integers too.  Saves the mask, bool, of the elements within the bounds; one
    that lies on a bound is within (as in PyTorch).  NaN stays NaN.  Raises ValueError if both bounds are None.
        [-2, 0, 3] with min=0 -> [0, 0, 3], saved [False, True, True]        min=5, max=2 -> 2 everywhere, none within
    """
    raise NotImplementedError("clip: not written yet. For a hint: make hint FUNCTION=clip")


def cast(a: Array, dtype: Any) -> tuple[Array, Any]:
    """A copy of a's numbers in `dtype`.  Saves None: the derivative is 1."""
    return a.astype(dtype), None


def compare(a: Array, b: Array, how: np.ufunc) -> tuple[Array, Any]:
    """how(a, b), element by element, as bools; how is np.equal, np.less, np.greater_equal, ...  Saves None.

    promote first, as in add.  [1, 2, 3] with 2, how=np.less -> [True, False, False]
    """
    raise NotImplementedError("compare: not written yet. For a hint: make hint FUNCTION=compare")


# Matrix multiplication, three times: loops, rows, any number of axes. To be written with + and * alone: @, np.matmul,
# np.dot, np.vdot, np.inner, np.einsum, np.tensordot and their like would hide what this is about.


def matmul_multiply_adds(m: int, k: int, n: int) -> int:
    """Multiply-adds (one product, added to a sum) of an (m, k) times a (k, n) matrix. Predict first, then measure.

    (2, 3, 4) -> 24
    """
    raise NotImplementedError("matmul_multiply_adds: not written yet. For a hint: make hint FUNCTION=matmul_multiply_adds")


def matmul_bytes(m: int, k: int, n: int, itemsize: int = 4) -> int:
    """Bytes of the three matrices of an (m, k) times (k, n) product, `itemsize` bytes a number (float32: 4).

    (2, 3, 4) -> 104:  6 + 12 + 8 numbers, 4 bytes each
    """
    raise NotImplementedError("matmul_bytes: not written yet. For a hint: make hint FUNCTION=matmul_bytes")


def matmul_loops(a: Array, b: Array) -> Array:
    """The definition: out[i, j] = Σ over p of a[i, p] · b[p, j], in three nested loops over single numbers.

    a: (m, k)  b: (k, n)  ->  (m, n).  a and b fit, and share one dtype, which is the result's (matmul sees to that).
    m·k·n multiply-adds, each a step of the interpreter. Only + and * of single elements, so that it works for whatever
    can do both: the tests count with objects.

        [[1, 2]], [[0.5, -1], [1, 2]] -> [[1·0.5 + 2·1, 1·(-1) + 2·2]] = [[2.5, 3]]
    """
    raise NotImplementedError("matmul_loops: not written yet. For a hint: make hint FUNCTION=matmul_loops")


def matmul_rows(a: Array, b: Array) -> Array:
    """The same in one loop: row i of the result holds the inner products of row i of `a` with every column of `b`.

    a: (m, k)  b: (k, n)  ->  (m, n), as above.  The same m·k·n multiply-adds, but only m steps of the interpreter.

    Scale the rows of b by the numbers of a[i], then add the rows up:
        a[i] = [1, 2], b = [[0.5, -1], [1, 2]] -> [[0.5, -1], [2, 4]] -> [2.5, 3]
    """
    raise NotImplementedError("matmul_rows: not written yet. For a hint: make hint FUNCTION=matmul_rows")


def matmul(a: Array, b: Array) -> tuple[Array, Any]:
    """a @ b for any number of axes, as PyTorch and NumPy define it.  Saves (a, b), as they came but in one dtype.

    (m, k) @ (k, n) -> (m, n).  More axes in front are a batch of matrices, and broadcast.  A vector on the left is a
    row, a vector on the right a column, and the axis that it lent is dropped again.  Raises ValueError naming both
    shapes if the inner sizes differ or one of the two has no axis; broadcast_shapes raises it if the batches misfit.

        (5, 2, 3) @ (3, 4) -> (5, 2, 4)     (3,) @ (3, 4) -> (4,)     (2, 3) @ (3,) -> (2,)     (3,) @ (3,) -> ()
    """
    raise NotImplementedError("matmul: not written yet. For a hint: make hint FUNCTION=matmul")


# Over axes. `dim` is an axis, several, or None for all; `keepdim` leaves the axis there with size 1. An empty dim=() is no
# axis, so that nothing is reduced, as in NumPy. (PyTorch takes it for all.)


def reduce_sum(a: Array, dim: Dims = None, keepdim: bool = False) -> tuple[Array, Any]:
    """Sum over `dim`.  Saves (a.shape, the summed axes as `axes` gives them).

    Floats keep their dtype; integers and bools are added up in 64 bits, so that uint8 200 + 100 is 300. No numbers: 0.
        [[1, 2], [3, 4]], dim=0 -> [4, 6], saved ((2, 2), (0,))        dim=0, keepdim=True -> [[4, 6]]
    """
    raise NotImplementedError("reduce_sum: not written yet. For a hint: make hint FUNCTION=reduce_sum")


def reduce_max(a: Array, dim: Dims = None, keepdim: bool = False) -> tuple[Array, Any]:
    """The largest value along `dim`, without its index (PyTorch's amax).  Saves (mask, the axes).

    mask: bool, a's shape, True wherever a equals its maximum: with ties at each of them, so that a gradient can be
    shared out fairly.  Raises ValueError if a result has nothing to choose from: (0, 3) over 0; (3, 0) over 0 is (0,).
        [[1, 3, 3]], dim=1 -> [3], saved ([[False, True, True]], (1,))
    """
    raise NotImplementedError("reduce_max: not written yet. For a hint: make hint FUNCTION=reduce_max")


# The same numbers in another shape. The results may share memory with `a`, as in PyTorch


def reshape(a: Array, shape: Shape) -> tuple[Array, Any]:
    """a's numbers in row-major order in another shape; one size may be -1, "whatever is left".  Saves a.shape.

    O(1) where the memory allows a view, else a copy.  Raises ValueError naming both shapes if they do not fit, if -1
    comes twice, could be anything, or is any other negative size (of which NumPy lets one pass).
        (2, 6) as (3, -1) -> (3, 4)     (2, 3) as (4,), (2, 6) as (-2, 6), (2, 0) as (0, -1) -> ValueError
    """
    raise NotImplementedError("reshape: not written yet. For a hint: make hint FUNCTION=reshape")


def permute(a: Array, dims: Sequence[int]) -> tuple[Array, Any]:
    """Axis i of the result is axis dims[i] of a; O(1), a view.  Saves dims as `axes` gives them.

    Raises what `axes` raises (IndexError for an axis that is not there, ValueError for one that comes twice), and
    ValueError naming a's shape if an axis is missing.
        (2, 3, 4) by (2, 0, 1) -> (4, 2, 3)        (2, 3) by (0,) -> ValueError        (2, 3) by (0, 5) -> IndexError
    """
    raise NotImplementedError("permute: not written yet. For a hint: make hint FUNCTION=permute")


def getitem(a: Array, index: Any) -> tuple[Array, Any]:
    """a[index]: numbers, slices, None, ..., and lists, int or bool arrays.  Saves (a.shape, index)."""
    return a[index], (a.shape, index)


def concatenate(*arrays: Array, dim: int = 0) -> tuple[Array, Any]:
    """The arrays one after the other along an existing axis.  Saves (that axis from the front, the sizes along it).

    promote first.  Raises ValueError if there is no array, or naming all shapes if they differ along any other axis.
        (2, 3), (4, 3), dim=-2 -> (6, 3), saved (0, (2, 4))
    """
    raise NotImplementedError("concatenate: not written yet. For a hint: make hint FUNCTION=concatenate")


# What the rest of the term hooks into. All given, from here to `mean`: read it, it is short

DIFFERENTIABLE: tuple[Op, ...] = (  # the ops of this file that will need a derivative
    *(add, sub, mul, div, power, neg, exp, log, sqrt, absolute, clip, cast),
    *(matmul, reduce_sum, reduce_max, reshape, permute, getitem, concatenate),
)

# op -> a faster op with the same contract, or an optimizer's rule -> a faster one, which may write its results into the data
# and the state that it was given. Empty: everything runs as you wrote it
backend: dict[Callable[..., Any], Callable[..., Any]] = {}


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
    parents, arrays = [], []
    wanted = False
    for x in inputs:
        if not isinstance(x, Tensor):
            x = _constant(x, inputs)
        parents.append(x)
        arrays.append(x.data)
        wanted = wanted or x.requires_grad
    op = backend.get(op, op)  # subtle: a faster op may save other things, so the rule must be its own
    array, saved = op(*arrays, **options)
    result = Tensor.__new__(Tensor)  # as in Tensor._of, but a call less: this line runs millions of times
    result.data = array = np.asarray(array)  # NumPy gives scalars where we want arrays with no axes
    if wanted and grad_mode.enabled and array.dtype.kind == "f":
        result.requires_grad = True
        result._op, result._saved, result._parents = op, saved, tuple(parents)
    return result


def _constant(value: Any, inputs: tuple[Any, ...]) -> Tensor:
    """A number or array among `inputs` as a Tensor: in the dtype of the first Tensor, unless it is a float beside integers."""
    dtype = next((x.data.dtype for x in inputs if isinstance(x, Tensor)), np.dtype(np.float32))
    if type(value) in (int, float) and dtype.kind == "f":  # as most constants are: x * 2
        return Tensor._of(np.array(value, dtype))
    array = as_array(value)
    if "biuf".index(array.dtype.kind) > "biuf".index(dtype.kind):
        dtype = np.dtype(np.float32) if array.dtype.kind == "f" else array.dtype
    return Tensor._of(array.astype(dtype, copy=False))


def _spread(args: tuple[Any, ...]) -> tuple[int, ...]:
    """Sizes or dims given as f(2, 3) or as f((2, 3))."""
    return tuple(args[0]) if len(args) == 1 and isinstance(args[0], (tuple, list)) else args


def _operator(op: Op) -> tuple[Callable[[Any, Any], Tensor], Callable[[Any, Any], Tensor]]:
    """The methods for `self op other` and for `other op self`."""
    return lambda self, other: apply(op, self, other), lambda self, other: apply(op, other, self)


def _comparison(how: np.ufunc) -> Callable[[Any, Any], Any]:
    def method(self: Tensor, other: Any) -> Any:
        known = isinstance(other, (Tensor, np.ndarray, np.generic, bool, int, float))
        return apply(compare, self, other, how=how) if known else NotImplemented  # so that `t == None` is False, no error

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

    # What a Tensor has until it gets one of its own
    grad: Array | None = None
    requires_grad: bool = False
    retains_grad: bool = False
    _op: Op | None = None
    _saved: Any = None
    _parents: tuple[Tensor, ...] = ()
    _values_alone: bool = False  # whether it comes from max or min, and must not be unpacked as in PyTorch

    def __init__(self, data: Any, requires_grad: bool = False, dtype: Any = np.float32) -> None:
        self.data = as_array(data, dtype)
        if requires_grad and self.dtype.kind != "f":
            raise TypeError(f"only floats can require a gradient, and this Tensor is {self.dtype}")
        self.requires_grad = requires_grad

    @staticmethod
    def _of(array: Array) -> Tensor:
        """A Tensor around this very array, not copied: for results of ops."""
        tensor = Tensor.__new__(Tensor)  # past __init__, which copies
        tensor.data = np.asarray(array)  # NumPy gives scalars where we want arrays with no axes
        return tensor

    shape = property(lambda self: self.data.shape, doc="Sizes of the axes, a tuple of ints.")
    ndim = property(lambda self: self.data.ndim, doc="Number of axes; 0 for a single number.")
    dtype = property(lambda self: self.data.dtype, doc="NumPy dtype of the elements.")
    is_leaf = property(lambda self: self._op is None, doc="True if no remembered op made it.")

    def backward(self, gradient: Any = None, **of_pytorch: Any) -> None:
        """Compute the gradients of everything this was made from. Written in the module autograd."""
        if of_pytorch:
            raise TypeError(
                f"backward() has no {', '.join(of_pytorch)}: the graph stays anyway, so leave out retain_graph; second "
                "derivatives, for which there is create_graph, are not here"
            )
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
        if self._values_alone:
            raise TypeError(
                "max(dim) and min(dim) give the values alone, so this does not unpack into values and indices: write "
                "v, i = x.max(dim=1), x.argmax(dim=1); to go through the numbers, use .tolist()"
            )
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __format__(self, spec: str) -> str:
        """f"{loss:.4f}" of a single number; without a format, what print shows."""
        return format(self.item(), spec) if spec else str(self)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "a Tensor is not changed in place, or gradients would go wrong: make a new one, with cat, stack or x * mask. "
            "Without gradients, for data, write t.data[index] = value"
        )

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        raise TypeError(
            "a Tensor does not turn into an array by itself: use .numpy() or .data, stack or cat for several, and "
            "apply(op, t) to run an op on it"
        )

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Tensor:
        """`array + tensor`: NumPy asks here what it should do. Its functions, such as np.exp(tensor), are refused."""
        if method == "__call__" and not options and ufunc in _OPERATORS:
            return _OPERATORS[ufunc](*inputs)
        raise TypeError(
            f"np.{ufunc.__name__} takes arrays, and got a Tensor. To run an op on a Tensor write apply(relu, t), ReLU()(t) or "
            "a method such as t.exp(); for the numbers alone, t.data"
        )

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

    clamp = clip

    def clone(self) -> Tensor:
        return apply(cast, self, dtype=self.dtype)

    def float(self) -> Tensor:
        return apply(cast, self, dtype=np.float32)

    def sum(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        return apply(reduce_sum, self, dim=dim, keepdim=keepdim)

    def max(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        """The largest values, without their indices, which argmax gives. (PyTorch's amax; equal ones share the gradient.)"""
        result = apply(reduce_max, self, dim=dim, keepdim=keepdim)
        result._values_alone = True
        return result

    def min(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        """The smallest values: minus the largest of the negative. Of integers, which have no gradient, NumPy's own."""
        if self.dtype.kind == "f":
            result = -((-self).max(dim, keepdim))
        else:
            result = Tensor._of(self.data.min(axis=axes(dim, self.ndim), keepdims=keepdim))
        result._values_alone = True
        return result

    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """Where the largest value is: its place along `dim`, the first if there are several; None counts through all numbers."""
        axis = None if dim is None else axes(dim, self.ndim)[0]
        return Tensor._of(self.data.argmax(axis=axis, keepdims=keepdim))

    def mean(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        """Sum over `dim` divided by how many there are; integers give float32.    [[1, 2], [3, 4]], dim=1 -> [1.5, 3.5]

        Made of ops that exist, so that it needs no derivative of its own. The same goes for everything down to stack.
        The mean of no numbers is nan (0 / 0; NumPy warns), and a float16 mean overflows where the sum does.
        """
        raise NotImplementedError("Tensor.mean: not written yet. For a hint: make hint FUNCTION=Tensor.mean")

    def var(self, dim: Dims = None, correction: int = 1, keepdim: bool = False) -> Tensor:
        """Variance over `dim`: squared distances from the mean, added up and divided by (how many - correction).

        correction=1 (PyTorch's default) for a sample, 0 for the whole population (NumPy's default).
            [1, 2, 3, 4] -> 5 / 3 = 1.6667        correction=0 -> 5 / 4 = 1.25        [7] -> 0 / 0, nan (NumPy warns)
        A correction beyond how many there are is not defined. Subtract the mean first: mean of squares minus
        square of the mean loses all its digits when the mean is large.
        """
        raise NotImplementedError("Tensor.var: not written yet. For a hint: make hint FUNCTION=Tensor.var")

    def std(self, dim: Dims = None, correction: int = 1, keepdim: bool = False) -> Tensor:
        """√var. Where that is 0 the gradient is 0, as in PyTorch; var().sqrt() has nan there, here as in PyTorch."""
        variance = self.var(dim, correction, keepdim)
        zero = Tensor(variance.data == 0, dtype=variance.dtype)  # subtle: √ is infinitely steep at 0, so go by way of 1
        return (variance + zero).sqrt() - zero

    def reshape(self, *shape: Any) -> Tensor:
        return apply(reshape, self, shape=_spread(shape))

    view = reshape  # PyTorch's raises where it would have to copy; this copies

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        """One axis in place of the axes start_dim to end_dim, both included.    (2, 3, 4), start_dim=1 -> (2, 12)"""
        ndim = max(self.ndim, 1)  # a single number becomes one number along one axis
        (start,), (end,) = axes(start_dim, ndim), axes(end_dim, ndim)
        if start > end:
            raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim} in shape {self.shape}")
        together = math.prod(self.shape[start : end + 1])  # subtle: -1 in its place could not tell in an empty batch
        return self.reshape(*self.shape[:start], together, *self.shape[end + 1 :])

    def permute(self, *dims: Any) -> Tensor:
        return apply(permute, self, dims=_spread(dims))

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        """Exchange two axes; an axis with itself changes nothing.  IndexError for an axis that is not there.

        (2, 3, 4).transpose(0, -1) -> (4, 3, 2)        (2, 3).transpose(1, 1) -> (2, 3)
        """
        raise NotImplementedError("Tensor.transpose: not written yet. For a hint: make hint FUNCTION=Tensor.transpose")

    @property
    def T(self) -> Tensor:
        """All axes in reverse order: for a matrix, rows become columns."""
        return self.permute(*reversed(range(self.ndim)))

    def squeeze(self, dim: Dims = None) -> Tensor:
        """Drop axes of size 1: all of them, or only those in `dim`. An axis of another size stays, as in PyTorch.

        (1, 3, 1) -> (3,)        dim=0 -> (3, 1)        dim=1 -> (1, 3, 1)
        """
        raise NotImplementedError("Tensor.squeeze: not written yet. For a hint: make hint FUNCTION=Tensor.squeeze")

    def unsqueeze(self, dim: int) -> Tensor:
        """Insert an axis of size 1, so that it is axis `dim` of the result.

        (2, 3): dim=0 -> (1, 2, 3)     dim=-1 -> (2, 3, 1)     dim=2 -> (2, 3, 1)     dim=3 -> IndexError
        """
        raise NotImplementedError("Tensor.unsqueeze: not written yet. For a hint: make hint FUNCTION=Tensor.unsqueeze")

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one axis.    (2, 3): size() -> (2, 3), size(-1) -> 3"""
        return self.shape if dim is None else self.shape[axes(dim, self.ndim)[0]]

    def numel(self) -> int:
        """How many numbers it has."""
        return self.data.size

    def dim(self) -> int:
        """How many axes it has: ndim."""
        return self.ndim

    def item(self) -> float | int | bool:
        """The one number as a plain Python number, for any number of axes; else ValueError naming the shape.

            Tensor([[2.5]]).item() -> 2.5        Tensor([1, 2]).item() -> ValueError
        """
        raise NotImplementedError("Tensor.item: not written yet. For a hint: make hint FUNCTION=Tensor.item")

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
        raise NotImplementedError("Tensor.__repr__: not written yet. For a hint: make hint FUNCTION=Tensor.__repr__")


_OPERATORS: dict[np.ufunc, Callable[[Any, Any], Tensor]] = {  # what NumPy makes of `array + tensor`, and its like
    **{how: partial(apply, op) for how, op in ((np.add, add), (np.subtract, sub), (np.multiply, mul))},
    **{how: partial(apply, op) for how, op in ((np.true_divide, div), (np.power, power), (np.matmul, matmul))},
    **{how: partial(apply, compare, how=how) for how in (np.equal, np.not_equal, np.less, np.less_equal)},
    **{how: partial(apply, compare, how=how) for how in (np.greater, np.greater_equal)},
}


# Several into one, and Tensors from nothing


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """One after the other along an existing axis.    (2, 3), (4, 3) -> (6, 3)"""
    return apply(concatenate, *tensors, dim=dim)


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Side by side along a new axis, which is axis `dim` of the result.  ValueError naming the shapes if they differ.

    two of (3,): dim=0 -> (2, 3), dim=1 or -1 -> (3, 2)
    """
    raise NotImplementedError("stack: not written yet. For a hint: make hint FUNCTION=stack")


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

    All int -> int64, else float32; `dtype`, if given, is applied to the finished numbers.  ValueError if step is 0.
    Where rounding makes the last number meet the end, as in (1, 1.3, 0.1), it may be there or not, as NumPy and PyTorch
    have it: choose steps that floats hold exactly.

        arange(3) -> [0, 1, 2] int64        arange(1, 2, 0.25) -> [1, 1.25, 1.5, 1.75] float32        arange(3, 0) -> []
    """
    raise NotImplementedError("arange: not written yet. For a hint: make hint FUNCTION=arange")
