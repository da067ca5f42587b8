"""Optimizers: can I improve weights systematically?"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import optimizers_helpers
import pytest

from checks import (
    HIDDEN,
    assert_array,
    assert_close,
    assert_gradients,
    assert_same,
    check,
    exact_gradient,
    shown,
    tried,
)
from tinytorch.optimizers import (
    SGD,
    Adam,
    AdamW,
    CosineAnnealingLR,
    StepLR,
    adam_update,
    adamw_update,
    as_groups,
    check_gradient,
    cosine_lr,
    descend,
    largest_lr,
    parabola_gradient,
    predict_state,
    rosenbrock,
    rosenbrock_gradient,
    sgd_update,
    step_lr,
)
from tinytorch.tensor import Tensor

F32 = np.float32
OPTIMIZER = {"SGD": SGD, "Adam": Adam, "AdamW": AdamW}
UPDATE = {"SGD": sgd_update, "Adam": adam_update, "AdamW": adamw_update}
Arrays = list[np.ndarray]
Gradients = list[list[np.ndarray | None]]  # for each step, for each parameter

# seconds=2 at most checks: each takes well under one, and an endless loop need not cost the default of five


def f32(*numbers: Any) -> np.ndarray:
    """One list: an array of float32."""
    return np.array(numbers[0] if len(numbers) == 1 else numbers, dtype=F32)


def assert_says(text: Any, *facts: Any) -> None:
    """Check that a message names all these facts; shapes in any spelling, and of a set at least one."""
    __tracebackhide__ = True
    text = str(text.value if isinstance(text, pytest.ExceptionInfo) else text)
    for fact in facts:
        if isinstance(fact, (tuple, list)):
            sizes = ",".join(str(size) for size in fact)
            found = any(one in re.sub(r"\s", "", text) for one in (f"({sizes})", f"({sizes},)", f"[{sizes}]"))
        else:
            words = "|".join(re.escape(str(one)) for one in (sorted(fact) if isinstance(fact, set) else [fact]))
            found = re.search(rf"(?<![\w.])({words})(?!\w|\.\d)", text) is not None
        assert found, f"the message should name {fact}; it says: {text}"


# What is drawn


def between(rng: np.random.Generator, low: float, high: float) -> float:
    return round(float(rng.uniform(low, high)), 4)


def whole(rng: np.random.Generator, count: int, low: int, high: int) -> list[int]:
    """Different whole numbers from low to high, the last one included."""
    return rng.choice(np.arange(low, high + 1), count, replace=False).tolist()


def drawn_settings(rng: np.random.Generator, *names: str) -> dict[str, Any]:
    """lr, and a value for each of these settings."""
    drawn: dict[str, Any] = {
        "lr": between(rng, 0.02, 0.2),
        "momentum": between(rng, 0.5, 0.95),
        "dampening": between(rng, 0.1, 0.9),
        "weight_decay": between(rng, 0.05, 0.5),
        "nesterov": True,
        "betas": (between(rng, 0.5, 0.9), between(rng, 0.6, 0.99)),
        "eps": between(rng, 0.01, 0.1),
    }
    return {name: value for name, value in drawn.items() if name in ("lr", *names)}


def drawn_arrays(rng: np.random.Generator, *axes: int, dtype: Any = np.float64) -> Arrays:
    """An array for each of these numbers of axes, of sizes that are drawn."""
    return [np.array(rng.normal(size=tuple(rng.integers(2, 5, count))), dtype) for count in axes]


def drawn_gradients(rng: np.random.Generator, arrays: Arrays, steps: int) -> Gradients:
    return [[np.array(rng.normal(size=array.shape), array.dtype) for array in arrays] for _ in range(steps)]


# The rules once more, from all gradients so far: sums instead of memories


def sgd_by_hand(x: np.ndarray, gradient: Callable[[int, np.ndarray], Any], steps: int, **s: Any) -> Arrays:
    """SGD in float64: where x is after each step. gradient(t, x): the gradient at x, which step t is given."""
    path, seen = [], np.zeros((steps, *x.shape))
    mu, tau, decay = s.get("momentum", 0.0), s.get("dampening", 0.0), s.get("weight_decay", 0.0)
    for t in range(steps):
        seen[t] = gradient(t, x) + decay * x
        weights = mu ** np.arange(t, -1, -1.0)  # the buffer, as the sum that its recursion stands for
        weights[1:] *= 1 - tau
        buffer = np.tensordot(weights, seen[: t + 1], 1)
        way = seen[t] + mu * buffer if s.get("nesterov") else buffer
        x = np.asarray(x - s["lr"] * (way if mu else seen[t]))
        path.append(x)
    return path


def adam_by_hand(x: np.ndarray, gradient: Callable[[int, np.ndarray], Any], steps: int, **s: Any) -> Arrays:
    """Adam in float64: the averages as weighted means of all gradients so far, which is what the correction makes them."""
    path, seen = [], np.zeros((steps, *x.shape))
    b1, b2 = s.get("betas", (0.9, 0.999))
    for t in range(steps):
        g = gradient(t, x)
        if s.get("decoupled"):
            x = x - s["lr"] * s["weight_decay"] * x
        seen[t] = g if s.get("decoupled") else g + s.get("weight_decay", 0.0) * x
        near, far = (beta ** np.arange(t, -1, -1.0) for beta in (b1, b2))
        first = np.tensordot(near, seen[: t + 1], 1) / near.sum()
        second = np.tensordot(far, seen[: t + 1] ** 2, 1) / far.sum()
        x = np.asarray(x - s["lr"] * first / (np.sqrt(second) + s.get("eps", 1e-8)))
        path.append(x)
    return path


def path_by_hand(
    name: str, x: np.ndarray, gradient: Callable[[int, np.ndarray], Any], steps: int, **settings: Any
) -> Arrays:
    if name == "SGD":
        return sgd_by_hand(x, gradient, steps, **settings)
    more = {"decoupled": True, "weight_decay": settings.get("weight_decay", 0.01)} if name == "AdamW" else {}
    return adam_by_hand(x, gradient, steps, **{**settings, **more})


def by_hand(
    name: str, arrays: Arrays, gradients: Gradients, groups: list[dict[str, Any]] | None = None, **settings: Any
) -> list[Arrays]:
    """What each parameter holds after each step, in float64: an array for each parameter, in a list for each step.

    A parameter whose gradient is None stays, and does not count the step. groups: as for `walk`.
    """
    own = {number: {**settings, **group} for group in groups or [] for number in group["params"]}
    after: list[Arrays] = [[] for _ in gradients]
    for number, array in enumerate(arrays):
        given = [step[number] for step in gradients if step[number] is not None]
        chosen = {key: value for key, value in own.get(number, settings).items() if key != "params"}
        path = [array.astype(np.float64)]
        path += path_by_hand(name, path[0], lambda t, _, given=given: given[t].astype(np.float64), len(given), **chosen)
        taken = 0
        for held, step in zip(after, gradients, strict=True):
            taken += step[number] is not None
            held.append(path[taken])
    return after


# The same with your optimizers


def tensors(arrays: Arrays) -> list[Any]:
    return [Tensor(array, requires_grad=True, dtype=array.dtype) for array in arrays]


def made(name: str, params: list[Any], groups: list[dict[str, Any]] | None = None, **settings: Any) -> Any:
    """An optimizer. groups: dicts whose "params" are numbers of parameters; by default all are in one group."""
    chosen = [{**group, "params": [params[n] for n in group["params"]]} for group in groups] if groups else params
    return OPTIMIZER[name](chosen, **settings)


def give(params: list[Any], gradients: list[np.ndarray | None]) -> None:
    for p, gradient in zip(params, gradients, strict=True):
        p.grad = None if gradient is None else gradient.copy()


def walk(optimizer: Any, params: list[Any], gradients: Gradients) -> list[Arrays]:
    """Take a step for each entry of `gradients`; what the parameters hold after each."""
    after = []
    for step in gradients:
        give(params, step)
        optimizer.step()
        after.append([np.array(p.data) for p in params])
    return after


def assert_walk(got: list[Arrays], want: list[Arrays], *, what: str) -> None:
    """Check what the parameters held after each step, float64 to ten digits and float32 to four."""
    __tracebackhide__ = True
    for step, (mine, right) in enumerate(zip(got, want, strict=True), 1):
        for number, (array, exact) in enumerate(zip(mine, right, strict=True)):
            tight = {"rtol": 1e-9, "atol": 1e-10} if array.dtype == np.float64 else {"rtol": 1e-4, "atol": 1e-5}
            assert_close(
                array, exact.astype(array.dtype), **tight, what=f"parameter {number} after step {step} of {what}"
            )


def compare_walk(
    rng: np.random.Generator, name: str, *names: str, steps: int = 0, scale: bool = False, **fixed: Any
) -> None:
    """A rule, applied step after step with drawn settings, against the numbers by hand."""
    (x,), steps = drawn_arrays(rng, 1 + int(rng.integers(2))), steps or int(rng.integers(4, 8))
    settings = {**drawn_settings(rng, *names), **fixed}
    factor = rng.choice([0.01, 1.0, 30.0], steps) if scale else np.ones(steps)
    gradients = [rng.normal(size=x.shape) * one for one in factor]
    want = path_by_hand(name, x, lambda t, _: gradients[t], steps, **settings)
    with tried(f"{name}: {steps} steps with {settings}"):
        got, state = x.copy(), {}
        for step in range(steps):
            got, state = UPDATE[name](got, gradients[step].copy(), state, **settings)
            assert_close(got, want[step], rtol=1e-9, atol=1e-10, what=f"the data after step {step + 1}")


def parameter(numbers: Any, dtype: Any = F32) -> Any:
    return Tensor(np.array(numbers, dtype), requires_grad=True, dtype=dtype)


# Landscapes


def valley(p: Any) -> Any:
    """Rosenbrock's function of p = [x, y], for complex numbers as well."""
    near, below = 1 - p[0], p[1] - p[0] * p[0]
    return near * near + 100 * below * below


@check("Two landscapes and their slopes", points=1, seconds=2)
def test_landscapes(rng: np.random.Generator) -> None:
    """Your gradients agree with the derivatives of the landscapes, and keep the dtype."""
    got = parabola_gradient(np.array([3.0, -1.0]), np.array([1.0, 10.0]))
    assert_close(got, np.array([3.0, -10.0]), what="parabola_gradient([3, -1], [1, 10])")
    assert_close(
        rosenbrock_gradient(np.array([0.5, 1.0])), np.array([-151.0, 150.0]), what="rosenbrock_gradient([0.5, 1])"
    )
    (p,) = drawn_arrays(rng, 1)
    c = rng.uniform(0.5, 20, p.shape)
    bowl = lambda a: (c * a * a).sum() / 2  # noqa: E731
    got = parabola_gradient(p.copy(), c)
    assert_gradients([got], bowl, [p], np.array(1.0), what=f"parabola_gradient({p}, {c})")
    assert_close(parabola_gradient(p.astype(F32), 2.0), (2 * p).astype(F32), what="parabola_gradient of float32")
    for p in (rng.normal(size=2), rng.normal(size=2) * 2):
        got = rosenbrock_gradient(p.copy())
        assert_gradients([got], valley, [p], np.array(1.0), atol=1e-10, what=f"rosenbrock_gradient({p})")
    p = rng.normal(size=2).astype(F32)
    (want,) = exact_gradient(valley, [p], np.array(1.0))
    assert_close(rosenbrock_gradient(p), want.astype(F32), rtol=1e-3, atol=1e-2, what="rosenbrock_gradient of float32")


# Rules


@check("SGD and weight decay", points=2, seconds=2)
def test_sgd(rng: np.random.Generator) -> None:
    """A step goes against the gradient, lr times its length. Weight decay pulls the weights towards 0."""
    new, _ = sgd_update(np.array([1.0, -2.0]), np.array([2.0, 0.5]), {}, lr=0.1)
    assert_close(new, np.array([0.8, -2.05]), what="sgd_update([1, -2], [2, 0.5], {}, lr=0.1)")
    new, _ = sgd_update(np.array([1.0, -2.0]), np.array([2.0, 0.5]), {}, lr=0.1, weight_decay=0.5)
    assert_close(new, np.array([0.75, -1.95]), what="the same with weight_decay=0.5")
    compare_walk(rng, "SGD")
    compare_walk(rng, "SGD", "weight_decay")


@check("The largest learning rate on a parabola", points=1, needs=["test_sgd"], seconds=2)
def test_largest_lr(rng: np.random.Generator) -> None:
    """largest_lr predicts the rate at which SGD begins to diverge, and 20 steps on either side of it confirm the prediction."""
    for curvature in (0.25, 1.0, 10.0, between(rng, 0.02, 0.2), between(rng, 3, 9), between(rng, 20, 90)):
        limit = float(largest_lr(curvature))
        for factor, shrinks in ((0.9, True), (0.9999, True), (1.0001, False), (1.1, False)):
            start = x = np.array([between(rng, 0.5, 2)])
            for _ in range(20):
                x, _ = sgd_update(x, curvature * x, {}, lr=factor * limit)
            small = bool(abs(float(x[0])) < start[0])
            what = f"|x| is smaller after 20 steps from {start} with {factor} times largest_lr({curvature})"
            assert_same(small, shrinks, what=what)


@check("Momentum and Nesterov momentum", points=2, needs=["test_sgd"], seconds=2)
def test_momentum(rng: np.random.Generator) -> None:
    """The buffer starts as the first gradient. Each step scales it and adds the new gradient. Nesterov looks one step ahead."""
    with tried("data 1, then twice the gradient 2 with lr=0.1, momentum=0.9"):
        new, state = sgd_update(np.array([1.0]), np.array([2.0]), {}, lr=0.1, momentum=0.9)
        assert_close(new, np.array([0.8]), what="the data after one step")
        assert_close(state["momentum_buffer"], np.array([2.0]), what='state["momentum_buffer"] after one step')
        new, state = sgd_update(new, np.array([2.0]), state, lr=0.1, momentum=0.9)
        assert_close(new, np.array([0.42]), what="the data after two steps")
        assert_close(state["momentum_buffer"], np.array([3.8]), what='state["momentum_buffer"] after two steps')
    compare_walk(rng, "SGD", "momentum")
    compare_walk(rng, "SGD", "momentum", "dampening")
    compare_walk(rng, "SGD", "momentum", "nesterov")


@check("Adam", points=3, seconds=2)
def test_adam(rng: np.random.Generator) -> None:
    """The first step has length lr for gradients of any size, and later steps follow the two corrected averages."""
    for gradient in (2.0, 0.002, -5000.0, between(rng, 10, 1000), between(rng, -0.9, -0.1)):
        new, state = adam_update(np.array([1.0]), np.array([gradient]), {}, lr=0.1)
        want = np.array([1 - math.copysign(0.1, gradient)])
        assert_close(new, want, what=f"adam_update([1], [{gradient}], {{}}, lr=0.1)")
        assert_same(state["step"], 1, what='state["step"] after one step')
        assert_close(state["exp_avg"], np.array([0.1 * gradient]), what='state["exp_avg"] after one step')
        assert_close(state["exp_avg_sq"], np.array([0.001 * gradient**2]), what='state["exp_avg_sq"] after one step')
    compare_walk(rng, "Adam")
    compare_walk(rng, "Adam", "betas")


@check("AdamW: separate weight decay", points=1, needs=["test_adam"], seconds=2)
def test_adamw(rng: np.random.Generator) -> None:
    """Weight decay shrinks the weights directly and does not enter Adam's averages."""
    new, _ = adamw_update(np.array([1.0]), np.array([2.0]), {}, lr=0.1, weight_decay=0.5)
    assert_close(new, np.array([0.85]), what="adamw_update([1], [2], {}, lr=0.1, weight_decay=0.5)")
    compare_walk(rng, "AdamW")
    compare_walk(rng, "AdamW", "weight_decay")


#% hidden
@check(
    "All settings over many steps",
    points=3,
    visibility=HIDDEN,
    needs=["test_sgd", "test_adam"],
    seconds=3,
)
@pytest.mark.parametrize(
    ("name", "drawn", "fixed"),
    [
        ("SGD", ("momentum", "weight_decay"), {}),
        ("SGD", ("momentum", "dampening", "weight_decay"), {}),
        ("SGD", ("momentum",), {"dampening": 1.0}),
        ("SGD", ("momentum", "nesterov", "weight_decay"), {}),
        ("SGD", (), {"momentum": 1.0}),
        ("Adam", ("weight_decay",), {}),
        ("Adam", ("eps",), {"betas": (0.0, 0.9)}),
        ("Adam", ("eps", "weight_decay"), {"betas": (0.8, 0.0)}),
        ("AdamW", ("betas", "eps"), {"weight_decay": 0.0}),
        ("AdamW", ("betas", "eps", "weight_decay"), {}),
    ],
)
def test_every_setting(name: str, drawn: tuple[str, ...], fixed: dict[str, Any], rng: np.random.Generator) -> None:
    """Twelve steps or more, on random gradients of very different sizes, follow the formulas for any combination of settings."""
    compare_walk(rng, name, *drawn, steps=int(rng.integers(12, 17)), scale=True, **fixed)


def memory_by_hand(name: str, state: dict[str, Any], x: np.ndarray, grad: np.ndarray, **s: Any) -> dict[str, Any]:
    """What a rule should remember after one more step, from what it remembered before."""
    g = grad + (0.0 if name == "AdamW" else s.get("weight_decay", 0.0)) * x
    if name == "SGD":
        if not s.get("momentum"):
            return {}
        return {"momentum_buffer": s["momentum"] * state["momentum_buffer"] + g if state else g}
    b1, b2 = s.get("betas", (0.9, 0.999))
    first, second = state.get("exp_avg", 0 * x), state.get("exp_avg_sq", 0 * x)
    averages = {"exp_avg": b1 * first + (1 - b1) * g, "exp_avg_sq": b2 * second + (1 - b2) * g * g}
    return {"step": state.get("step", 0) + 1, **averages}


@check(
    "An update rule does not change or keep its arguments",
    points=2,
    visibility=HIDDEN,
    needs=["test_sgd", "test_adam"],
    seconds=2,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("SGD", ()),
        ("SGD", ("momentum",)),
        ("SGD", ("momentum", "nesterov", "weight_decay")),
        ("Adam", ("weight_decay",)),
        ("AdamW", ("betas",)),
    ],
)
def test_rules_leave(name: str, drawn: tuple[str, ...], dtype: str, rng: np.random.Generator) -> None:
    """data, grad and state stay unchanged. The result has data's dtype, and later changes of the gradient do not affect it."""
    settings, (x,) = drawn_settings(rng, *drawn), drawn_arrays(rng, 2, dtype=dtype)
    gradients = [rng.normal(size=x.shape).astype(dtype) for _ in range(3)]
    path = path_by_hand(name, x.astype(np.float64), lambda t, _: gradients[t].astype(np.float64), 3, **settings)
    near = {"rtol": 1e-4, "atol": 1e-5} if dtype == "float32" else {"rtol": 1e-9, "atol": 1e-10}
    state: dict[str, Any] = {}
    for number, gradient in enumerate(gradients):
        rule = f"{name.lower()}_update"
        with tried(f"{rule} with {settings} on {dtype}, step {number + 1}"):
            scribble = between(rng, 100, 999)
            got = optimizers_helpers.rule_leaves(rule, x, gradient, state, scribble, **settings)
            assert_close(
                got["written"], np.full(x.shape, scribble, dtype), what="the gradient, after it was overwritten"
            )
            assert_close(got["data"], x, rtol=0, atol=0, what="the caller's data")
            assert_close(got["grad"], gradient, rtol=0, atol=0, what="the caller's gradient")
            assert_same(sorted(got["state"]), sorted(state), what="the keys of the caller's state")
            for key, value in state.items():
                if isinstance(value, np.ndarray):
                    assert_close(got["state"][key], value, rtol=0, atol=0, what=f"the caller's state, {key}")
            want = path[number].astype(dtype)
            assert_close(got["new"], want, **near, what="the new data after the gradient was overwritten")
            memory = memory_by_hand(name, state, x, gradient, **settings)
            assert_same(sorted(got["kept"]), sorted(memory), what="the keys of the new state")
            for key, value in memory.items():
                what = f"the new state, {key}, after the gradient was overwritten"
                if isinstance(value, np.ndarray):
                    assert_close(got["kept"][key], value.astype(dtype), **near, what=what)
                else:
                    assert_same(got["kept"][key], value, what=what)
            x, state = got["new"], got["kept"]


#% endhidden
# Optimizers


@check("Parameters and groups of parameters", points=1, seconds=2)
def test_groups(rng: np.random.Generator) -> None:
    """A list makes one group, and dicts make several groups with their own settings. An empty list raises a clear error."""
    numbers, settings = rng.normal(size=2).astype(F32), drawn_settings(rng, "betas")
    lr, own, betas = settings["lr"], between(rng, 0.3, 0.9), settings["betas"]
    w, b = parameter([[1.0, 2.0]]), parameter(numbers)
    (only,) = SGD([w, b], lr=lr).param_groups
    assert_same(len(only["params"]), 2, what=f"the parameters in the group of SGD([w, b], lr={lr})")
    del only["params"]  # of a copy: what crosses to the suite is one, and the optimizer is not used any more
    want = {"lr": lr, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False}
    assert_same(only, want, what="the settings of that group")
    first, second = Adam([{"params": [w], "lr": own}, {"params": b}], lr=lr, betas=betas).param_groups
    assert_same([first["lr"], second["lr"]], [own, lr], what="lr of two groups, the first with its own")
    assert_same([first["betas"], second["betas"]], [betas] * 2, what="betas of both groups")
    assert_same(len(second["params"]), 1, what='the parameters of {"params": b}')
    assert_close(second["params"][0].data, numbers, what="the parameter of the second group")
    for nothing, what in (([], "[]"), ((), "()"), (optimizers_helpers.one_by_one([]), "a generator that was used up")):
        with tried(f"SGD(params, lr=0.1) where params is {what}"), pytest.raises(ValueError) as error:
            SGD(nothing, lr=0.1)
        assert "parameter" in str(error.value), f"the message should say that parameters are missing: {error.value}"
    for one, what in ((w, "Tensor"), (lr, "float")):
        with tried(f"SGD(params, lr=0.1) where params is one {what} and no list"), pytest.raises(TypeError) as error:
            SGD(one, lr=0.1)
        assert_says(error, what)
    with tried("SGD with a number among the parameters"), pytest.raises(TypeError) as error:
        SGD([w, lr], lr=0.1)
    assert_says(error, "float")


@check("Reject mistakes in groups", points=1, needs=["test_groups"], seconds=2)
def test_strange_groups(rng: np.random.Generator) -> None:
    """A parameter may be in one group only, and a setting that the optimizer does not know is an error."""
    w, b = parameter([[1.0, 2.0]]), parameter([3.0])
    with tried("SGD with one Tensor in two groups"), pytest.raises(ValueError):
        SGD([{"params": [w]}, {"params": [b, w]}])
    for strange in ("learning_rate", f"lr_{rng.integers(100, 1000)}"):
        with tried(f'SGD with a group that has "{strange}"'), pytest.raises(ValueError) as error:
            SGD([{"params": [w], strange: 0.1}])
        assert_says(error, strange, "lr", "momentum")


@check("Take one step", points=2, needs=["test_sgd", "test_groups"], seconds=2)
def test_step(rng: np.random.Generator) -> None:
    """Every parameter with a gradient is updated in place by the rule and the settings of its group. The others do not change."""
    w, idle, number = params = tensors([f32([[1, 2], [3, 4]]), f32([5, 6]), f32(7)])
    give(params, [f32([[1, -1], [2, 0]]), None, f32(10)])
    SGD(params, lr=0.1).step()
    for p, after, what in (
        (w, [[0.9, 2.1], [2.8, 4]], "0"),
        (idle, [5, 6], "1, without a gradient,"),
        (number, 6, "2"),
    ):
        assert_close(p.data, f32(after), what=f"parameter {what} after one step of SGD, lr=0.1")
    lr, own = between(rng, 0.1, 0.3), between(rng, 0.4, 0.9)
    arrays = drawn_arrays(rng, 2, 1, 0, 1, dtype=F32)
    gradients = drawn_gradients(rng, arrays, 1)
    gradients[0][3] = None
    params = tensors(arrays)
    shared = [p.detach() for p in params]  # other Tensors around the same arrays
    groups = [{"params": [2, 0], "lr": own}, {"params": [1, 3]}]
    got = walk(made("SGD", params, groups, lr=lr), params, gradients)
    for number, after in enumerate(by_hand("SGD", arrays, gradients, groups, lr=lr)[0]):
        what = f"parameter {number}, with lr={own} for 2 and 0, lr={lr} for 1, and no gradient for 3"
        assert_close(got[0][number], after.astype(F32), what=what)
        assert_close(
            shared[number].data, after.astype(F32), what=f"an array that was parameter {number}'s data before the step"
        )
    give(params[:2], gradients[0][:2])
    Adam([{"params": params[0]}, {"params": params[1]}]).zero_grad()
    assert_same([p.grad for p in params[:2]], [None, None], what="the gradients after zero_grad()")


@check("Each parameter has its own state", points=1, needs=["test_step"], seconds=2)
@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("SGD", ("momentum",)),
        ("SGD", ("momentum", "weight_decay")),
        ("SGD", ("momentum", "nesterov")),
        ("Adam", ("betas", "eps", "weight_decay")),
        ("AdamW", ()),
    ],
)
def test_steps(name: str, drawn: tuple[str, ...], rng: np.random.Generator) -> None:
    """The state that the rule returns for a parameter is passed back to it at that parameter's next step, in every optimizer."""
    arrays, settings = drawn_arrays(rng, 2, 1, 1), drawn_settings(rng, *drawn)
    gradients = drawn_gradients(rng, arrays, int(rng.integers(4, 7)))
    first, *others = rng.permutation(3).tolist()
    groups = [{"params": others}, {"params": [first], "lr": between(rng, 0.3, 0.9)}]
    for some in (None, groups):
        params, what = tensors(arrays), f"{name} with {settings}" + (f" in groups {some}" if some else "")
        got = walk(made(name, params, some, **settings), params, gradients)
        assert_walk(got, by_hand(name, arrays, gradients, some, **settings), what=what)
    gradients = gradients[:3]
    gradients[1][1] = None
    params = tensors(arrays)
    got = walk(made(name, params, **settings), params, gradients)
    what = f"parameter 1, whose gradient was None in the second step of {name}, compared with the first step"
    assert_close(got[1][1], got[0][1], rtol=0, atol=0, what=what)
    assert_walk(got, by_hand(name, arrays, gradients, **settings), what=f"{name}, with None for parameter 1 in step 2")


@check("Reject NaN, infinite and misshapen gradients", points=1, needs=["test_step"], seconds=2)
def test_bad_gradients(rng: np.random.Generator) -> None:
    """The error names the parameter's number and shape, and it is raised before any parameter has changed."""
    for number, kind in zip(whole(rng, 3, 2, 6), ("nan", "inf", "shape"), strict=True):
        arrays = [*drawn_arrays(rng, *[1] * number, dtype=F32), rng.normal(size=(2, 3 + number)).astype(F32)]
        (gradients,) = drawn_gradients(rng, arrays, 1)
        bad, shape = gradients[number], arrays[number].shape
        facts: list[Any] = [number, shape]
        if kind == "shape":
            bad = gradients[number] = bad[0]
            facts.append(bad.shape)
        else:
            bad[int(rng.integers(2)), int(rng.integers(3))] = float(kind)
        params, error_type = tensors(arrays), ValueError if kind == "shape" else FloatingPointError
        optimizer = SGD(params, lr=0.1, momentum=0.9)
        give(params, gradients)
        with tried(f"a step where the gradient of parameter {number}, shape {shape}, is {bad.tolist()}"):
            with pytest.raises(error_type) as error:
                optimizer.step()
            assert_says(error, *facts)
            assert_close(params[0].data, arrays[0], rtol=0, atol=0, what="parameter 0, whose gradient was good")


@check("Save an optimizer and continue", points=1, needs=["test_step"], seconds=2)
@pytest.mark.parametrize(("name", "drawn"), [("SGD", ("momentum",)), ("Adam", ()), ("AdamW", ("betas",))])
def test_resume(name: str, drawn: tuple[str, ...], rng: np.random.Generator) -> None:
    """A new optimizer that loads a state dict continues exactly as the first optimizer would have."""
    arrays, settings, stop = drawn_arrays(rng, 2, 1, dtype=F32), drawn_settings(rng, *drawn), int(rng.integers(2, 5))
    gradients = drawn_gradients(rng, arrays, stop + 3)
    params = tensors(arrays)
    optimizer = made(name, params, **settings)
    walk(optimizer, params, gradients[:stop])
    saved, copies = optimizer.state_dict(), tensors([np.array(p.data) for p in params])
    through = walk(optimizer, params, gradients[stop:])
    anew, number = made(name, copies, **{**settings, "lr": 123.0}), between(rng, 100, 999)
    written = optimizers_helpers.load_then_write(anew, saved, number)  # the optimizer has copies of its own
    what = f"a state dict, after {number} was written into its arrays"
    arrays_in = [
        value for kept in written["state"].values() for value in kept.values() if isinstance(value, np.ndarray)
    ]
    for array in arrays_in:
        assert_close(array, np.full(array.shape, number, F32), what=what)
    again = walk(anew, copies, gradients[stop:])
    for one in (0, 1):
        what = f"parameter {one}, stopped after {stop} of {stop + 3} steps"
        assert_close(again[-1][one], through[-1][one], rtol=0, atol=0, what=what)
    assert_walk(
        again, by_hand(name, arrays, gradients, **settings)[stop:], what=f"{name}, which went on after {stop} steps"
    )


@check("Memory of an optimizer: predicted, then counted", points=1, needs=["test_step"], seconds=2)
@pytest.mark.parametrize(
    ("name", "drawn", "each"), [("SGD", (), 0), ("SGD", ("momentum",), 1), ("Adam", (), 2), ("AdamW", (), 2)]
)
def test_predict_state(name: str, drawn: tuple[str, ...], each: int, rng: np.random.Generator) -> None:
    """predict_state gives the bytes of all arrays in the state dict."""
    arrays, settings = drawn_arrays(rng, 2, 1, dtype=F32), drawn_settings(rng, *drawn)
    size, params = sum(array.size for array in arrays), tensors(arrays)
    optimizer = made(name, params, **settings)
    walk(optimizer, params, drawn_gradients(rng, arrays, 2))
    state = optimizer.state_dict()["state"]
    counted = sum(v.nbytes for kept in state.values() for v in kept.values() if isinstance(v, np.ndarray))
    del settings["lr"]
    assert_same(counted, size * 4 * each, what=f"the bytes that {name} with {settings} remembers for {size} numbers")
    assert_same(
        predict_state(name, size, **settings), size * 4 * each, what=f"predict_state({name!r}, {size}, {settings})"
    )
    count, itemsize = int(rng.integers(100, 1000)), int(rng.choice([2, 8, 16]))
    got = predict_state(name, count, itemsize=itemsize, **settings)
    what = f"predict_state({name!r}, {count}, itemsize={itemsize}, {settings})"
    assert_same(got, count * itemsize * each, what=what)
    strange = f"Ada{rng.integers(100)}"
    with tried(f"predict_state({strange!r}, 24)"), pytest.raises(ValueError) as error:
        predict_state(strange, 24)
    assert_says(error, strange)


#% hidden
@check("Reject invalid parameters and settings", points=2, visibility=HIDDEN, needs=["test_groups"], seconds=2)
def test_refused_groups(rng: np.random.Generator) -> None:
    """Rejects a repeated parameter, the result of an op, an empty group, unknown settings and impossible values."""
    w_numbers, b_numbers, number = (
        rng.normal(size=(1, 2)).astype(F32),
        rng.normal(size=1).astype(F32),
        between(rng, 0.1, 0.9),
    )
    w, b = parameter(w_numbers), parameter(b_numbers)
    for build, what in (
        (lambda: SGD([w, b, w]), "one Tensor twice in a list"),
        (lambda: SGD([w, b * 2]), "the result of an op"),
        (lambda: SGD([{"params": [w]}, {"params": []}]), "a group without parameters"),
        (lambda: SGD([w], lr=-number), "a negative lr"),
        (lambda: SGD([w], lr=float("nan")), "lr nan"),
        (lambda: SGD([{"params": [w], "lr": -number}]), "a negative lr in a group"),
        (lambda: SGD([w], weight_decay=-number), "a negative weight_decay"),
        (lambda: SGD([w], momentum=-number), "a negative momentum"),
        (lambda: SGD([w], nesterov=True), "nesterov without momentum"),
        (lambda: SGD([w], momentum=0.9, dampening=number, nesterov=True), "nesterov with dampening"),
        (lambda: Adam([w], betas=(number, 1.0)), "a beta of 1"),
        (lambda: AdamW([w], eps=-number), "a negative eps"),
    ):
        with tried(what), pytest.raises(ValueError):
            build()
    twins = SGD([parameter(b_numbers), parameter(b_numbers)])
    assert_same(len(twins.param_groups[0]["params"]), 2, what="two Tensors that hold equal numbers are two parameters")
    optimizer = SGD([w], lr=number)
    for bad in ({"params": [w]}, {"params": [b, "b"]}, {"params": [b], "lr": -number}):
        with tried(f"add_param_group with {sorted(bad)}, which is refused"), pytest.raises((ValueError, TypeError)):
            optimizer.add_param_group(bad)
        assert_same(len(optimizer.param_groups), 1, what="the number of groups after add_param_group was refused")
    gradients = [rng.normal(size=(1, 2)).astype(F32), rng.normal(size=1).astype(F32)]
    moved = walk(optimizer, [w, b], [gradients])[0]
    assert_close(moved[0], w_numbers - F32(number) * gradients[0], what="w after a step of an SGD of w")
    assert_close(moved[1], b_numbers, rtol=0, atol=0, what="b after that step, whose groups were refused")
    given = {"params": optimizers_helpers.one_by_one([b]), "momentum": number}
    optimizer.add_param_group(given)
    (added,) = optimizer.param_groups[1]["params"]
    assert_close(added.data, b_numbers, what="the parameter of a group given as an iterator")
    assert_same(optimizer.param_groups[1]["momentum"], number, what="the momentum of the group that was added")
    given = {"params": [parameter(b_numbers)], "lr": number}
    kept, takers = optimizers_helpers.given_twice(given, parameter(w_numbers))
    for taker, place in zip(takers, (0, 1), strict=True):
        group = taker.param_groups[place]
        assert_close(group["params"][0].data, b_numbers, what="the parameter of a group that was given as a dict")
        assert_same([group["lr"], group["momentum"]], [number, 0.0], what="its lr, and the default for momentum")
    what = "the keys of a dict of the caller's, after SGD([it]) and add_param_group(it)"
    assert_same(sorted(kept), ["lr", "params"], what=what)
    assert_same(kept["lr"], number, what="lr in that dict")
    groups = as_groups([{"params": [w], "lr": number}])
    assert_same(groups[0]["lr"], number, what="as_groups keeps the settings of a dict")
    both = as_groups(optimizers_helpers.one_by_one([w, b]))[0]["params"]
    assert_same(len(both), 2, what="as_groups of a generator of two")
    assert_close(both[1].data, b_numbers, what="the second of them")
    with tried("SGD([('weight', w)]), as named_parameters gives them"), pytest.raises(TypeError) as error:
        SGD([("weight", w)])
    assert_says(error, "tuple")


@check("A state dict is a copy", points=2, visibility=HIDDEN, needs=["test_step"], seconds=2)
def test_state_dict(rng: np.random.Generator) -> None:
    """It holds settings, the numbers of the parameters, and copies that later steps do not change. A parameter that
    never moved has no entry.
    """
    arrays, settings, own = drawn_arrays(rng, 2, 1, 1), drawn_settings(rng, "momentum"), between(rng, 0.3, 0.9)
    gradients = drawn_gradients(rng, arrays, 3)
    for step in gradients:
        step[1] = None
    params, mu = tensors(arrays), settings["momentum"]
    optimizer = made("SGD", params, [{"params": [2], "lr": own}, {"params": [0, 1]}], **settings)
    walk(optimizer, params, gradients[:1])
    early = optimizers_helpers.Kept(optimizer)
    walk(optimizer, params, gradients[1:])
    got = optimizer.state_dict()
    numbered = [(group["params"], group["lr"], group["momentum"]) for group in got["param_groups"]]
    want = [([0], own, mu), ([1, 2], settings["lr"], mu)]
    assert_same(numbered, want, what="params, lr and momentum of the groups")
    assert_same(sorted(got["state"]), [0, 1], what="the numbers of the parameters that have been stepped")
    for number, name in ((0, 2), (1, 0)):
        one, two, three = (gradients[step][name] for step in range(3))
        what = f"the buffer of number {number} after the first step, read later"
        assert_close(early.state["state"][number]["momentum_buffer"], one, what=what)
        want = mu * (mu * one + two) + three
        assert_close(got["state"][number]["momentum_buffer"], want, what=f"the buffer of number {number} at the end")
    betas, count = drawn_settings(rng, "betas")["betas"], int(rng.integers(4, 8))
    params, many = tensors(arrays), drawn_gradients(rng, arrays, count)
    for step in many:
        step[1] = None
    optimizer = made("Adam", params, lr=0.1, betas=betas)
    walk(optimizer, params, many)
    adam = optimizer.state_dict()
    steps = {number: kept["step"] for number, kept in adam["state"].items()}
    assert_same(steps, {0: count, 2: count}, what=f'"step" of the parameters that have been stepped {count} times')
    assert_same(adam["param_groups"][0]["betas"], betas, what="betas in the state dict")
    for name, drawn in (("SGD", ("momentum",)), ("Adam", ("betas",))):
        settings, pushes, number = drawn_settings(rng, *drawn), drawn_gradients(rng, arrays, 3), between(rng, 100, 999)
        params = tensors(arrays)
        optimizer, after = made(name, params, **settings), []
        for push in pushes:
            after += walk(optimizer, params, [push])
            spoiled = optimizers_helpers.write_into_a_state_dict(optimizer, number)["state"]
            for kept in spoiled.values():
                for value in kept.values():
                    if isinstance(value, np.ndarray):
                        assert_close(
                            value, np.full(value.shape, number), what="an array of a state dict that was written to"
                        )
        what = f"{name}, where {number} was written into the arrays of state dicts"
        assert_walk(after, by_hand(name, arrays, pushes, **settings), what=what)


def assert_not_loaded(optimizer: Any, state: dict[str, Any], *facts: Any, what: str) -> None:
    """Check that load_state_dict refuses a state, names these facts, and changes nothing."""
    before = plain(optimizer.state_dict())
    with tried(f"load_state_dict with {what}"):
        with pytest.raises(ValueError) as error:
            optimizer.load_state_dict(state)
        assert_says(error, *facts)
        assert_same(plain(optimizer.state_dict()), before, what="the state dict afterwards, as before")


def plain(state_dict: dict[str, Any]) -> dict[str, Any]:
    """The same with lists in place of arrays, which a later step cannot change."""
    state = {
        number: {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in kept.items()}
        for number, kept in state_dict["state"].items()
    }
    return {"state": state, "param_groups": [dict(group) for group in state_dict["param_groups"]]}


@check("Reject a state dict that does not match", points=2, visibility=HIDDEN, needs=["test_step"], seconds=2)
def test_load_refused(rng: np.random.Generator) -> None:
    """Different groups, settings or shapes raise an error that names them, and the optimizer does not change."""
    small, large, count = (tuple(whole(rng, 2, 2, 5)), *[whole(rng, 1, 6, 9)[0]] * 2)
    arrays = [rng.normal(size=small).astype(F32), rng.normal(size=large).astype(F32)]
    lr, params = between(rng, 0.1, 0.4), tensors(arrays)
    optimizer = made("Adam", params, lr=lr)
    walk(optimizer, params, drawn_gradients(rng, arrays, count))
    saved = optimizer.state_dict()
    wrong = np.ones(large + count, F32)
    odd = {0: saved["state"][0], 1: {**saved["state"][1], "exp_avg_sq": wrong}}
    for what, name, parameters, state, facts in (
        ("two parameters for one", "Adam", arrays[:1], saved, [[2], [1]]),
        ("an Adam's for SGD", "SGD", arrays, saved, [{"betas", "eps", "momentum", "dampening", "nesterov"}]),
        ("an array of another shape", "Adam", arrays, {**saved, "state": odd}, [1, wrong.shape, (large,)]),
        ("two groups for one", "Adam", arrays, {**saved, "param_groups": saved["param_groups"] * 2}, [[2, 2], [2]]),
    ):
        assert_not_loaded(made(name, tensors(parameters), lr=0.5), state, *facts, what=what)
    wide = [array.astype(np.float64) for array in arrays]
    other = made("Adam", tensors(wide), lr=0.5)
    other.load_state_dict(saved)
    got = other.state_dict()
    assert_same(got["param_groups"][0]["lr"], lr, what="lr after loading: the saved one")
    assert_same(got["state"][0]["step"], count, what='"step" after loading')
    want = saved["state"][1]["exp_avg"].astype(np.float64)
    assert_close(got["state"][1]["exp_avg"], want, what="exp_avg of float64 parameters, loaded from float32")
    optimizer.load_state_dict({**saved, "state": {1: saved["state"][1]}})
    what = "who has a memory after a state dict with one for number 1 only replaced two"
    assert_same(sorted(optimizer.state_dict()["state"]), [1], what=what)


@check("A rejected step changes nothing", points=2, visibility=HIDDEN, needs=["test_bad_gradients"], seconds=2)
@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_refused_step(name: str, rng: np.random.Generator) -> None:
    """Parameters and state stay unchanged, even if the bad gradient is the last. The number in the error counts all
    parameters, also those without a gradient.
    """
    for kind in ("-inf", "two axes", "no axes"):
        number, size = whole(rng, 1, 2, 5)[0], whole(rng, 1, 3, 9)[0]
        arrays = [*drawn_arrays(rng, *[1] * number, dtype=F32), rng.normal(size=size).astype(F32)]
        (gradients,) = drawn_gradients(rng, arrays, 1)
        gradients[1], good = None, gradients[number]
        bad = gradients[number] = {"two axes": good[None], "no axes": np.array(good[0]), "-inf": good}[kind]
        if kind == "-inf":
            bad[int(rng.integers(size))] = -np.inf
        params = tensors(arrays)
        optimizer = made(name, params, lr=0.1)
        give(params, gradients)
        with tried(f"a step of {name} where the gradient of parameter {number} is {bad.tolist()}"):
            with pytest.raises((ValueError, FloatingPointError)) as error:
                optimizer.step()
            assert_says(error, number, (size,), *([] if kind == "-inf" else [bad.shape]))
            for one, before in enumerate(arrays):
                assert_close(params[one].data, before, rtol=0, atol=0, what=f"parameter {one}")
            assert_same(optimizer.state_dict()["state"], {}, what="the state in the state dict")
    number, size = whole(rng, 2, 11, 60)
    p, good = parameter(np.ones(size)), rng.normal(size=size).astype(F32)
    bad = good.copy()
    bad[int(rng.integers(size))] = np.nan
    for gradient, kind, facts in ((bad, FloatingPointError, [(size,)]), (good[None], ValueError, [(size,), (1, size)])):
        p.grad = gradient
        with tried(f"check_gradient({number}, p) where p.grad has shape {gradient.shape}"):
            with pytest.raises(kind) as error:
                check_gradient(number, p)
            assert_says(error, number, *facts)
    p.grad = good * F32(1e38 / np.abs(good).max())
    check_gradient(number, p)


@check("Dtypes, and steps without a gradient", points=2, visibility=HIDDEN, needs=["test_step"], seconds=2)
@pytest.mark.parametrize(("name", "drawn"), [("SGD", ("momentum",)), ("Adam", ()), ("AdamW", ("weight_decay",))])
def test_dtype_and_pause(name: str, drawn: tuple[str, ...], rng: np.random.Generator) -> None:
    """float64 gradients do not change the dtype of parameters or state. A parameter without a gradient for some steps
    keeps its state.
    """
    settings, arrays = drawn_settings(rng, *drawn), drawn_arrays(rng, 2, 0, dtype=F32)
    params, gradients = tensors(arrays), drawn_gradients(rng, [array.astype(np.float64) for array in arrays], 4)
    optimizer = made(name, params, **settings)
    got = walk(optimizer, params, gradients)
    assert_walk(got, by_hand(name, arrays, gradients, **settings), what=f"{name} with float64 gradients")
    state = optimizer.state_dict()["state"]
    for number, array in enumerate(arrays):
        assert_array(got[-1][number], shape=array.shape, what=f"parameter {number}")
        for key, value in state[number].items():
            if isinstance(value, np.ndarray):
                assert_array(value, shape=array.shape, what=f"{key} of parameter {number}")
    pauses = int(rng.integers(2, 5))
    paused: Gradients = [gradients[0], *([None, gradients[1][1]] for _ in range(pauses)), gradients[3]]
    params = tensors(arrays)
    got = walk(made(name, params, **settings), params, paused)
    want = by_hand(name, arrays, paused, **settings)
    assert_close(
        got[pauses][0], want[0][0].astype(F32), rtol=1e-4, atol=1e-5, what="a parameter after one step and some pauses"
    )
    assert_close(got[-1][0], want[-1][0].astype(F32), rtol=1e-4, atol=1e-5, what="and after its second step")


#% endhidden
# Walking, and schedules


@check("descend: walk downhill", points=1, needs=["test_step"], seconds=2)
def test_descend(rng: np.random.Generator) -> None:
    """descend returns all points of the way, including the start, and clears old gradients before it computes new ones."""
    p = parameter([3.0, -1.0], np.float64)
    path = descend(SGD([p], lr=0.25), p, lambda x: 2 * x, 3)
    want = np.array([[3, -1], [1.5, -0.5], [0.75, -0.25], [0.375, -0.125]])
    assert_close(path, want, what="the way of 3 steps with lr=0.25 down x² + y² from [3, -1]")
    (start, other), steps, asked = drawn_arrays(rng, 2, 1), int(rng.integers(3, 9)), []
    slope, settings = rng.uniform(0.5, 2, start.shape), drawn_settings(rng, "momentum")
    p, q = params = tensors([start, other])
    give(params, [np.ones(start.shape), np.ones(other.shape)])

    def gradient(x: np.ndarray) -> np.ndarray:
        asked.append(np.array(x))
        assert_same(p.grad, None, what="p.grad when descend asks for a gradient")
        return slope * x

    path = descend(SGD(params, **settings), p, gradient, steps)
    want = np.stack([start, *sgd_by_hand(start, lambda _, x: slope * x, steps, **settings)])
    what = f"{steps} steps of SGD with {settings} down a bowl from {start.tolist()}"
    assert_close(path, want, rtol=1e-9, atol=1e-10, what=f"the way of {what}")
    assert_close(
        np.stack(asked), want[:-1], rtol=1e-9, atol=1e-10, what=f"the places where a gradient was asked for in {what}"
    )
    assert_close(p.data, want[-1], rtol=1e-9, atol=1e-10, what="p.data afterwards")
    assert_close(q.data, other, what="another parameter, whose gradient was left over from before")
    assert_close(descend(SGD([p]), p, lambda x: x, 0), want[-1:], rtol=1e-9, atol=1e-10, what="the way of 0 steps")


def wave(base: float, last: int, low: float = 0.0, warmup: int = 0) -> np.ndarray:
    """The rates of epochs 0 to `last`: a line up to base, then half a cosine down to `low`."""
    up = np.linspace(0, base, warmup + 2)[1:-1]
    half = np.cos(np.linspace(0, math.pi / 2, last - warmup + 1)) ** 2  # cos² of half the angle: (1 + cos) / 2
    return np.concatenate([up, low * (1 - half) + base * half])


@check("Learning rate schedules", points=1, seconds=2)
def test_schedules(rng: np.random.Generator) -> None:
    """Step decay, half a cosine, and a warm-up before it work as formulas and as objects that set the optimizer's lr."""
    want = [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2]
    got = [step_lr(0.8, epoch, 3, 0.5) for epoch in range(7)]
    assert_close(np.array(got), np.array(want), what="step_lr(0.8, 0 .. 6, 3, 0.5)")
    want = [1, 0.853553, 0.5, 0.146447, 0]
    got = [cosine_lr(1.0, epoch, 4) for epoch in range(5)]
    assert_close(np.array(got), np.array(want), what="cosine_lr(1, 0 .. 4, 4)")
    want = [1 / 3, 2 / 3, 1, 0.868198, 0.55, 0.231802, 0.1]
    got = [cosine_lr(1.0, epoch, 6, 0.1, 2) for epoch in range(7)]
    assert_close(np.array(got), np.array(want), what="cosine_lr(1, 0 .. 6, T_max=6, eta_min=0.1, warmup=2)")
    base, gamma, low = between(rng, 0.5, 2), between(rng, 0.2, 0.8), between(rng, 0.01, 0.2)
    size, last, warmup = int(rng.integers(2, 5)), int(rng.integers(7, 12)), int(rng.integers(2, 5))
    stairs = np.repeat([base, base * gamma, base * gamma * gamma], size)
    got = [step_lr(base, epoch, size, gamma) for epoch in range(3 * size)]
    assert_close(np.array(got), stairs, what=f"step_lr({base}, 0 .. {3 * size - 1}, {size}, {gamma})")
    got = [cosine_lr(base, epoch, last, low, warmup) for epoch in range(last + 1)]
    what = f"cosine_lr({base}, 0 .. {last}, T_max={last}, eta_min={low}, warmup={warmup})"
    assert_close(np.array(got), wave(base, last, low, warmup), what=what)
    optimizer = SGD([parameter([1.0])], lr=base)
    schedule = StepLR(optimizer, step_size=size, gamma=gamma)
    rates = [schedule.get_last_lr()[0]]
    for _ in range(3 * size - 1):
        schedule.step()
        rates.append(optimizer.param_groups[0]["lr"])
    assert_close(np.array(rates), stairs, what=f"lr={base} under StepLR(optimizer, step_size={size}, gamma={gamma})")


#% hidden
@check(
    "Schedules with groups, and after a restart",
    points=2,
    visibility=HIDDEN,
    needs=["test_schedules", "test_groups"],
    seconds=2,
)
def test_scheduled_groups(rng: np.random.Generator) -> None:
    """Every group follows the schedule from its own rate, also in a new schedule after a restart. Invalid settings are
    rejected.
    """
    own, gamma, low = [between(rng, 0.5, 2), between(rng, 0.1, 0.4)], between(rng, 0.2, 0.8), between(rng, 0.01, 0.05)
    last, warmup = int(rng.integers(6, 10)), int(rng.integers(2, 5))
    for make, settings, want in (
        (StepLR, {"step_size": 1, "gamma": gamma}, lambda lr: lr * gamma ** np.arange(5)),
        (StepLR, {"step_size": 3}, lambda lr: lr * np.array([1, 1, 1, 0.1, 0.1])),
        (CosineAnnealingLR, {"T_max": last}, lambda lr: wave(lr, last)),
        (CosineAnnealingLR, {"T_max": last, "warmup": warmup}, lambda lr: wave(lr, last, 0.0, warmup)),
        (CosineAnnealingLR, {"T_max": last, "eta_min": low, "warmup": 1}, lambda lr: wave(lr, last, low, 1)),
        (CosineAnnealingLR, {"T_max": 2}, lambda lr: lr * np.array([1, 0.5, 0, 0.5, 1])),
    ):
        with tried(f"{make.__name__} with {settings} over groups with lr {own}"):
            optimizer = SGD([{"params": [parameter([1.0])], "lr": lr} for lr in own], lr=0.5)
            schedule = make(optimizer, **settings)
            rates = [[group["lr"] for group in optimizer.param_groups]]
            for _ in range(3):
                schedule.step()
                rates.append([group["lr"] for group in optimizer.param_groups])
            wanted = np.stack([want(lr)[:5] for lr in own], 1)
            assert_close(np.array(rates), wanted[:4], what="the rates of both groups, epoch by epoch")
            again = make(optimizer, **settings)
            again.load_state_dict(schedule.state_dict())
            again.step()
            assert_close(np.array(again.get_last_lr()), wanted[4], what="the rates after going on in a new schedule")
            assert_same(again.last_epoch, 4, what="last_epoch")
    assert type(cosine_lr(1.0, 1, 4)) is float, "cosine_lr gives a Python float: NumPy's would widen float32"
    optimizer = SGD([parameter([1.0])], lr=own[0])
    rate = CosineAnnealingLR(optimizer, T_max=10, warmup=warmup).get_last_lr()
    assert_close(
        np.array(rate), np.array([own[0] / (warmup + 1)]), what="lr as soon as a schedule with a warm-up is made"
    )
    StepLR(optimizer, step_size=5).step()
    outgrown = StepLR(optimizer, step_size=5)
    optimizer.add_param_group({"params": [parameter([2.0])]})
    with tried("load_state_dict of a schedule, after add_param_group"), pytest.raises(ValueError):
        outgrown.load_state_dict(outgrown.state_dict())
    with tried("CosineAnnealingLR with warmup = T_max"), pytest.raises(ValueError):
        CosineAnnealingLR(optimizer, T_max=last, warmup=last)


#% endhidden
# Put together


@check(
    "I can improve weights systematically",
    points=2,
    capability=True,
    needs=["test_landscapes", "test_descend"],
    seconds=4,
)
def test_capability(rng: np.random.Generator) -> None:
    """In Rosenbrock's valley from about [-1.5, 2], SGD gets part of the way, and momentum and Adam reach the minimum."""
    start, ends = np.array([between(rng, -1.6, -1.4), between(rng, 1.9, 2.1)]), {}
    for name, rule, settings in (
        ("SGD", "SGD", {"lr": 1e-3}),
        ("SGD with momentum", "SGD", {"lr": 1e-3, "momentum": 0.9}),
        ("Adam", "Adam", {"lr": 0.1}),
    ):
        p = parameter(start, np.float64)
        path = descend(made(rule, [p], **settings), p, rosenbrock_gradient, 1000)
        slope = lambda _, x: exact_gradient(valley, [x], np.array(1.0))[0]  # noqa: E731
        want = np.stack([start, *path_by_hand(rule, start, slope, 1000, **settings)])
        assert_close(path, want, rtol=1e-6, atol=1e-8, what=f"the way of {name} from {start.tolist()}, 1000 steps")
        ends[name] = float(valley(path[-1]))
        assert_close(np.array(rosenbrock(path[-1])), np.array(ends[name]), what="rosenbrock at the end of the way")
    reached = {name: value < limit for (name, value), limit in zip(ends.items(), (4.0, 0.01, 0.01), strict=True)}
    assert_same(reached, dict.fromkeys(ends, True), what=f"below 4, 0.01 and 0.01 after 1000 steps; reached {shown(ends)}")
    assert ends["SGD"] > ends["Adam"], f"plain SGD is the slowest of the three: {shown(ends)}"


def xor_weights(rng: np.random.Generator, dtype: Any) -> Arrays:
    """Weights and biases of 2 -> 8 -> 1, drawn as Linear draws them."""
    shapes = (((8, 2), 2), ((8,), 2), ((1, 8), 8), ((1,), 8))
    return [rng.uniform(-(n**-0.5), n**-0.5, shape).astype(dtype) for shape, n in shapes]


def xor_scores(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    """The network's scores for the four corners, for complex weights as well."""
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    return np.tanh(corners @ w1.T + b1) @ w2[0] + b2


@check(
    "XOR 1969: solved from every one of 20 seeds",
    points=1,
    needs=["test_step"],
    seconds=20,
)
def test_milestone_xor_1969(rng: np.random.Generator) -> None:
    """A network with a hidden layer of 8, your losses and your SGD, with gradients by hand, gets all four answers right
    from all 20 seeds.
    """
    right = np.array([0, 1, 1, 0])
    loss = lambda *w: (np.log(1 + np.exp(xor_scores(*w))) - right * xor_scores(*w)).mean()  # noqa: E731
    start, steps, settings = xor_weights(rng, np.float64), int(rng.integers(8, 16)), drawn_settings(rng, "momentum")
    want, seen = start, []
    for _ in range(steps):
        seen.append(exact_gradient(loss, want, np.array(1.0)))
        want = by_hand("SGD", start, seen, **settings)[-1]
    for got, one in zip(optimizers_helpers.solve_xor(start, steps, **settings), want, strict=True):
        assert_close(got, one, rtol=1e-7, atol=1e-8, what=f"weights after the first {steps} steps with {settings}")
    solved = 0
    for _ in range(20):  # in 60,000 trials, no start was found from which this does not work
        after = optimizers_helpers.solve_xor(xor_weights(rng, F32), 300, lr=0.3, momentum=0.9)
        shapes = ((8, 2), (8,), (1, 8), (1,))
        trained = [
            assert_array(got, shape=shape, what="trained weights") for got, shape in zip(after, shapes, strict=True)
        ]
        scores = xor_scores(*(array.astype(np.float64) for array in trained))
        solved += bool(((2 * right - 1) * scores > 1).all())
    assert_same(solved, 20, what="seeds of 20 from which all four answers are right, with a margin, after 300 steps")
