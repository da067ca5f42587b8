"""Automatic differentiation: one walk from a result back to everything that it was made from.

Module tensor made every result remember its op, what the op saved, and its inputs. Here is the other half:

    rule        the derivative of an op, on plain arrays: rule(grad, saved) -> one gradient, or None, for each input.
                grad says of each number of the result how much the final loss changes per unit of it; the rule says
                the same of each number of each input. You wrote some by hand already: relu_backward, and its like.
    lazy        A gradient that is expensive may be a function of no arguments instead of an array. It is called only if
                its input wants a gradient: the pictures that go into the first layer never do.
    rules       the table {op: rule}. The ops of tensor.py have their rules here; those of later files, beside the op.
    backward    the walk: every result before its inputs, each once, gradients added up where ways meet.

What holds for all rules: grad has the result's shape, and the dtype of the inputs, which is that of the result. Nobody
writes into grad or saved, nor into what a rule returns, which may therefore be a view, or grad itself. Where an op
broadcast its inputs, a rule may answer in the broadcast shape: the walk adds up, with `unbroadcast`, in one place.
For shape () a NumPy scalar will do, in rules, `unbroadcast` and the walk alike; only a .grad is always an array.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from . import activations, layers, losses
from .tensor import (
    Op,
    Shape,
    Tensor,
    absolute,
    add,
    add_up,
    as_array,
    broadcast_shapes,
    cast,
    clip,
    concatenate,
    div,
    exp,
    getitem,
    grad_mode,
    log,
    matmul,
    mul,
    neg,
    permute,
    power,
    reduce_max,
    reduce_sum,
    reshape,
    run,
    sqrt,
    sub,
)

Array = np.ndarray
Rule = Callable[[Array, Any], tuple["Array | Callable[[], Array] | None", ...]]

# Broadcasting, backwards


def unbroadcast(grad: Array, shape: Shape) -> Array:
    """The gradient of an array of `shape`, from `grad`, that of the array it was broadcast to.

    A number that was repeated is responsible for all its copies: their gradients are added up, over the axes that were
    missing and over those of size 1 that were stretched. Result: shape `shape`, dtype of grad; grad itself will do where
    nothing was stretched. Raises ValueError naming both shapes if `shape` does not broadcast to grad.shape.

        grad (2, 3), shape (3,) -> (3,): the sum of the rows        (2, 3), (2, 1) -> (2, 1)        (2, 3), () -> ()
    """
    if grad.shape == shape:
        return grad
    extra = grad.ndim - len(shape)
    if broadcast_shapes(grad.shape, shape) != grad.shape:
        raise ValueError(f"unbroadcast: an array of shape {shape} does not broadcast to the gradient's {grad.shape}")
    stretched = [extra + axis for axis, size in enumerate(shape) if size == 1]
    over = (*range(extra), *stretched)
    return add_up(grad, over).reshape(shape) if over else grad


# The rules of tensor.py's ops, element by element. Each docstring repeats what the op saved


def add_backward(grad: Array, saved: None) -> tuple[Array, Array]:
    """grad for both: one more on either side is one more in the sum."""
    return grad, grad


def sub_backward(grad: Array, saved: None) -> tuple[Array, Array]:
    """grad and -grad."""
    return grad, -grad


def neg_backward(grad: Array, saved: None) -> tuple[Array]:
    """-grad."""
    return (-grad,)


def mul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    """Of a · b, saved (a, b): each factor's slope is the other factor.

    grad [10, 1], a [1, 2], b [3, 4] -> ([30, 4], [10, 2])
    """
    a, b = saved
    return grad * b, grad * a


def div_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    """Of a / b, saved (a, b): the slopes are 1 / b and -a / b².

    grad [1], a [6], b [2] -> ([0.5], [-1.5])
    """
    a, b = saved
    da = grad / b
    return da, -da * (a / b)


def power_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Any, Any]:
    """Of a to the b, saved (a, b): the slopes are b · a^(b-1) and a^b · log a. In silence: no NumPy warning.

    Where b is 0 the slope by a is 0, also at a = 0. Where a is 0 and b ≥ 0 the slope by b is 0. Where a is negative the
    slope by b is nan: a^b is no real number for the b beside it. (The three are PyTorch's.) An infinite grad times a slope
    of 0: 0 or nan, as it comes. With `x ** 2` nobody asks for the second gradient, a power and a logarithm for each number:
    make that one a function, which is silent when it is called. Arrays for both are right as well, and slower.

        grad [1], a [3], b [2] -> ([6], [9.8875])        a [-3] -> ([-6], [nan])        a [0] -> ([0], [0])
    """
    a, b = saved

    def by_b() -> Array:
        with np.errstate(all="ignore"):
            return grad * np.where((a == 0) & (b >= 0), 0, a**b * np.log(a))

    with np.errstate(all="ignore"):
        return grad * np.where(b == 0, 0, b * a ** (b - 1)), by_b


def exp_backward(grad: Array, saved: Array) -> tuple[Array]:
    """Of e to the a, saved the result, which is its own slope."""
    return (grad * saved,)


def log_backward(grad: Array, saved: Array) -> tuple[Array]:
    """Of log a, saved a: the slope is 1 / a."""
    return (grad / saved,)


def sqrt_backward(grad: Array, saved: Array) -> tuple[Array]:
    """Of √a, saved the result: the slope is 1 / (2 · result). At 0 it is infinite, and NumPy warns; var().sqrt() of equal
    numbers has nan for gradients, as in PyTorch, where std() has 0.
    """
    return (grad / (2 * saved),)


def absolute_backward(grad: Array, saved: Array) -> tuple[Array]:
    """Of |a|, saved the sign of a, which is the slope; 0 at 0."""
    return (grad * saved,)


def clip_backward(grad: Array, saved: Array) -> tuple[Array]:
    """Of clip, saved the mask of what lay within the bounds: grad there, 0 elsewhere, even where grad is inf or nan.

    grad [5, inf], saved [True, False] -> ([5, 0],)
    """
    return (np.where(saved, grad, 0),)


def cast_backward(grad: Array, saved: None) -> tuple[Array]:
    """grad: the walk takes it into the input's dtype."""
    return (grad,)


# Matrix multiplication


def matmul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Any, Any]:
    """Of a @ b, saved (a, b): grad @ bᵀ and aᵀ @ grad, where ᵀ exchanges the last two axes.

    For any number of axes, as in `matmul`. A vector on the left was a row and one on the right a column: give grad the
    axis that was dropped, make the vectors matrices, and take the lent axis out of the vector's gradient again. Batch axes
    that were broadcast may stay in the answer: (5, 2, 3) @ (3, 4) may answer (5, 3, 4) for the right one. Multiply with
    run(matmul, …)[0], so that a faster matmul serves here as well. Each product costs as much as the forward: answer with
    two functions, and the one that nobody wants is never computed. Arrays are right as well, and slower.

        a (m, k), b (k, n), grad (m, n) -> (m, k), (k, n)        a (k,), b (k, n), grad (n,) -> (k,), (k, n)

        grad [[1, -2]], a [[1, 2]], b [[0.5, -1], [1, 2]] -> [[2.5, -3]], [[1, -2], [2, -4]]
    """
    a, b = saved
    left = a[np.newaxis, :] if a.ndim == 1 else a
    right = b[:, np.newaxis] if b.ndim == 1 else b
    if b.ndim == 1:
        grad = grad[..., np.newaxis]  # the column's axis first: with two vectors grad has no axis to count from
    if a.ndim == 1:
        grad = grad[..., np.newaxis, :]

    def da() -> Array:
        found, _ = run(matmul, grad, right.mT)  # (…, m, n) @ (…, n, k)
        return found[..., 0, :] if a.ndim == 1 else found

    def db() -> Array:
        found, _ = run(matmul, left.mT, grad)  # (…, k, m) @ (…, m, n)
        return found[..., 0] if b.ndim == 1 else found

    return da, db


def matmul_backward_multiply_adds(m: int, k: int, n: int) -> int:
    """Multiply-adds of matmul_backward's products, if both inputs want a gradient, for (m, k) @ (k, n). The suite counts.

    (2, 3, 4) -> 48
    """
    return 2 * m * k * n


# Over axes. The result may have kept the reduced axes with size 1 or not: the rule cannot tell, and need not


def _keep(grad: Array, shape: Shape, over: Shape) -> Array:
    """grad with the axes `over`, which a reduction of `shape` took out, back in place with size 1.

    grad (2,) or (2, 1), shape (2, 3), over (1,) -> (2, 1)
    """
    return grad.reshape(tuple(1 if axis in over else size for axis, size in enumerate(shape)))


def reduce_sum_backward(grad: Array, saved: tuple[Shape, Shape]) -> tuple[Array]:
    """Of a sum, saved (a.shape, the summed axes): every number gets the gradient of the sum it went into.

    grad [5, 7], saved ((2, 3), (1,)) -> [[5, 5, 5], [7, 7, 7]]
    """
    shape, over = saved
    return (np.broadcast_to(_keep(grad, shape, over), shape),)


def reduce_max_backward(grad: Array, saved: tuple[Array, Shape]) -> tuple[Array]:
    """Of a maximum, saved (mask, the axes): the gradient goes where the maximum was; ties share it evenly.

    grad's dtype: float32 stays float32. Where the maximum was nan the mask is empty: what comes there is left open.

        grad [6], saved ([[False, True, True]], (1,)) -> [[0, 3, 3]]
    """
    mask, over = saved
    ties = mask.sum(axis=over, keepdims=True, dtype=grad.dtype)  # subtle: float32 / int64 is float64
    return (_keep(grad, mask.shape, over) / ties * mask,)


# The same numbers elsewhere: send each gradient back to where its number came from


def reshape_backward(grad: Array, saved: Shape) -> tuple[Array]:
    """Of a reshape, saved a.shape.    grad (6,), saved (2, 3) -> (2, 3)"""
    return (grad.reshape(saved),)


def permute_backward(grad: Array, saved: Shape) -> tuple[Array]:
    """Of a permutation, saved dims: axis i of the result was axis dims[i] of a.

    grad (4, 2, 3), saved (2, 0, 1) -> (2, 3, 4)        dims themselves are their own way back only if just two change places
    """
    return (grad.transpose(np.argsort(saved)),)


def getitem_backward(grad: Array, saved: tuple[Shape, Any]) -> tuple[Array]:
    """Of a[index], saved (a.shape, index): zeros, and grad added in at the index. A number taken twice gets both.

    grad [1, 10, 100], saved ((4,), [2, 0, 2]) -> [10, 0, 101, 0]        index may be whatever NumPy takes
    """
    shape, index = saved
    out = np.zeros(shape, dtype=grad.dtype)
    np.add.at(out, index, grad)
    return (out,)


def concatenate_backward(grad: Array, saved: tuple[int, tuple[int, ...]]) -> tuple[Array, ...]:
    """Of several joined, saved (axis, the sizes along it): grad, cut where they were joined.

    grad [1, 2, 3], saved (0, (1, 2)) -> ([1], [2, 3])
    """
    axis, sizes = saved
    return tuple(np.split(grad, np.cumsum(sizes)[:-1], axis=axis))


# The table. All given. Later modules add to it: rules[op] = rule, once, beside the op


def hand_written(module: ModuleType) -> dict[Op, Rule]:
    """{op: rule} for every NAME with a NAME_backward beside it in `module`: the functions themselves, as you wrote them."""
    names = vars(module)
    return {names[name.removesuffix("_backward")]: rule for name, rule in names.items() if name.endswith("_backward")}


rules: dict[Op, Rule] = {
    add: add_backward,
    sub: sub_backward,
    mul: mul_backward,
    div: div_backward,
    power: power_backward,
    neg: neg_backward,
    exp: exp_backward,
    log: log_backward,
    sqrt: sqrt_backward,
    absolute: absolute_backward,
    clip: clip_backward,
    cast: cast_backward,
    matmul: matmul_backward,
    reduce_sum: reduce_sum_backward,
    reduce_max: reduce_max_backward,
    reshape: reshape_backward,
    permute: permute_backward,
    getitem: getitem_backward,
    concatenate: concatenate_backward,
}
for _file in (activations, layers, losses):
    rules.update(hand_written(_file))


def pull_back(result: Tensor, grad: Array) -> tuple[Array | None, ...]:
    """The gradients of result's inputs, by the rule of the op that made it; grad is that of the result. Given.

    Arrays, perhaps still in the broadcast shape. None for inputs that have no derivative, and for those that want no
    gradient: where the rule has a function for these, it is not called. Raises
    LookupError if the op has no rule, TypeError if the rule does not return a tuple with one entry for each input, and
    ValueError if an entry has neither its input's shape nor one that this broadcasts to.
    """
    name, parents = result._op.__name__, result._parents
    rule = rules.get(result._op)
    if rule is None:
        raise LookupError(f"the op {name} has no rule: write {name}_backward(grad, saved) and put it into autograd.rules")
    found = rule(np.asarray(grad), result._saved)
    if not isinstance(found, tuple) or len(found) != len(parents):
        got = f"a tuple of {len(found)}" if isinstance(found, tuple) else type(found).__name__
        raise TypeError(f"the rule of {name} must return a tuple of {len(parents)}, one for each input; got {got}")
    parts: list[Array | None] = []
    for parent, part in zip(parents, found, strict=True):
        if not parent.requires_grad:
            part = None
        elif callable(part):
            part = part()
        if part is not None:
            part = np.asarray(part)
            if part.shape != parent.data.shape:
                _check_stretched(name, len(parts), part.shape, parent.shape)
        parts.append(part)
    return tuple(parts)


def _check_stretched(name: str, number: int, shape: Shape, wanted: Shape) -> None:
    """Refuse an answer of `shape` for input `number`, which has the shape `wanted`, unless that broadcasts to `shape`."""
    ends = zip(reversed(wanted), reversed(shape), strict=False)
    if len(shape) < len(wanted) or any(mine not in (1, its) for mine, its in ends):
        raise ValueError(f"the rule of {name} answers with shape {shape} for input {number}, which has {wanted}")


# The walk


def topological_order(tensor: Tensor) -> list[Tensor]:
    """`tensor` and everything it was made from, directly or not, each once, every one before its own _parents.

    Without recursion: Python stops at about 1,000 calls within calls, and a chain of 10,000 ops is nothing unusual.
    O(tensors + inputs of all). A dict or set of Tensors finds them by identity; `in` a list would compare numbers.

        a = z * 3; b = a * a; c = a + b -> [c, b, a, 3, z], or with z and 3 exchanged: a waits until b is done
    """
    order: list[Tensor] = []
    seen = set[Tensor]()
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
    """The gradient that the walk starts with, of tensor's shape and dtype: `gradient`, or 1 for a single number.

    gradient: a Tensor, array, nested lists or number of exactly tensor's shape; nothing is broadcast. It is copied.
    Raises ValueError if `tensor` requires no gradient; if gradient is None and tensor has not exactly one number, naming
    its shape; if the shapes differ, naming both.

        shape (1, 1), None -> [[1]]        shape (2,), [1, -2] -> [1, -2]        shape (2, 3), None -> ValueError
    """
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
    """Go back from `tensor`, whose gradient is `first`: pairs (one, its whole gradient), every one before its inputs.

    Pairs come for `tensor`, always, and for whatever it was made from that requires a gradient and is reached by one. A
    gradient is whole when everything that used the tensor has been asked; until then its parts are added up, or kept to be
    added up; nothing is added into an array that a rule returned, which may be shared, or read-only. Each has its tensor's
    shape (unbroadcast) and dtype. It is let go as soon as it has been passed on, so that a long chain never holds all its
    gradients. Writes no .grad; raises what pull_back raises.

        z = 2; a = z * 3; b = a * a; c = a + b -> (c, 1), (b, 1), (a, 1 + 2 · 6 = 13), (z, 39)
    """
    waiting = {tensor: first}
    for node in topological_order(tensor):
        if node not in waiting:
            continue
        grad = waiting.pop(node)
        yield node, grad
        if node.is_leaf:
            continue
        for parent, part in zip(node._parents, pull_back(node, grad), strict=True):
            if part is None:
                continue
            part = unbroadcast(part, parent.shape).astype(parent.dtype, copy=False)
            waiting[parent] = waiting[parent] + part if parent in waiting else part


def backward(tensor: Tensor, gradient: Any = None) -> None:
    """Add d tensor / d leaf to the .grad of every leaf that requires one. This is Tensor.backward().

    gradient: as in initial_gradient. A .grad that is None becomes the gradient; one that is there is added to, in place or
    in a new array: zero it between steps. It is an ndarray of the leaf's shape and dtype that belongs to this leaf alone: no
    other .grad, no saved array and no `gradient` of the caller's shares its memory, and it may be written to. Results get a
    .grad only after retain_grad(). If anything raises, no .grad has changed.

    The graph stays: a second call adds the same once more, so that calling twice gives twice. What an op saved is used as
    it is now, not copied: before the last backward of a graph give a leaf new numbers by `w.data = new`, which leaves the
    old array to those who saved it, and never by writing into w.data, as optimizers do, which changes what others saved.
    """
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
    """with no_grad(): results inside keep no memory of how they were made, and require no gradient.

    For evaluation. Afterwards everything is as it was before, also after an exception and inside another no_grad. Only this
    thread is concerned: grad_mode sees to that. `@no_grad()` before a function works as well, but not before a generator
    function, whose body runs later: write `with no_grad():` inside. (PyTorch's works there, too.)

    To update a weight write w.data = w.data - lr * w.grad, inside or outside. `w -= lr * w.grad` inside makes a new Tensor
    that requires no gradient, and calls that w: the next backward raises, or leaves it out.
    """
    before = grad_mode.enabled
    grad_mode.enabled = False
    try:
        yield
    finally:
        grad_mode.enabled = before


# Trust, but check


def numeric_gradients(
    fn: Callable[..., Tensor], inputs: Sequence[Tensor], upstream: Array, eps: float = 1e-6
) -> list[Array]:
    """Central differences of Σ fn(*inputs) · upstream by each number of each input: arrays of the inputs' shapes.

    Every input is stepped, whether it requires a gradient or not: give only float64 ones. The step is made in input.data
    itself, so that fn may use the inputs without being given them (weights of a layer); afterwards every number is as it
    was, to the bit, also if fn raises. What fn returns may be a view of an input. fn runs under no_grad, twice for every
    number: keep the inputs small. (above - below) / (2 · eps), with an error of about eps² + 1e-16 / eps.

        fn = lambda x: x * x, x = [3, 1], upstream [1, 10] -> [[6, 20]]
    """

    def weighted(array: Array, index: tuple[int, ...], number: float) -> float:
        array[index] = number
        with no_grad():
            return float((fn(*inputs).data * upstream).sum())

    found = []
    for one in inputs:
        slopes = []
        for index in np.ndindex(one.shape):
            here = one.data[index]
            try:
                rise = weighted(one.data, index, here + eps) - weighted(one.data, index, here - eps)
            finally:
                one.data[index] = here
            slopes.append(rise / (2 * eps))
        found.append(np.reshape(slopes, one.shape))
    return found


def _weights(shape: Shape) -> Array:
    """Random numbers between 0.5 and 1.5, the same on every call: a gradient for a result. From a source of their own."""
    return np.random.default_rng(0).uniform(0.5, 1.5, shape)


def gradcheck(
    fn: Callable[..., Tensor],
    inputs: Tensor | Sequence[Tensor],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Does the walk through fn(*inputs) find the gradients that finite differences find? True, or AssertionError.

    Checked are the inputs that require a gradient, each of their numbers, within atol + rtol · |numeric|, for a random
    gradient of the result: of ones alone, wrong rules can be right. An input that the walk did not reach counts as 0; so do
    all of them if the result requires no gradient. The message names the input's number, the index, and both values.
    raise_exception=False: returns False instead of that AssertionError; whatever else raises, raises all the same.
    No .grad and no number of the inputs has changed afterwards; the framework's random source is not used.

    Raises ValueError if no input requires a gradient, TypeError if one that does is not float64: float32 has too few
    digits for a difference. Kinks (relu at 0) have no derivative to compare with: stay eps away from them.

        gradcheck(lambda x: (x * x).sum(), Tensor([3, 1], requires_grad=True, dtype=np.float64)) -> True
    """
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


# Looking at a graph: what it keeps in memory, and its picture


def graph_bytes(tensor: Tensor) -> int:
    """The bytes that the graph behind `tensor` keeps alive until backward: the arrays of results and what ops saved.

    Each buffer counts once, whoever shares it: a view counts as the array it looks into, whole. The data of leaves, and
    what is a view of it, does not count: weights are there anyway. Constants are leaves, too, and do not count either, even
    where only the graph holds them. saved may hold arrays in tuples, lists and dicts; only arrays count, not NumPy scalars.

        x, w leaves: y = x @ w, (64, 784) @ (784, 128) -> 32768: y alone, since (x, w) are leaves.  relu(y) -> +32768 + 8192
    """

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


def draw(tensor: Tensor, format: str = "text", names: Mapping[str, Tensor] | None = None) -> str:
    """The graph behind `tensor`: "text" for a terminal, "dot" for Graphviz, "svg" for a browser (downwards if long). Given.

    names: what to call tensors, {"x": x, "w": w} or dict(model.named_parameters()). Inputs come before results. Each tensor
    comes once, however often it is used. A * marks leaves that get a gradient. Raises ValueError for another format.
    """
    painters = {"text": _text, "dot": _dot, "svg": _svg}
    if format not in painters:
        raise ValueError(f"draw: format is one of {', '.join(painters)}, got {format!r}")
    order = topological_order(tensor)[::-1]
    called = {one: name for name, one in (names or {}).items()}
    labels = []
    for one in order:
        kind = one._op.__name__ if one._op is not None else "leaf*" if one.requires_grad else "leaf"
        if one in called:
            kind = f"{called[one]} = {kind}" if one._op is not None else f"{called[one]}{kind.removeprefix('leaf')}"
        elif one._op is None and one.numel() == 1:
            kind = f"{one.item():.6g}" + kind.removeprefix("leaf")
        labels.append((kind, str(one.shape)))
    place = {one: number for number, one in enumerate(order)}
    return painters[format](labels, [[place[parent] for parent in one._parents] for one in order])


def _text(labels: list[tuple[str, str]], inputs: list[list[int]]) -> str:
    """One line a tensor: its number, what it is, its shape, the numbers of its inputs."""
    wide = [max(len(label[part]) for label in labels) for part in (0, 1)]
    lines = []
    for number, ((kind, shape), parents) in enumerate(zip(labels, inputs, strict=True)):
        source = f"  from {' '.join(f'%{parent}' for parent in parents)}" if parents else ""
        lines.append(f"{f'%{number}':>5}  {kind:<{wide[0]}}  {shape:<{wide[1]}}{source}".rstrip())
    return "\n".join(lines)


def _dot(labels: list[tuple[str, str]], inputs: list[list[int]]) -> str:
    """Graphviz's language: boxes for results, ovals for leaves."""
    lines = ["digraph {"]
    for number, ((kind, shape), parents) in enumerate(zip(labels, inputs, strict=True)):
        text = kind.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'  n{number} [label="{text}\\n{shape}", shape={"box" if parents else "oval"}]')
        lines.extend(f"  n{parent} -> n{number}" for parent in parents)
    return "\n".join([*lines, "}"])


def _layout(inputs: list[list[int]]) -> tuple[list[int], dict[tuple[int, int], int], list[int]]:
    """Where a picture has its boxes: the place of each tensor along the arrows, just before the first that uses it; the
    lane of each (tensor, place), also at places that its arrows only pass; how many lanes each place has.
    """
    to_go = [0] * len(inputs)  # the longest way from here to the result
    for number, parents in reversed(list(enumerate(inputs))):  # those who use come before what they use
        for parent in parents:
            to_go[parent] = max(to_go[parent], to_go[number] + 1)
    place = [max(to_go) - steps for steps in to_go]
    lane: dict[tuple[int, int], int] = {}
    taken = [0] * (max(place) + 1)
    for number, parents in enumerate(inputs):
        passed = [(parent, there) for parent in parents for there in range(place[parent] + 1, place[number])]
        for cell in [*passed, (number, place[number])]:
            if cell not in lane:
                lane[cell] = taken[cell[1]]
                taken[cell[1]] += 1
    return place, lane, taken


def _svg(labels: list[tuple[str, str]], inputs: list[list[int]]) -> str:
    """A picture without Graphviz, from left to right, or, if that would be too wide for a page, from top to bottom."""
    place, lane, taken = _layout(inputs)
    wide, high = 24 + 8 * max(len(text) for label in labels for text in label), 44
    down = len(taken) * (wide + 40) > 1400
    length, breadth = (high, wide) if down else (wide, high)  # of a box, along the arrows and across

    def point(along: int, across: int) -> str:
        return f"{across},{along}" if down else f"{along},{across}"

    near = [16 + there * (length + 40) for there in range(len(taken))]  # where the boxes of a place begin, along
    far, side = near[-1] + length + 16, 12 + max(taken) * (breadth + 20)
    width, height = (side, far) if down else (far, side)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="monospace" font-size="13" text-anchor="middle">',
        '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
        '<path d="M0,1 L7,4 L0,7" fill="#666666"/></marker></defs>',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, parents in enumerate(inputs):
        for nth, parent in enumerate(parents):
            at = 16 + breadth // 2 + (breadth + 20) * lane[parent, place[parent]]
            path = f"M{point(near[place[parent]] + length, at)}"
            for there in range(place[parent] + 1, place[number] + 1):
                last = there == place[number]
                to = 16 + breadth // 2 + (breadth + 20) * lane[number if last else parent, there]
                if last:
                    to += breadth * (nth + 1) // (len(parents) + 1) - breadth // 2  # several inputs end side by side
                bend = near[there] - 20
                path += f" C{point(bend, at)} {point(bend, to)} {point(near[there], to)}"
                path += "" if last else f" L{point(near[there] + length, to)}"
                at = to
            lines.append(f'<path d="{path}" fill="none" stroke="#666666" marker-end="url(#tip)"/>')
    for number, ((kind, shape), parents) in enumerate(zip(labels, inputs, strict=True)):
        along, across = near[place[number]], 16 + (breadth + 20) * lane[number, place[number]]
        x, y = (across, along) if down else (along, across)
        look = 'fill="#E8F1F8" stroke="#0072B2"' if parents else 'rx="20" fill="#FDF3DC" stroke="#E69F00"'
        lines.append(f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" {look}/>')
        lines.append(f'<text x="{x + wide // 2}" y="{y + 19}">{html.escape(kind)}</text>')
        lines.append(f'<text x="{x + wide // 2}" y="{y + 36}" fill="#666666">{html.escape(shape)}</text>')
    return "\n".join([*lines, "</svg>"])
