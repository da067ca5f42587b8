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
    missing = grad.ndim - len(shape)
    if broadcast_shapes(shape, grad.shape) != grad.shape:
        raise ValueError(f"shapes {shape} and {grad.shape} do not fit")
    out = grad
    for _ in range(missing):
        out = out.sum(0)
    for axis, size in enumerate(shape):
        if size == 1 and out.shape[axis] != 1:
            out = out.sum(axis, keepdims=True)
    return np.asarray(out)


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


def power_backward(grad: Array, saved: tuple[Array, Array]) -> tuple[Array, Array]:
    """Of a to the b, saved (a, b): the slopes are b · a^(b-1) and a^b · log a. In silence: no NumPy warning.

    Where b is 0 the slope by a is 0, also at a = 0. Where a is 0 and b ≥ 0 the slope by b is 0. Where a is negative the
    slope by b is nan: a^b is no real number for the b beside it. (The three are PyTorch's.)  With `x ** 2` nobody asks
    for the slope by b, but it is computed, hence the silence.

        grad [1], a [3], b [2] -> ([6], [9.8875])        a [-3] -> ([-6], [nan])        a [0] -> ([0], [0])
    """
    a, b = saved
    by_a, by_b = np.empty_like(grad), np.empty_like(grad)
    for at in np.ndindex(grad.shape):
        p, q, g = (np.broadcast_to(x, grad.shape)[at] for x in (a, b, grad))
        with np.errstate(all="ignore"):
            by_a[at] = 0 * g if q == 0 else g * q * p ** (q - 1)
            by_b[at] = 0 * g if p == 0 and q >= 0 else g * p**q * np.log(p)
    return by_a, by_b


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
    return (np.where(saved, grad, 0),)


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
    a2 = a[None] if a.ndim == 1 else a
    b2 = b[:, None] if b.ndim == 1 else b
    g = grad
    if a.ndim == 1 and b.ndim == 1:
        g = grad.reshape(1, 1)
    elif a.ndim == 1:
        g = np.expand_dims(grad, -2)
    elif b.ndim == 1:
        g = np.expand_dims(grad, -1)
    da, db = run(matmul, g, b2.swapaxes(-1, -2))[0], run(matmul, a2.swapaxes(-1, -2), g)[0]
    return (da.squeeze(-2) if a.ndim == 1 else da), (db.squeeze(-1) if b.ndim == 1 else db)


def matmul_backward_multiply_adds(m: int, k: int, n: int) -> int:
    """Multiply-adds of the two products in matmul_backward, for (m, k) @ (k, n). Predict: the suite counts.

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

    grad's dtype: float32 stays float32.  grad [6], saved ([[False, True, True]], (1,)) -> [[0, 3, 3]]
    """
    mask, over = saved
    ties = mask.sum(axis=over, keepdims=True, dtype=grad.dtype)  # subtle: float32 / int64 is float64
    with np.errstate(invalid="ignore", divide="ignore"):  # a maximum that is nan equals nothing: no ties, 0 / 0
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
    out = np.zeros(shape, grad.dtype)
    flat = np.arange(out.size).reshape(shape)[index]
    for place, g in zip(np.ravel(flat), np.ravel(grad)):
        out.flat[place] += g
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
    order: list[Tensor] = []
    seen: set[Tensor] = set()
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
        if tensor.size != 1:
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

    Pairs come for `tensor` and for whatever it was made from that requires a gradient and is reached by one. A gradient is
    whole when everything that used the tensor has been asked; until then it is added up, in new arrays: what a rule
    returned may be shared. Each has its tensor's shape (unbroadcast) and dtype. It is let go as soon as it has been passed
    on, so that a long chain never holds all its gradients. Writes no .grad; raises what pull_back raises.

        z = 2; a = z * 3; b = a * a; c = a + b -> (c, 1), (b, 1), (a, 1 + 2 · 6 = 13), (z, 39)
    """
    found, sums = [], {id(tensor): first}
    for node in topological_order(tensor):
        if id(node) not in sums:
            continue
        grad = sums.pop(id(node))
        if node.is_leaf or node.retains_grad or node is tensor or True:
            yield node, grad
        parts = pull_back(node, grad) if node._parents else ()
        for parent, part in zip(node._parents, parts):
            if part is None or not parent.requires_grad:
                continue
            part = unbroadcast(np.asarray(part), parent.shape)
            old = sums.get(id(parent))
            sums[id(parent)] = np.array(part, parent.dtype) if old is None else np.add(old, part, dtype=parent.dtype)


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

    For evaluation and for updates of weights. Afterwards everything is as it was before, also after an exception and inside
    another no_grad. Only this thread is concerned: grad_mode sees to that. `@no_grad()` before a function works as well.
    """
    mode = grad_mode.__dict__
    before = grad_mode.enabled
    mode["enabled"] = False
    try:
        yield
    finally:
        mode["enabled"] = before


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

    def weighted() -> float:
        with no_grad():
            return float((fn(*inputs).data * upstream).sum())

    found = []
    for one in inputs:
        slopes = []
        for index in np.ndindex(one.shape):
            here = one.data[index]
            try:
                one.data[index] = here + eps
                above = weighted()
                one.data[index] = here - eps
                below = weighted()
            finally:
                one.data[index] = here
            slopes.append((above - below) / (2 * eps))
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
    gradient of the result: of ones alone, wrong rules can be right. An input that the walk did not reach counts as 0. The
    message names the input's number, the index, and both values. raise_exception=False: returns False instead.
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
                f"gradcheck: input {number}, {len(wrong)} of {one.size} numbers, the first at index {index}: "
                f"backward says {mine[index]:.8g}, finite differences say {right[index]:.8g}"
            )
    return True


# Looking at a graph: what it keeps in memory, and its picture


def graph_bytes(tensor: Tensor) -> int:
    """The bytes that the graph behind `tensor` keeps alive until backward: the arrays of results and what ops saved.

    Each buffer counts once, whoever shares it: a view counts as the array it looks into, whole. The data of leaves, and
    what is a view of it, does not count: it is there anyway. saved may hold arrays in tuples, lists and dicts.

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
