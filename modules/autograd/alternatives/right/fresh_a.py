"""Automatic differentiation: one walk from a result back to everything that it was made from.

Module tensor made every result remember its op, what the op saved, and its inputs. Here is the other half:

    rule        the derivative of an op, on plain arrays: rule(grad, saved) -> one gradient, or None, for each input.
                grad says of each number of the result how much the final loss changes per unit of it; the rule says
                the same of each number of each input. You wrote some by hand already: relu_backward, and its like.
    rules       the table {op: rule}. The ops of tensor.py have their rules here; those of later files, beside the op.
    backward    the walk: every result before its inputs, each once, gradients added up where ways meet.

What holds for all rules: grad has the result's shape, and the dtype of the inputs, which is that of the result. Nobody
writes into grad or saved, nor into what a rule returns, which may therefore be a view, or grad itself. Where an op
broadcast its inputs, a rule may answer in the broadcast shape: the walk adds up, with `unbroadcast`, in one place.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from . import activations, losses
from .tensor import (
    Op,
    Shape,
    Tensor,
    absolute,
    add,
    as_array,
    broadcast_shapes,
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
Rule = Callable[[Array, Any], tuple[Array | None, ...]]

# Broadcasting, backwards


def unbroadcast(grad: Array, shape: Shape) -> Array:
    """The gradient of an array of `shape`, from `grad`, that of the array it was broadcast to.

    A number that was repeated is responsible for all its copies: their gradients are added up, over the axes that were
    missing and over those of size 1 that were stretched. Result: shape `shape`, dtype of grad; grad itself will do where
    nothing was stretched. Raises ValueError naming both shapes if `shape` does not broadcast to grad.shape.

        grad (2, 3), shape (3,) -> (3,): the sum of the rows        (2, 3), (2, 1) -> (2, 1)        (2, 3), () -> ()
    """
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
    return np.asarray(grad.sum(axis=over)).reshape(shape) if over else grad


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
    by_a = grad / b
    return by_a, -by_a * a / b


def power_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    """Of a to the b, saved (a, b): the slopes are b · a^(b-1) and a^b · log a. In silence: no NumPy warning.

    Where b is 0 the slope by a is 0, also at a = 0. Where a is 0 and b ≥ 0 the slope by b is 0. Where a is negative the
    slope by b is nan: a^b is no real number for the b beside it. (The three are PyTorch's.)  With `x ** 2` nobody asks
    for the slope by b, but it is computed, hence the silence.

        grad [1], a [3], b [2] -> ([6], [9.8875])        a [-3] -> ([-6], [nan])        a [0] -> ([0], [0])
    """
    a, b = saved
    with np.errstate(all="ignore"):
        by_a = np.where(b == 0, 0, grad * b * a ** (b - 1))
        by_b = np.where((a == 0) & (b >= 0), 0, grad * a**b * np.log(a))
    return by_a.astype(grad.dtype, copy=False), by_b.astype(grad.dtype, copy=False)


def exp_backward(grad: Array, saved: Array) -> tuple[Array]:
    """Of e to the a, saved the result, which is its own slope."""
    return (grad * saved,)


def log_backward(grad: Array, saved: Array) -> tuple[Array]:
    """Of log a, saved a: the slope is 1 / a."""
    return (grad / saved,)


def sqrt_backward(grad: Array, saved: Array) -> tuple[Array]:
    """Of √a, saved the result: the slope is 1 / (2 · result). At 0 it is infinite, and NumPy warns."""
    return (grad / (2 * saved),)


def absolute_backward(grad: Array, saved: Array) -> tuple[Array]:
    """Of |a|, saved the sign of a, which is the slope; 0 at 0."""
    return (grad * saved,)


def clip_backward(grad: Array, saved: Array) -> tuple[Array]:
    """Of clip, saved the mask of what lay within the bounds: grad there, 0 elsewhere, even where grad is inf or nan.

    grad [5, inf], saved [True, False] -> ([5, 0],)
    """
    return (np.where(saved, grad, 0).astype(grad.dtype, copy=False),)


# Matrix multiplication


def matmul_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    """Of a @ b, saved (a, b): grad @ bᵀ and aᵀ @ grad, where ᵀ exchanges the last two axes.

    For any number of axes, as in `matmul`. A vector on the left was a row and one on the right a column: give grad the
    axis that was dropped, make the vectors matrices, and take the lent axis out of the vector's gradient again. Batch axes
    that were broadcast may stay in the answer: (5, 2, 3) @ (3, 4) may answer (5, 3, 4) for the right one. Multiply with
    run(matmul, …)[0], so that a faster matmul serves here as well.

        a (m, k), b (k, n), grad (m, n) -> (m, k), (k, n)        a (k,), b (k, n), grad (n,) -> (k,), (k, n)

        grad [[1, -2]], a [[1, 2]], b [[0.5, -1], [1, 2]] -> [[2.5, -3]], [[1, -2], [2, -4]]
    """
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
    """Multiply-adds of the two products in matmul_backward, for (m, k) @ (k, n). Predict: the suite counts.

    (2, 3, 4) -> 48
    """
    return m * n * k + k * m * n


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

    grad's dtype: float32 stays float32.  grad [6], saved ([[False, True, True]], (1,)) -> [[0, 3, 3]]
    """
    mask, over = saved
    ties = mask.sum(axis=over, keepdims=True).astype(grad.dtype)
    kept = _keep(grad, mask.shape, over)
    share = kept / np.maximum(ties, 1)  # no ties at all where the maximum is nan
    return (np.where(mask, share, 0).astype(grad.dtype, copy=False),)


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
    matmul: matmul_backward,
    reduce_sum: reduce_sum_backward,
    reduce_max: reduce_max_backward,
    reshape: reshape_backward,
    permute: permute_backward,
    getitem: getitem_backward,
    concatenate: concatenate_backward,
}
for _file in (activations, losses):
    rules.update(hand_written(_file))


def pull_back(result: Tensor, grad: Array) -> tuple[Array | None, ...]:
    """The gradients of result's inputs, by the rule of the op that made it; grad is that of the result. Given.

    As the rule gives them: perhaps still in the broadcast shape, None for inputs that have no derivative. Raises
    LookupError if the op has no rule, TypeError if the rule does not return a tuple with one entry for each input, and
    ValueError if an entry has neither its input's shape nor one that this broadcasts to.
    """
    name = result._op.__name__
    rule = rules.get(result._op)
    if rule is None:
        raise LookupError(f"the op {name} has no rule: write {name}_backward(grad, saved) and put it into autograd.rules")
    found = rule(np.asarray(grad), result._saved)
    if not isinstance(found, tuple) or len(found) != len(result._parents):
        got = f"a tuple of {len(found)}" if isinstance(found, tuple) else type(found).__name__
        raise TypeError(f"the rule of {name} must return a tuple of {len(result._parents)}, one for each input; got {got}")
    for number, (part, parent) in enumerate(zip(found, result._parents, strict=True)):
        shape = parent.shape if part is None else np.shape(part)
        ends = zip(reversed(parent.shape), reversed(shape), strict=False)
        if len(shape) < parent.ndim or any(mine not in (1, its) for mine, its in ends):
            raise ValueError(f"the rule of {name} answers with shape {shape} for input {number}, which has {parent.shape}")
    return found


# The walk


def topological_order(tensor: Tensor) -> list[Tensor]:
    """`tensor` and everything it was made from, directly or not, each once, every one before its own _parents.

    Without recursion: Python stops at about 1,000 calls within calls, and a chain of 10,000 ops is nothing unusual.
    O(tensors + inputs of all). A dict or set of Tensors finds them by identity; `in` a list would compare numbers.

        a = z * 3; b = a * a; c = a + b -> [c, b, a, 3, z], or with z and 3 exchanged: a waits until b is done
    """
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
    """The gradient that the walk starts with, of tensor's shape and dtype: `gradient`, or 1 for a single number.

    gradient: a Tensor, array, nested lists or number of exactly tensor's shape; nothing is broadcast. It is copied.
    Raises ValueError if `tensor` requires no gradient; if gradient is None and tensor has not exactly one number, naming
    its shape; if the shapes differ, naming both.

        shape (1, 1), None -> [[1]]        shape (2,), [1, -2] -> [1, -2]        shape (2, 3), None -> ValueError
    """
    if not tensor.requires_grad:
        raise ValueError(
            f"backward: this Tensor of shape {tensor.shape} requires no gradient: no leaf that it was made from does, "
            "or it was made under no_grad"
        )
    if gradient is None:
        if tensor.size != 1:
            raise ValueError(f"backward: a Tensor of shape {tensor.shape} is not a single number: give backward(gradient)")
        return np.ones(tensor.shape, dtype=tensor.dtype)
    array = as_array(gradient.data if isinstance(gradient, Tensor) else gradient, tensor.dtype)
    if array.shape != tensor.shape:
        raise ValueError(f"backward: the gradient has shape {array.shape}, the Tensor {tensor.shape}; they must be equal")
    return array


def gradients(tensor: Tensor, first: Array) -> Iterator[tuple[Tensor, Array]]:
    """Go back from `tensor`, whose gradient is `first`: pairs (one, its whole gradient), every one before its inputs.

    Pairs come for `tensor` and for whatever it was made from that requires a gradient and is reached by one. A gradient is
    whole when everything that used the tensor has been asked; until then it is added up, in new arrays: what a rule
    returned may be shared. Each has its tensor's shape (unbroadcast) and dtype. It is let go as soon as it has been passed
    on, so that a long chain never holds all its gradients. Writes no .grad; raises what pull_back raises.

        z = 2; a = z * 3; b = a * a; c = a + b -> (c, 1), (b, 1), (a, 1 + 2 · 6 = 13), (z, 39)
    """
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
    """Add d tensor / d leaf to the .grad of every leaf that requires one. This is Tensor.backward().

    gradient: as in initial_gradient. A .grad that is None becomes the gradient; one that is there is added to: zero it
    between steps. It is an ndarray of the leaf's shape and dtype that belongs to this leaf alone: no other .grad, no saved
    array and no `gradient` of the caller's shares its memory, and it may be written to. Results get a .grad only after
    retain_grad(). If anything raises, no .grad has changed.

    The graph stays: a second call adds the same once more, so that calling twice gives twice. What an op saved is used as
    it is now, not copied: between forward and backward give a leaf new numbers by `w.data = new`, which leaves the old
    array to those who saved it, and never by writing into w.data, which changes what others saved.
    """
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
    """with no_grad(): results inside keep no memory of how they were made, and require no gradient.

    For evaluation and for updates of weights. Afterwards everything is as it was before, also after an exception and inside
    another no_grad. Only this thread is concerned: grad_mode sees to that. `@no_grad()` before a function works as well.
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

    The step is made in input.data itself, so that fn may use the inputs without being given them (weights of a layer);
    afterwards every number is as it was, to the bit, also if fn raises. fn runs under no_grad, twice for every number:
    keep the inputs small, and float64. (above - below) / (2 · eps), with an error of about eps² + 1e-16 / eps.

        fn = lambda x: x * x, x = [3, 1], upstream [1, 10] -> [[6, 20]]
    """
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
    gradient of the result: of ones alone, wrong rules can be right. An input that the walk did not reach counts as 0. The
    message names the input's number, the index, and both values. raise_exception=False: returns False instead.
    No .grad and no number of the inputs has changed afterwards; the framework's random source is not used.

    Raises ValueError if no input requires a gradient, TypeError if one that does is not float64: float32 has too few
    digits for a difference. Kinks (relu at 0) have no derivative to compare with: stay eps away from them.

        gradcheck(lambda x: (x * x).sum(), Tensor([3, 1], requires_grad=True, dtype=np.float64)) -> True
    """
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


# Looking at a graph: what it keeps in memory, and its picture


def graph_bytes(tensor: Tensor) -> int:
    """The bytes that the graph behind `tensor` keeps alive until backward: the arrays of results and what ops saved.

    Each buffer counts once, whoever shares it: a view counts as the array it looks into, whole. The data of leaves, and
    what is a view of it, does not count: it is there anyway. saved may hold arrays in tuples, lists and dicts.

        x, w leaves: y = x @ w, (64, 784) @ (784, 128) -> 32768: y alone, since (x, w) are leaves.  relu(y) -> +32768 + 8192
    """
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


def draw(tensor: Tensor, format: str = "text", names: Mapping[str, Tensor] | None = None) -> str:
    """The graph behind `tensor`: "text" for a terminal, "dot" for Graphviz, "svg" for a browser. Given.

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
        elif one._op is None and one.size == 1:
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
    lines = ["digraph {", "  rankdir=LR"]
    for number, ((kind, shape), parents) in enumerate(zip(labels, inputs, strict=True)):
        text = kind.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'  n{number} [label="{text}\\n{shape}", shape={"box" if parents else "oval"}]')
        lines.extend(f"  n{parent} -> n{number}" for parent in parents)
    return "\n".join([*lines, "}"])


def _svg(labels: list[tuple[str, str]], inputs: list[list[int]]) -> str:
    """A picture without Graphviz: columns from left to right, each tensor to the right of all its inputs."""
    column = [0] * len(labels)
    for number, parents in enumerate(inputs):
        if parents:
            column[number] = 1 + max((column[parent] for parent in parents if inputs[parent]), default=0)
    for number, parents in reversed(list(enumerate(inputs))):  # a leaf stands just before the first that uses it
        for parent in parents:
            if not inputs[parent]:
                column[parent] = min(column[parent] or len(labels), column[number] - 1)
    taken = [0] * (max(column) + 1)  # rows of each column that are in use
    cells: dict[tuple[int, int], int] = {}  # (tensor, column) -> row, also of columns that its arrows only pass through
    for number, parents in enumerate(inputs):
        passed = [(parent, place) for parent in parents for place in range(column[parent] + 1, column[number])]
        for cell in [*passed, (number, column[number])]:
            if cell not in cells:
                cells[cell] = taken[cell[1]]
                taken[cell[1]] += 1
    wide = 24 + 8 * max(len(text) for label in labels for text in label)
    left = [16 + place * (wide + 40) for place in range(len(taken))]
    width, height = left[-1] + wide + 16, 64 * max(taken) + 12
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="monospace" font-size="13" text-anchor="middle">',
        '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
        '<path d="M0,1 L7,4 L0,7" fill="#666666"/></marker></defs>',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, parents in enumerate(inputs):
        for nth, parent in enumerate(parents):
            y = 38 + 64 * cells[parent, column[parent]]
            path = f"M{left[column[parent]] + wide},{y}"
            for place in range(column[parent] + 1, column[number] + 1):
                last = place == column[number]
                to = 38 + 64 * cells[number if last else parent, place]
                if last:
                    to += 44 * (nth + 1) // (len(parents) + 1) - 22  # arrows of several inputs end one below the other
                path += f" C{left[place] - 20},{y} {left[place] - 20},{to} {left[place]},{to}" + ("" if last else f" h{wide}")
                y = to
            lines.append(f'<path d="{path}" fill="none" stroke="#666666" marker-end="url(#tip)"/>')
    for number, ((kind, shape), parents) in enumerate(zip(labels, inputs, strict=True)):
        x, y = left[column[number]], 16 + 64 * cells[number, column[number]]
        look = 'fill="#E8F1F8" stroke="#0072B2"' if parents else 'rx="20" fill="#FDF3DC" stroke="#E69F00"'
        lines.append(f'<rect x="{x}" y="{y}" width="{wide}" height="44" {look}/>')
        lines.append(f'<text x="{x + wide / 2:g}" y="{y + 19}">{html.escape(kind)}</text>')
        lines.append(f'<text x="{x + wide / 2:g}" y="{y + 36}" fill="#666666">{html.escape(shape)}</text>')
    return "\n".join([*lines, "</svg>"])
