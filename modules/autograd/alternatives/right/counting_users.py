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
    if broadcast_shapes(grad.shape, shape) != tuple(grad.shape):
        raise ValueError(f"{shape} does not broadcast to {grad.shape}")
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for axis in range(len(shape)):
        if shape[axis] == 1:
            grad = np.add.reduce(grad, axis=axis, keepdims=True)
    return grad


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
    return tuple(grad * other for other in saved[::-1])


def div_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    """Of a / b, saved (a, b): the slopes are 1 / b and -a / b².

    grad [1], a [6], b [2] -> ([0.5], [-1.5])
    """
    a, b = saved
    return grad / b, -grad * a / b**2


def power_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    """Of a to the b, saved (a, b): the slopes are b · a^(b-1) and a^b · log a. In silence: no NumPy warning.

    Where b is 0 the slope by a is 0, also at a = 0. Where a is 0 and b ≥ 0 the slope by b is 0. Where a is negative the
    slope by b is nan: a^b is no real number for the b beside it. (The three are PyTorch's.)  With `x ** 2` nobody asks
    for the slope by b, but it is computed, hence the silence.

        grad [1], a [3], b [2] -> ([6], [9.8875])        a [-3] -> ([-6], [nan])        a [0] -> ([0], [0])
    """
    a, b = saved
    with np.errstate(all="ignore"):
        slope_a = np.asarray(b * np.power(a, b - 1))
        np.copyto(slope_a, 0, where=b == 0)
        slope_b = np.asarray(np.power(a, b) * np.log(a))
        np.copyto(slope_b, 0, where=(a == 0) & (b >= 0))
        return grad * slope_a, grad * slope_b


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
    out = np.zeros_like(grad)
    out[saved] = grad[saved]
    return (out,)


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
    return (_keep(grad, *saved) * np.ones(saved[0], grad.dtype),)


def reduce_max_backward(grad: Array, saved: tuple[Array, Shape]) -> tuple[Array]:
    """Of a maximum, saved (mask, the axes): the gradient goes where the maximum was; ties share it evenly.

    grad's dtype: float32 stays float32.  grad [6], saved ([[False, True, True]], (1,)) -> [[0, 3, 3]]
    """
    mask, over = saved
    share = mask.astype(grad.dtype)
    with np.errstate(all="ignore"):
        return (share / share.sum(axis=over, keepdims=True) * _keep(grad, mask.shape, over),)


# The same numbers elsewhere: send each gradient back to where its number came from


def reshape_backward(grad: Array, saved: Shape) -> tuple[Array]:
    """Of a reshape, saved a.shape.    grad (6,), saved (2, 3) -> (2, 3)"""
    return (grad.reshape(saved),)


def permute_backward(grad: Array, saved: Shape) -> tuple[Array]:
    """Of a permutation, saved dims: axis i of the result was axis dims[i] of a.

    grad (4, 2, 3), saved (2, 0, 1) -> (2, 3, 4)        dims themselves are their own way back only if just two change places
    """
    back = [0] * len(saved)
    for here, there in enumerate(saved):
        back[there] = here
    return (grad.transpose(back),)


def getitem_backward(grad: Array, saved: tuple[Shape, Any]) -> tuple[Array]:
    """Of a[index], saved (a.shape, index): zeros, and grad added in at the index. A number taken twice gets both.

    grad [1, 10, 100], saved ((4,), [2, 0, 2]) -> [10, 0, 101, 0]        index may be whatever NumPy takes
    """
    shape, index = saved
    count = int(np.prod(shape))
    places = np.arange(count).reshape(shape)[index]
    out = np.bincount(places.ravel(), weights=np.ravel(grad), minlength=count)[:count]
    return (out.reshape(shape).astype(grad.dtype),)


def concatenate_backward(grad: Array, saved: tuple[int, tuple[int, ...]]) -> tuple[Array, ...]:
    """Of several joined, saved (axis, the sizes along it): grad, cut where they were joined.

    grad [1, 2, 3], saved (0, (1, 2)) -> ([1], [2, 3])
    """
    axis, sizes = saved
    parts, start = [], 0
    for size in sizes:
        parts.append(grad[(slice(None),) * axis + (slice(start, start + size),)])
        start += size
    return tuple(parts)


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
    """The gradient that the walk starts with, of tensor's shape and dtype: `gradient`, or 1 for a single number.

    gradient: a Tensor, array, nested lists or number of exactly tensor's shape; nothing is broadcast. It is copied.
    Raises ValueError if `tensor` requires no gradient; if gradient is None and tensor has not exactly one number, naming
    its shape; if the shapes differ, naming both.

        shape (1, 1), None -> [[1]]        shape (2,), [1, -2] -> [1, -2]        shape (2, 3), None -> ValueError
    """
    if not tensor.requires_grad:
        raise ValueError(f"no gradient is wanted here, shape {tensor.shape}")
    if gradient is None and tensor.size == 1:
        gradient = np.ones(tensor.shape)
    if gradient is None:
        raise ValueError(f"shape {tensor.shape} needs a gradient")
    start = np.array(gradient.data if isinstance(gradient, Tensor) else gradient, dtype=tensor.dtype)
    if start.shape != tensor.shape:
        raise ValueError(f"{start.shape} is not {tensor.shape}")
    return start


def gradients(tensor: Tensor, first: Array) -> Iterator[tuple[Tensor, Array]]:
    """Go back from `tensor`, whose gradient is `first`: pairs (one, its whole gradient), every one before its inputs.

    Pairs come for `tensor` and for whatever it was made from that requires a gradient and is reached by one. A gradient is
    whole when everything that used the tensor has been asked; until then it is added up, in new arrays: what a rule
    returned may be shared. Each has its tensor's shape (unbroadcast) and dtype. It is let go as soon as it has been passed
    on, so that a long chain never holds all its gradients. Writes no .grad; raises what pull_back raises.

        z = 2; a = z * 3; b = a * a; c = a + b -> (c, 1), (b, 1), (a, 1 + 2 · 6 = 13), (z, 39)
    """
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
    """Add d tensor / d leaf to the .grad of every leaf that requires one. This is Tensor.backward().

    gradient: as in initial_gradient. A .grad that is None becomes the gradient; one that is there is added to: zero it
    between steps. It is an ndarray of the leaf's shape and dtype that belongs to this leaf alone: no other .grad, no saved
    array and no `gradient` of the caller's shares its memory, and it may be written to. Results get a .grad only after
    retain_grad(). If anything raises, no .grad has changed.

    The graph stays: a second call adds the same once more, so that calling twice gives twice. What an op saved is used as
    it is now, not copied: between forward and backward give a leaf new numbers by `w.data = new`, which leaves the old
    array to those who saved it, and never by writing into w.data, which changes what others saved.
    """
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
    """with no_grad(): results inside keep no memory of how they were made, and require no gradient.

    For evaluation and for updates of weights. Afterwards everything is as it was before, also after an exception and inside
    another no_grad. Only this thread is concerned: grad_mode sees to that. `@no_grad()` before a function works as well.
    """
    was, grad_mode.enabled = grad_mode.enabled, False
    try:
        yield
    finally:
        grad_mode.enabled = was


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


# Looking at a graph: what it keeps in memory, and its picture


def graph_bytes(tensor: Tensor) -> int:
    """The bytes that the graph behind `tensor` keeps alive until backward: the arrays of results and what ops saved.

    Each buffer counts once, whoever shares it: a view counts as the array it looks into, whole. The data of leaves, and
    what is a view of it, does not count: it is there anyway. saved may hold arrays in tuples, lists and dicts.

        x, w leaves: y = x @ w, (64, 784) @ (784, 128) -> 32768: y alone, since (x, w) are leaves.  relu(y) -> +32768 + 8192
    """
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
