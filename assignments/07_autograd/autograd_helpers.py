"""What the suite of the module autograd must do right beside your code: build long graphs, watch memory and identity.

Nothing here knows what is right: it hands back data, and the suite judges.
"""

from __future__ import annotations

import gc
import threading
import tracemalloc
import warnings
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinytorch import activations, autograd, losses, tensor
from tinytorch.autograd import backward, gradcheck, no_grad, rules, topological_order
from tinytorch.tensor import Tensor, apply

F64 = np.float64


def frozen(value: Any) -> Any:
    """Arrays, also inside tuples, made read-only: who writes into one gets ValueError."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, tuple):
        for part in value:
            frozen(part)
    return value


def rule(name: str, grad: np.ndarray, saved: Any, silent: bool = False) -> Any:
    """Call one rule with arrays that cannot be written to; silent: NumPy's warnings become errors."""
    with warnings.catch_warnings():
        if silent:
            warnings.simplefilter("error")
        return getattr(autograd, f"{name}_backward")(frozen(grad), frozen(saved))


def multiply_adds_of_rule(grad: np.ndarray, a: np.ndarray, b: np.ndarray) -> int:
    """The multiply-adds that matmul_backward asks of the backend's matmul."""
    asked = [0]

    def counted(left: np.ndarray, right: np.ndarray) -> Any:
        asked[0] += left.size * right.shape[-1]
        return tensor.matmul(left, right)

    tensor.backend[tensor.matmul] = counted
    try:
        autograd.matmul_backward(grad, (a, b))
    finally:
        del tensor.backend[tensor.matmul]
    return asked[0]


# Graphs


def order_of(name: str) -> tuple[list[str], list[list[str]], str]:
    """topological_order of one small graph: names as they come, the names of each one's parents, the type returned."""
    z = Tensor(2, requires_grad=True)
    named = {"z": z}
    if name == "chain":
        named["a"] = z.exp()
        named["b"] = named["a"].sqrt()
    elif name == "diamond":
        named["a"] = z.exp()
        named["b"] = named["a"] * named["a"]
        named["c"] = named["a"] + named["b"]
    elif name == "long way and short cut":
        named["a"] = z.exp()
        named["b"] = named["a"].sqrt()
        named["c"] = named["b"].abs()
        named["d"] = named["c"].log()
        named["e"] = named["a"] * named["d"] + z
        named["e.0"] = named["e"]._parents[0]
    elif name == "two inputs":
        named["y"] = Tensor(3)
        named["a"] = z * named["y"]
        named["b"] = named["y"] - named["a"]
    names = {id(one): key for key, one in named.items()}
    order = topological_order(list(named.values())[-1] if name != "long way and short cut" else named["e"])
    called = [names.get(id(one), "?") for one in order]
    return called, [[names.get(id(parent), "?") for parent in one._parents] for one in order], type(order).__name__


def chain(length: int) -> list[float]:
    """Gradient at the start of y = y + 1, then y * (1 + 1/length), `length` ops in all; and how many tensors the walk saw."""
    start = Tensor(1, requires_grad=True, dtype=F64)
    y, factor = start, Tensor(1 + 1 / length, dtype=F64)
    for number in range(length):
        y = y * factor if number % 2 else y + factor
    y.backward()
    return [float(start.grad), float(len(topological_order(y)))]


def doubled(times: int) -> float:
    """Gradient of u = u + u, so many times, by the first u."""
    first = Tensor(1, requires_grad=True)
    u = first
    for _ in range(times):
        u = u + u
    u.backward()
    return float(first.grad)


def ladder(steps: int) -> float:
    """Gradient by x of a = a + x, then a = a * a / a: every step uses a three times over."""
    x = Tensor(1.5, requires_grad=True, dtype=F64)
    a = x
    for _ in range(steps):
        a = a + x
        a = a * a / a
    a.backward()
    return float(x.grad)


def random_graph(choices: Sequence[tuple[int, int, int]], leaves: Sequence[np.ndarray], upstream: np.ndarray) -> list[Any]:
    """Gradients of the leaves through a graph whose node n combines nodes i and j in way `how`: (how, i, j)."""
    nodes: list[Tensor] = [Tensor(a, requires_grad=True, dtype=F64) for a in leaves]
    for how, i, j in choices:
        a, b = (node / (node * node + 1) for node in (nodes[i], nodes[j]))  # so that no number grows
        nodes.append([a + b, a * b, a - b * b, a / (b * b + 1)][how])
    total = nodes[len(leaves)]
    for node in nodes[len(leaves) + 1 :]:
        total = total + node
    total.backward(upstream)
    return [node.grad for node in nodes[: len(leaves)]]


def train(x: np.ndarray, t: np.ndarray, start: Sequence[np.ndarray], lr: float, steps: int) -> list[list[np.ndarray]]:
    """Train a network with two layers on x and t: for every step the loss and the gradients of w1, b1, w2, b2."""
    weights = [Tensor(a, requires_grad=True, dtype=F64) for a in start]
    inputs, targets = Tensor(x, dtype=F64), Tensor(t, dtype=F64)
    found = []
    for _ in range(steps):
        w1, b1, w2, b2 = weights
        hidden = 1 - 2 / (((inputs @ w1 + b1) * 2).exp() + 1)  # tanh
        miss = hidden @ w2 + b2 - targets
        loss = (miss * miss).mean()
        for weight in weights:
            weight.grad = None
        loss.backward()
        found.append([loss.data, *(weight.grad for weight in weights)])
        for weight in weights:
            weight.data = weight.data - lr * weight.grad
    return found


# What belongs to whom


def sharing(upstream: np.ndarray) -> dict[str, bool]:
    """Pairs of arrays that must not share memory, and whether they do; and whether gradients may be written to."""
    x, y, w = (Tensor(np.arange(1, 4), requires_grad=True, dtype=upstream.dtype) for _ in range(3))
    middle = x + y
    middle.retain_grad()
    middle.backward(upstream)
    w.backward(upstream)
    z = Tensor(np.arange(1, 4), requires_grad=True, dtype=upstream.dtype)
    result = z.exp()
    result.backward(upstream)
    one = Tensor(np.arange(6).reshape(2, 3), requires_grad=True)
    one.sum().backward()
    facts = {
        "x.grad and y.grad after x + y": np.shares_memory(x.grad, y.grad),
        "x.grad and the gradient given to backward": np.shares_memory(x.grad, upstream),
        "the .grad of a retained result and that of its input": np.shares_memory(middle.grad, x.grad),
        "w.grad and the gradient given to w.backward, w a leaf": np.shares_memory(w.grad, upstream),
        "z.grad and what exp saved": np.shares_memory(z.grad, result._saved),
        "x.grad is read-only": not one.grad.flags.writeable,
    }
    shared = Tensor([1, 2, 3], requires_grad=True, dtype=upstream.dtype)
    first = Tensor([1, 2, 3], requires_grad=True, dtype=upstream.dtype)
    (shared + first).backward(upstream)
    first.grad[...] = 0
    (shared + first).backward(upstream)
    facts["x.grad changed when y.grad was overwritten"] = bool((shared.grad != 2 * upstream).any())
    return facts


def kinds() -> list[str]:
    """The type of .grad for a leaf without axes: after one backward, and after a second."""
    x = Tensor(3, requires_grad=True)
    y = x * x
    found = []
    for _ in range(2):
        y.backward()
        found.append(type(x.grad).__name__)
    return found


def still_alive() -> list[bool]:
    """Whether a result is still there after backward and after its last name is gone; whether the leaf's gradient is."""
    x = Tensor([1, 2], requires_grad=True)
    middle = x * x
    loss = (middle + x).sum()
    loss.backward()
    watched = weakref.ref(middle)
    del middle, loss
    gc.collect()
    return [watched() is not None, x.grad is not None]


def peak_of_backward(length: int, numbers: int) -> tuple[int, list[bool]]:
    """The most bytes that were newly in use during backward of a chain of negations; which results have a .grad then."""
    x = Tensor(np.ones(numbers), requires_grad=True)
    chain = [x]
    for _ in range(length):
        chain.append(-chain[-1])
    upstream = np.ones(numbers, np.float32)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        backward(chain[-1], upstream)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    return peak, [one.grad is not None for one in chain[1:]]


def without_a_rule() -> tuple[str, str, list[bool]]:
    """backward through an op that has no rule: the type of the exception, its text, and which leaves have a .grad."""

    def mystery(a: np.ndarray) -> tuple[np.ndarray, Any]:
        return a + 1, None

    near, far = Tensor([1, 2], requires_grad=True), Tensor([3, 4], requires_grad=True)
    result = near * 2 + apply(mystery, far * 3)
    result.retain_grad()
    try:
        result.backward([1, 1])
    except Exception as error:
        kind, text = type(error).__name__, str(error)
    else:
        kind, text = "no exception", ""
    return kind, text, [near.grad is not None, far.grad is not None, result.grad is not None]


def answers_none() -> list[Any]:
    """.grad of two leaves of an op whose rule says None for the second; and of what the second was made from."""

    def pick(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Any]:
        return a + 0 * b, None

    first, second, third = (Tensor([1, 2], requires_grad=True) for _ in range(3))
    rules[pick] = lambda grad, saved: (grad, None)
    try:
        (apply(pick, first, second) + apply(pick, first, third * 2)).backward([1, 10])
    finally:
        del rules[pick]
    return [first.grad, second.grad, third.grad]


# Grad mode


class Deliberate(Exception):
    """Raised on purpose."""


def modes() -> dict[str, list[bool]]:
    """requires_grad of x * x in and around no_grad, in many situations."""
    x = Tensor([1, 2], requires_grad=True)

    def wants() -> bool:
        return (x * x).requires_grad

    found: dict[str, list[bool]] = {"before": [wants()]}
    with no_grad():
        found["inside"] = [wants()]
    found["after"] = [wants()]
    with no_grad():
        with no_grad():
            pass
        found["after an inner one"] = [wants()]
    try:
        with no_grad():
            raise Deliberate
    except Deliberate:
        pass
    found["after an exception"] = [wants()]
    with no_grad():
        try:
            with no_grad():
                raise Deliberate
        except Deliberate:
            found["inside, after an exception in an inner one"] = [wants()]
    tensor.grad_mode.enabled = True  # whatever has happened so far

    @no_grad()
    def evaluate() -> bool:
        return wants()

    found["a decorated function, twice, and after it"] = [evaluate(), evaluate(), wants()]
    seen: list[bool] = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append(wants()))
        thread.start()
        thread.join()
    found["another thread, while this one is inside"] = seen
    tensor.grad_mode.enabled = True
    return found


# gradcheck


def checked(break_it: str | None, raise_exception: bool = True) -> Any:
    """gradcheck of a function of two inputs, with the rule of one op replaced by a wrong one.

    Returns its answer, or the type and text of the AssertionError.
    """
    broken: dict[str | None, tuple[Any, Callable[[Any, Any], Any]]] = {
        "mul with swapped factors": (tensor.mul, lambda g, s: (g * s[0], g * s[1])),
        "sub without the minus": (tensor.sub, lambda g, s: (g, g)),
        "exp one percent too steep": (tensor.exp, lambda g, s: (g * s * 1.01,)),
        "exp wrong at one place": (tensor.exp, lambda g, s: (g * s * (np.arange(g.size).reshape(g.shape) != 4),)),
    }
    kept = dict(rules)
    if break_it is not None:
        op, wrong = broken[break_it]
        rules[op] = wrong
    try:
        a = Tensor([[0.5, 1, -1], [2, 0.25, 1]], requires_grad=True, dtype=F64)
        b = Tensor([2, 3, 0.5], requires_grad=True, dtype=F64)
        return gradcheck(lambda a, b: a.exp() * b - a, (a, b), raise_exception=raise_exception)
    except AssertionError as error:
        return type(error).__name__, str(error)
    finally:
        rules.update(kept)


def blind_to_ones() -> bool:
    """gradcheck, without an exception, of softmax with a rule that is right for a gradient of ones only: zeros."""
    kept = rules[activations.softmax]
    rules[activations.softmax] = lambda g, s: (np.zeros_like(g),)
    try:
        x = Tensor([[1, 2, 0.5]], requires_grad=True, dtype=F64)
        return gradcheck(lambda x: apply(activations.softmax, x), x, raise_exception=False)
    finally:
        rules[activations.softmax] = kept


def detour() -> bool:
    """gradcheck, without an exception, of a function that goes by .data and so loses its way back to x."""
    x = Tensor([1, 2], requires_grad=True, dtype=F64)
    return gradcheck(lambda x: x * 2 + Tensor(x.data * x.data, dtype=F64), x, raise_exception=False)


def closed_over() -> bool:
    """gradcheck of a weight that the function uses without being given it."""
    w = Tensor([2, 3], requires_grad=True, dtype=F64)
    x = Tensor([5, 7], dtype=F64)
    return gradcheck(lambda *_: w * w * x, w)


def turned() -> np.ndarray:
    """Numeric gradients of x * x where x was made from a transposed array, whose numbers do not lie in x's order."""
    x = Tensor(np.array([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]).T, requires_grad=True, dtype=F64)
    return autograd.numeric_gradients(lambda x: x * x, [x], np.ones((2, 3)))[0]


def left_by_check(fail: bool) -> dict[str, Any]:
    """What inputs hold after numeric differences (of a function that raises, if `fail`) and after gradcheck."""
    x = Tensor([0.1, 0.2, 0.3], requires_grad=True, dtype=F64)
    other = Tensor([1, 2, 3], requires_grad=True, dtype=F64)
    before = x.data.copy()
    calls = [0]
    wanted: list[bool] = []

    def fn(x: Tensor) -> Tensor:
        calls[0] += 1
        if fail and calls[0] == 4:
            raise Deliberate
        result = x * x * other
        wanted.append(result.requires_grad)
        return result

    raised = False
    try:
        autograd.numeric_gradients(fn, [x], np.ones(3))
    except Deliberate:
        raised = True
    remembered = any(wanted)
    same = bool((x.data == before).all())
    mode = (x * 1).requires_grad
    tensor.grad_mode.enabled = True
    facts: dict[str, Any] = {"raised": raised, "numbers as they were": same, "grad mode is on": mode}
    facts["a result inside remembered how it was made"] = remembered
    if not fail:
        x.grad = np.array([9.0, 9.0, 9.0])
        gradcheck(fn, [x])
        facts["x.grad after gradcheck"] = x.grad.tolist()
        facts["a leaf beside it has a .grad"] = other.grad is not None
        facts["numbers as they were after gradcheck"] = bool((x.data == before).all())
    return facts


# Earlier modules, and memory


def through(module: str, name: str, arrays: Sequence[np.ndarray], options: dict[str, Any], upstream: np.ndarray) -> Any:
    """An op of activations or losses on arrays, then backward: the result and the gradients of all that are floats."""
    op = getattr({"activations": activations, "losses": losses}[module], name)
    inputs = [Tensor(a, requires_grad=a.dtype.kind == "f", dtype=a.dtype) for a in arrays]
    result = apply(op, *inputs, **options)
    result.backward(upstream)
    return [result.data, *(one.grad for one in inputs)]


def hoard(a: np.ndarray) -> tuple[np.ndarray, Any]:
    """a + 1; saves more than it needs, in a list in a dict."""
    return a + 1, {"what": "a copy", "kept": [a.copy(), 3]}


def half(a: np.ndarray) -> tuple[np.ndarray, None]:
    """The first half of a + 1."""
    return (a + 1)[: len(a) // 2], None


def bytes_of(name: str) -> int:
    """graph_bytes of one small graph. Leaves are float32."""
    x = Tensor(np.ones((8, 4)), requires_grad=True)
    w = Tensor(np.ones((4, 16)), requires_grad=True)
    graphs: dict[str, Callable[[], Tensor]] = {
        "x": lambda: x,
        "x @ w": lambda: x @ w,
        "relu(x @ w)": lambda: apply(activations.relu, x @ w),
        "(x @ w).exp()": lambda: (x @ w).exp(),
        "(x @ w).reshape(2, 64).permute(1, 0)": lambda: (x @ w).reshape(2, 64).permute(1, 0),
        "x.permute(1, 0)": lambda: x.permute(1, 0),
        "y * y, y = x @ w": lambda: (lambda y: y * y)(x @ w),
        "x[1:]": lambda: x[1:],
        "(x @ w)[1:]": lambda: (x @ w)[1:],
        "half of x + 1, an op whose result looks into a larger array of its own": lambda: apply(half, x),
        "x * 2": lambda: x * 2,
        "x + 1, an op that saves a copy of x in a list in a dict": lambda: apply(hoard, x),
    }
    return autograd.graph_bytes(graphs[name]())
