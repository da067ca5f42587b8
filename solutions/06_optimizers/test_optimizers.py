"""Optimizers: can I improve weights systematically?"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import optimizers_helpers
import pytest

from checks import HIDDEN, assert_array, assert_close, assert_gradients, assert_same, check, tried
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
UPDATE = {"SGD": sgd_update, "Adam": adam_update, "AdamW": adamw_update}

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


def sgd_by_hand(x: float, gradients: list[float], **s: Any) -> list[float]:
    """SGD of one number, written with Python's own floats and a list of all gradients so far."""
    path, seen = [], []
    mu, tau, decay = s.get("momentum", 0.0), s.get("dampening", 0.0), s.get("weight_decay", 0.0)
    for g in gradients:
        seen.append(g + decay * x)
        last = len(seen) - 1  # the buffer, as the sum that its recursion stands for
        buffer = math.fsum(mu ** (last - k) * (1 if k == 0 else 1 - tau) * one for k, one in enumerate(seen))
        way = seen[-1] + mu * buffer if s.get("nesterov") else buffer
        x -= s["lr"] * (way if mu else seen[-1])
        path.append(x)
    return path


def adam_by_hand(x: float, gradients: list[float], **s: Any) -> list[float]:
    """Adam of one number: the averages as weighted means of all gradients so far, which is what the correction makes them."""
    path, seen = [], []
    b1, b2 = s.get("betas", (0.9, 0.999))
    for g in gradients:
        if s.get("decoupled"):
            x -= s["lr"] * s["weight_decay"] * x
        seen.append(g if s.get("decoupled") else g + s.get("weight_decay", 0.0) * x)
        t = len(seen)
        first = math.fsum(b1 ** (t - 1 - k) * one for k, one in enumerate(seen)) / math.fsum(b1**k for k in range(t))
        second = math.fsum(b2 ** (t - 1 - k) * one * one for k, one in enumerate(seen))
        second /= math.fsum(b2**k for k in range(t))
        x -= s["lr"] * first / (math.sqrt(second) + s.get("eps", 1e-8))
        path.append(x)
    return path


def by_hand(name: str, arrays: list[np.ndarray], gradients: list[list[np.ndarray]], **settings: Any) -> list[Any]:
    """What each parameter holds after each step, number by number: a list for each step, an array for each parameter."""
    one = sgd_by_hand if name == "SGD" else adam_by_hand
    more = {"decoupled": True, "weight_decay": settings.get("weight_decay", 0.01)} if name == "AdamW" else {}
    after = [[np.empty(array.shape) for array in arrays] for _ in gradients]
    for number, array in enumerate(arrays):
        for index in np.ndindex(array.shape):
            series = [float(step[number][index]) for step in gradients]
            for step, value in enumerate(one(float(array[index]), series, **{**settings, **more})):
                after[step][number][index] = value
    return after


def walk(name: str, x: np.ndarray, gradients: list[np.ndarray], **settings: Any) -> list[np.ndarray]:
    """Apply a rule again and again; the data after each step."""
    state: dict[str, Any] = {}
    path = []
    for gradient in gradients:
        x, state = UPDATE[name](x, gradient.copy(), state, **settings)
        path.append(x)
    return path


def normals(rng: np.random.Generator, steps: int, *shape: int) -> list[np.ndarray]:
    return [rng.normal(size=shape) for _ in range(steps)]


def compare_walk(name: str, x: np.ndarray, gradients: list[np.ndarray], **settings: Any) -> None:
    """A rule, applied step after step, against the numbers by hand."""
    with tried(f"{name}: {len(gradients)} steps with {settings}"):
        got = walk(name, x.copy(), gradients, **settings)
        for step, want in enumerate(by_hand(name, [x], [[g] for g in gradients], **settings), 1):
            assert_close(got[step - 1], want[0], rtol=1e-9, atol=1e-10, what=f"the data after step {step}")


def parameter(numbers: Any, dtype: Any = F32) -> Any:
    return Tensor(np.array(numbers, dtype), requires_grad=True, dtype=dtype)


# Landscapes


@check("Two landscapes and their slopes", points=1, seconds=2)
def test_landscapes(rng: np.random.Generator) -> None:
    """The gradients by hand agree with finite differences, and keep the dtype."""
    c = np.array([1.0, 10.0])
    assert_close(parabola_gradient(np.array([3.0, -1.0]), c), np.array([3.0, -10.0]), what="parabola_gradient([3, -1], [1, 10])")
    p = rng.normal(size=2)
    fall = lambda a: np.array(0.5 * c[0] * a[0] ** 2 + 0.5 * c[1] * a[1] ** 2)  # noqa: E731
    assert_gradients([parabola_gradient(p.copy(), c)], fall, [p], np.array(1.0), what="parabola_gradient")
    assert_close(rosenbrock_gradient(np.array([0.5, 1.0])), np.array([-151.0, 150.0]), what="rosenbrock_gradient([0.5, 1])")
    for p in (rng.normal(size=2), rng.normal(size=2) * 2):
        bend = lambda a: np.array((1 - a[0]) ** 2 + 100 * (a[1] - a[0] ** 2) ** 2)  # noqa: E731
        assert_gradients([rosenbrock_gradient(p.copy())], bend, [p], np.array(1.0), what=f"rosenbrock_gradient({p})")
    assert_array(rosenbrock_gradient(f32([-1, 1])), shape=(2,), what="rosenbrock_gradient of float32")
    assert_array(parabola_gradient(f32([-1, 1]), 2.0), shape=(2,), what="parabola_gradient of float32")


# Rules


@check("SGD", points=2, seconds=2)
def test_sgd(rng: np.random.Generator) -> None:
    """Against the gradient, lr times its length; weight decay pulls towards 0."""
    new, _ = sgd_update(np.array([1.0, -2.0]), np.array([2.0, 0.5]), {}, lr=0.1)
    assert_close(new, np.array([0.8, -2.05]), what="sgd_update([1, -2], [2, 0.5], {}, lr=0.1)")
    new, _ = sgd_update(np.array([1.0, -2.0]), np.array([2.0, 0.5]), {}, lr=0.1, weight_decay=0.5)
    assert_close(new, np.array([0.75, -1.95]), what="the same with weight_decay=0.5")
    compare_walk("SGD", rng.normal(size=(2, 3)), normals(rng, 4, 2, 3), lr=0.3)
    compare_walk("SGD", rng.normal(size=(2, 3)), normals(rng, 4, 2, 3), lr=0.3, weight_decay=0.2)


@check("How large a step may be", points=1, needs=["test_sgd"], seconds=2)
@pytest.mark.parametrize("curvature", [0.25, 1.0, 10.0])
def test_largest_lr(curvature: float) -> None:
    """largest_lr predicts where SGD on a parabola begins to run away, and 20 steps on either side confirm it."""
    limit = largest_lr(curvature)
    for factor, shrinks in ((0.9, True), (1.1, False)):
        x = np.array([1.0])
        for _ in range(20):
            x, _ = sgd_update(x, curvature * x, {}, lr=factor * limit)
        small = bool(abs(float(x[0])) < 1)
        assert_same(small, shrinks, what=f"|x| < 1 after 20 steps from x = 1 with {factor} times largest_lr({curvature})")


@check("Momentum", points=2, needs=["test_sgd"], seconds=2)
def test_momentum(rng: np.random.Generator) -> None:
    """The buffer begins as the gradient; then it keeps a part of itself and adds the new one. Nesterov looks ahead."""
    with tried("data 1, then twice the gradient 2 with lr=0.1, momentum=0.9"):
        new, state = sgd_update(np.array([1.0]), np.array([2.0]), {}, lr=0.1, momentum=0.9)
        assert_close(new, np.array([0.8]), what="the data after one step")
        assert_close(state["momentum_buffer"], np.array([2.0]), what='state["momentum_buffer"] after one step')
        new, state = sgd_update(new, np.array([2.0]), state, lr=0.1, momentum=0.9)
        assert_close(new, np.array([0.42]), what="the data after two steps")
        assert_close(state["momentum_buffer"], np.array([3.8]), what='state["momentum_buffer"] after two steps')
    x, gradients = rng.normal(size=3), normals(rng, 5, 3)
    compare_walk("SGD", x, gradients, lr=0.2, momentum=0.7)
    compare_walk("SGD", x, gradients, lr=0.2, momentum=0.7, dampening=0.4)
    compare_walk("SGD", x, gradients, lr=0.2, momentum=0.7, nesterov=True)


@check("Adam", points=3, seconds=2)
def test_adam(rng: np.random.Generator) -> None:
    """The first step is lr long whatever the scale, and later ones follow the two corrected averages."""
    for gradient in (2.0, 0.002, -5000.0):
        new, state = adam_update(np.array([1.0]), np.array([gradient]), {}, lr=0.1)
        want = np.array([1 - math.copysign(0.1, gradient)])
        assert_close(new, want, what=f"adam_update([1], [{gradient}], {{}}, lr=0.1)")
        assert_same(state["step"], 1, what='state["step"] after one step')
        assert_close(state["exp_avg"], np.array([0.1 * gradient]), what='state["exp_avg"] after one step')
        assert_close(state["exp_avg_sq"], np.array([0.001 * gradient**2]), what='state["exp_avg_sq"] after one step')
    x, gradients = rng.normal(size=(2, 2)), normals(rng, 6, 2, 2)
    compare_walk("Adam", x, gradients, lr=0.1)
    compare_walk("Adam", x, gradients, lr=0.1, betas=(0.5, 0.8))


@check("AdamW", points=1, needs=["test_adam"], seconds=2)
def test_adamw(rng: np.random.Generator) -> None:
    """Weight decay shrinks the weights beside Adam's step, not through its averages."""
    new, _ = adamw_update(np.array([1.0]), np.array([2.0]), {}, lr=0.1, weight_decay=0.5)
    assert_close(new, np.array([0.85]), what="adamw_update([1], [2], {}, lr=0.1, weight_decay=0.5)")
    compare_walk("AdamW", rng.normal(size=3), normals(rng, 4, 3), lr=0.1)
    compare_walk("AdamW", rng.normal(size=3), normals(rng, 4, 3), lr=0.1, weight_decay=0.4)


@check(
    "Every setting, many steps",
    points=3,
    visibility=HIDDEN,
    needs=["test_sgd", "test_adam"],
    seconds=3,
)
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("SGD", {"momentum": 0.9, "weight_decay": 0.1}),
        ("SGD", {"momentum": 0.9, "dampening": 0.9, "weight_decay": 0.1}),
        ("SGD", {"momentum": 0.5, "dampening": 1.0}),
        ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
        ("SGD", {"momentum": 1.0}),
        ("Adam", {"weight_decay": 0.3}),
        ("Adam", {"betas": (0.0, 0.9), "eps": 0.1}),
        ("Adam", {"betas": (0.8, 0.0), "eps": 0.01, "weight_decay": 0.3}),
        ("AdamW", {"betas": (0.6, 0.7), "eps": 0.1, "weight_decay": 0.0}),
        ("AdamW", {"betas": (0.6, 0.7), "eps": 0.1, "weight_decay": 0.3}),
    ],
)
def test_every_setting(name: str, settings: dict[str, Any], rng: np.random.Generator) -> None:
    """Twelve steps on random gradients of very different sizes follow the formulas, whatever is combined."""
    gradients = [g * rng.choice([0.01, 1.0, 30.0]) for g in normals(rng, 12, 2, 2)]
    compare_walk(name, rng.normal(size=(2, 2)), gradients, lr=0.05, **settings)


@check(
    "A rule leaves what it is given, and keeps nothing of it",
    points=2,
    visibility=HIDDEN,
    needs=["test_sgd", "test_adam"],
    seconds=2,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("sgd_update", {}),
        ("sgd_update", {"momentum": 0.9}),
        ("sgd_update", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
        ("adam_update", {"weight_decay": 0.1}),
        ("adamw_update", {}),
    ],
)
def test_rules_leave(name: str, settings: dict[str, Any], dtype: str, rng: np.random.Generator) -> None:
    """data, grad and state stay as they were; the result has data's dtype and does not change with the gradient later."""
    x, first, second = (g.astype(dtype) for g in normals(rng, 3, 2, 3))
    state: dict[str, Any] = {}
    for number, gradient in enumerate((first, second), 1):
        with tried(f"{name} with {settings} on {dtype}, step {number}"):
            want, kept = UPDATE[{"s": "SGD", "a": "Adam"}[name[0]] + "W" * ("adamw" in name)](
                x.copy(), gradient.copy(), state, lr=0.1, **settings
            )
            got = optimizers_helpers.rule_leaves(name, x, gradient, state, lr=0.1, **settings)
            assert_close(got["data"], x, rtol=0, atol=0, what="the caller's data")
            assert_close(got["grad"], gradient, rtol=0, atol=0, what="the caller's gradient")
            assert_same(sorted(got["state"]), sorted(state), what="the keys of the caller's state")
            for key, value in state.items():
                if isinstance(value, np.ndarray):
                    assert_close(got["state"][key], value, rtol=0, atol=0, what=f"the caller's state, {key}")
            assert_array(got["new"], shape=(2, 3), dtype=dtype, what="the new data")
            assert_close(got["new"], want, what="the new data after the gradient was overwritten")
            for key, value in kept.items():
                if isinstance(value, np.ndarray):
                    assert_array(got["kept"][key], shape=(2, 3), dtype=dtype, what=f"the new state, {key}")
                    assert_close(got["kept"][key], value, what=f"the new state, {key}, after the gradient was overwritten")
            x, state = want, kept


# Optimizers


@check("Parameters go in", points=1, seconds=2)
def test_groups() -> None:
    """A list makes one group, dicts make several with settings of their own; no parameters is an error that says so."""
    w, b = parameter([[1.0, 2.0]]), parameter([3.0])
    (only,) = SGD([w, b], lr=0.5).param_groups
    assert_same(len(only["params"]), 2, what="the parameters in the group of SGD([w, b], lr=0.5)")
    del only["params"]  # of a copy: what crosses to the suite is one, and the optimizer is not used any more
    want = {"lr": 0.5, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False}
    assert_same(only, want, what="the settings of that group")
    first, second = Adam([{"params": [w], "lr": 0.25}, {"params": b}], lr=0.5, betas=(0.5, 0.75)).param_groups
    assert_same([first["lr"], second["lr"]], [0.25, 0.5], what="lr of two groups, the first with its own")
    assert_same([first["betas"], second["betas"]], [(0.5, 0.75)] * 2, what="betas of both groups")
    assert_same(len(second["params"]), 1, what='the parameters of {"params": b}')
    assert_close(second["params"][0].data, f32([3]), what="the parameter of the second group")
    for nothing, what in (([], "[]"), ((), "()"), (optimizers_helpers.generator([]), "a generator that was used up")):
        with tried(f"SGD(params, lr=0.1) where params is {what}"), pytest.raises(ValueError) as error:
            SGD(nothing, lr=0.1)
        assert "parameter" in str(error.value), f"the message should say that parameters are missing: {error.value}"
    for one, what in ((w, "Tensor"), (1.5, "float")):
        with tried(f"SGD(params, lr=0.1) where params is one {what} and no list"), pytest.raises(TypeError) as error:
            SGD(one, lr=0.1)
        assert_says(error, what)
    with tried("SGD with a number among the parameters"), pytest.raises(TypeError) as error:
        SGD([w, 1.5], lr=0.1)
    assert_says(error, "float")


@check("Groups that cannot be meant", points=1, needs=["test_groups"], seconds=2)
def test_strange_groups() -> None:
    """A parameter in two groups would be stepped twice, and a setting that nobody reads is a typing error."""
    w, b = parameter([[1.0, 2.0]]), parameter([3.0])
    with tried("SGD with one Tensor in two groups"), pytest.raises(ValueError):
        SGD([{"params": [w]}, {"params": [b, w]}])
    with tried('SGD with a group that has "learning_rate"'), pytest.raises(ValueError) as error:
        SGD([{"params": [w], "learning_rate": 0.1}])
    assert_says(error, "learning_rate", "lr", "momentum")


@check("One step", points=2, needs=["test_sgd", "test_groups"], seconds=2)
def test_step(rng: np.random.Generator) -> None:
    """Every parameter that has a gradient moves, in place, by the rule and settings of its group; the others stay."""
    arrays = [f32([[1, 2], [3, 4]]), f32([5, 6]), f32(7)]
    gradients = [f32([[1, -1], [2, 0]]), None, f32(10)]
    got = optimizers_helpers.stepped("SGD", arrays, [gradients], lr=0.1)
    want = [f32([[0.9, 2.1], [2.8, 4]]), f32([5, 6]), f32(6)]
    for number, after in enumerate(want):
        assert_close(got["after"][0][number], after, what=f"parameter {number} after one step of SGD, lr=0.1")
        assert_close(got["shared"][number], after, what=f"an array that was parameter {number}'s data before the step")
    groups = [{"params": [2, 0], "lr": 0.5}, {"params": [1]}]
    got = optimizers_helpers.stepped("SGD", arrays, [[gradients[0], f32([1, 1]), gradients[2]]], groups, lr=0.1)
    for number, after in enumerate([f32([[0.5, 2.5], [2, 4]]), f32([4.9, 5.9]), f32(2)]):
        assert_close(got["after"][0][number], after, what=f"parameter {number}, with lr=0.5 for those of the first group")
    p, q = parameter([1.0]), parameter([2.0])
    p.grad, q.grad = f32([1]), f32([1])
    Adam([{"params": p}, {"params": q}]).zero_grad()
    assert_same([p.grad, q.grad], [None, None], what="the gradients after zero_grad()")


@check("Every parameter has a memory of its own", points=1, needs=["test_step"], seconds=2)
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("SGD", {"lr": 0.1, "momentum": 0.9}),
        ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.3}),
        ("SGD", {"lr": 0.1, "momentum": 0.5, "nesterov": True}),
        ("Adam", {"lr": 0.1, "betas": (0.7, 0.8), "eps": 0.01, "weight_decay": 0.1}),
        ("AdamW", {"lr": 0.1}),
    ],
)
def test_steps(name: str, settings: dict[str, Any], rng: np.random.Generator) -> None:
    """Four steps on two parameters, with each optimizer: what a rule returned for one, it gets back for that one."""
    arrays = [rng.normal(size=(2, 2)), rng.normal(size=3)]
    gradients = [[rng.normal(size=(2, 2)), rng.normal(size=3)] for _ in range(4)]
    got = optimizers_helpers.stepped(name, arrays, gradients, **settings)
    for step, want in enumerate(by_hand(name, arrays, gradients, **settings)):
        for number in (0, 1):
            what = f"parameter {number} after step {step + 1} of {name} with {settings}"
            assert_close(got["after"][step][number], want[number], rtol=1e-9, atol=1e-10, what=what)
    got = optimizers_helpers.stepped(name, arrays, [gradients[0], [gradients[1][0], None]], **settings)["after"]
    what = f"parameter 1, whose gradient was None in the second step of {name}, compared with the first step"
    assert_close(got[1][1], got[0][1], rtol=0, atol=0, what=what)


@check("Gradients that would spoil everything", points=1, needs=["test_step"], seconds=2)
def test_bad_gradients() -> None:
    """nan, infinity and a wrong shape are refused, with the parameter's number and shape, before anything has moved."""
    arrays = [f32([1, 2]), f32([5]), f32([6]), f32([[8, 9]])]
    good = [f32([1, 1]), f32([1]), f32([1])]
    for bad, error, facts in (
        (f32([[np.nan, 1]]), "FloatingPointError", [3, (1, 2)]),
        (f32([[1, np.inf]]), "FloatingPointError", [3, (1, 2)]),
        (f32([1, 1]), "ValueError", [3, (1, 2), (2,)]),
    ):
        with tried(f"a step where the gradient of parameter 3 is {bad.tolist()}"):
            got = optimizers_helpers.after_refusal("SGD", arrays, [*good, bad], lr=0.1, momentum=0.9)
            assert_same(got["error"], error, what="the type of the exception")
            assert_says(got["text"], *facts)
            assert_close(got["data"][0], arrays[0], rtol=0, atol=0, what="parameter 0, whose gradient was good")


@check("Stop and go on", points=1, needs=["test_step"], seconds=2)
@pytest.mark.parametrize(
    ("name", "settings"), [("SGD", {"lr": 0.1, "momentum": 0.9}), ("Adam", {"lr": 0.1}), ("AdamW", {"lr": 0.1})]
)
def test_resume(name: str, settings: dict[str, Any], rng: np.random.Generator) -> None:
    """An optimizer made anew goes on from a state dict exactly as the first one would have done."""
    arrays = [rng.normal(size=(2, 2)).astype(F32), rng.normal(size=3).astype(F32)]
    gradients = [[rng.normal(size=(2, 2)).astype(F32), rng.normal(size=3).astype(F32)] for _ in range(6)]
    through = optimizers_helpers.stepped(name, arrays, gradients, **settings)["after"][-1]
    again = optimizers_helpers.interrupted(name, arrays, gradients, 3, **settings)
    for number in (0, 1):
        assert_close(again[number], through[number], rtol=0, atol=0, what=f"parameter {number}, stopped after 3 of 6 steps")


@check("Memory of an optimizer: predicted, then counted", points=1, needs=["test_step"], seconds=2)
@pytest.mark.parametrize(
    ("name", "settings", "each"),
    [("SGD", {}, 0), ("SGD", {"momentum": 0.9}, 1), ("Adam", {}, 2), ("AdamW", {}, 2)],
)
def test_predict_state(name: str, settings: dict[str, Any], each: int) -> None:
    """predict_state says what the arrays in the state dict amount to."""
    arrays = [np.ones((5, 3), F32), np.ones(9, F32)]
    state = optimizers_helpers.stepped(name, arrays, [arrays], lr=0.1, **settings)["state"]["state"]
    counted = sum(v.nbytes for kept in state.values() for v in kept.values() if isinstance(v, np.ndarray))
    assert_same(counted, 24 * 4 * each, what=f"the bytes that {name} with {settings} remembers for 24 numbers")
    assert_same(predict_state(name, 24, **settings), 24 * 4 * each, what=f"predict_state({name!r}, 24, {settings})")
    got = predict_state(name, 10, itemsize=8, **settings)
    assert_same(got, 80 * each, what=f"predict_state({name!r}, 10, itemsize=8, {settings})")
    with tried('predict_state("Adagrad", 24)'), pytest.raises(ValueError) as error:
        predict_state("Adagrad", 24)
    assert_says(error, "Adagrad")


@check("What is no parameter", points=2, visibility=HIDDEN, needs=["test_groups"], seconds=2)
def test_refused_groups() -> None:
    """A parameter twice, a result of an op, an empty group, unknown settings and impossible values are refused."""
    w, b = parameter([[1.0, 2.0]]), parameter([3.0])
    for build, what in (
        (lambda: SGD([w, b, w]), "one Tensor twice in a list"),
        (lambda: SGD([w, b * 2]), "the result of an op"),
        (lambda: SGD([{"params": [w]}, {"params": []}]), "a group without parameters"),
        (lambda: SGD([w], lr=-0.1), "a negative lr"),
        (lambda: SGD([w], lr=float("nan")), "lr nan"),
        (lambda: SGD([{"params": [w], "lr": -0.1}]), "a negative lr in a group"),
        (lambda: SGD([w], weight_decay=-1.0), "a negative weight_decay"),
        (lambda: SGD([w], momentum=-0.5), "a negative momentum"),
        (lambda: SGD([w], nesterov=True), "nesterov without momentum"),
        (lambda: SGD([w], momentum=0.9, dampening=0.5, nesterov=True), "nesterov with dampening"),
        (lambda: Adam([w], betas=(0.9, 1.0)), "a beta of 1"),
        (lambda: AdamW([w], eps=-1e-8), "a negative eps"),
    ):
        with tried(what), pytest.raises(ValueError):
            build()
    twins = SGD([parameter([1.0]), parameter([1.0])])
    assert_same(len(twins.param_groups[0]["params"]), 2, what="two Tensors that hold equal numbers are two parameters")
    optimizer = SGD([w])
    for bad in ({"params": [w]}, {"params": [b, "b"]}, {"params": [b], "lr": -1.0}):
        with tried(f"add_param_group with {sorted(bad)}, which is refused"), pytest.raises((ValueError, TypeError)):
            optimizer.add_param_group(bad)
        assert_same(len(optimizer.param_groups), 1, what="the number of groups after add_param_group was refused")
    given = {"params": optimizers_helpers.generator([b]), "momentum": 0.5}
    optimizer.add_param_group(given)
    assert_same(len(optimizer.param_groups[1]["params"]), 1, what="the parameters of a group given as an iterator")
    assert_same(optimizer.param_groups[1]["momentum"], 0.5, what="the momentum of the group that was added")
    kept = optimizers_helpers.keys_of_the_group([1.0], lr=0.25)
    assert_same(kept, ["lr", "params"], what="the keys of a dict of the caller's, after SGD([it]) and add_param_group(it)")
    groups = as_groups([{"params": [w], "lr": 0.1}])
    assert_same(groups[0]["lr"], 0.1, what="as_groups keeps the settings of a dict")
    assert_same(len(as_groups(optimizers_helpers.generator([w, b]))[0]["params"]), 2, what="as_groups of a generator of two")
    with tried("SGD([('weight', w)]), as named_parameters gives them"), pytest.raises(TypeError) as error:
        SGD([("weight", w)])
    assert_says(error, "tuple")


@check("A state dict is a snapshot", points=2, visibility=HIDDEN, needs=["test_step"], seconds=2)
def test_state_dict(rng: np.random.Generator) -> None:
    """It holds numbers of parameters, settings and copies, which later steps leave alone; who never moved has no entry."""
    arrays = [rng.normal(size=(2, 2)), rng.normal(size=3), rng.normal(size=1)]
    gradients = [[rng.normal(size=(2, 2)), None, rng.normal(size=1)] for _ in range(3)]
    groups = [{"params": [2], "lr": 0.5}, {"params": [0, 1]}]
    got = optimizers_helpers.stepped("SGD", arrays, gradients, groups, lr=0.1, momentum=0.9)
    numbered = [(group["params"], group["lr"], group["momentum"]) for group in got["state"]["param_groups"]]
    assert_same(numbered, [([0], 0.5, 0.9), ([1, 2], 0.1, 0.9)], what="params, lr and momentum of the groups")
    assert_same(sorted(got["state"]["state"]), [0, 1], what="the numbers of the parameters that have been stepped")
    assert_close(got["early"]["state"][0]["momentum_buffer"], gradients[0][2], what="the buffer after the first step, read later")
    for number, name in ((0, 2), (1, 0)):
        one, two, three = (gradients[step][name] for step in range(3))
        want = 0.9 * (0.9 * one + two) + three
        assert_close(got["state"]["state"][number]["momentum_buffer"], want, what=f"the buffer of number {number} at the end")
    adam = optimizers_helpers.stepped("Adam", arrays, gradients, lr=0.1)["state"]
    steps = {number: kept["step"] for number, kept in adam["state"].items()}
    assert_same(steps, {0: 3, 2: 3}, what='"step" of the parameters that have been stepped three times')
    assert_same(adam["param_groups"][0]["betas"], (0.9, 0.999), what="betas in the state dict")
    both, pushes = arrays[:2], [[rng.normal(size=(2, 2)), rng.normal(size=3)] for _ in range(3)]
    for name, settings in (("SGD", {"lr": 0.1, "momentum": 0.9}), ("Adam", {"lr": 0.1})):
        spoiled = optimizers_helpers.stepped(name, both, pushes, scribble=True, **settings)["after"][-1]
        want = by_hand(name, both, pushes, **settings)[-1]
        for number in (0, 1):
            what = f"parameter {number} after 3 steps of {name}, where nan was written into the arrays of state dicts"
            assert_close(spoiled[number], want[number], rtol=1e-9, atol=1e-10, what=what)


@check("A state dict that does not fit", points=2, visibility=HIDDEN, needs=["test_step"], seconds=2)
def test_load_refused(rng: np.random.Generator) -> None:
    """Other groups, other settings and other shapes are refused with the facts, and then nothing has changed."""
    arrays = [rng.normal(size=(2, 2)).astype(F32), rng.normal(size=3).astype(F32)]
    saved = optimizers_helpers.stepped("Adam", arrays, [arrays], lr=0.25)["state"]
    odd = {0: saved["state"][0], 1: {**saved["state"][1], "exp_avg_sq": f32([1, 2, 3, 4])}}
    for what, name, parameters, state, facts in (
        ("two parameters for one", "Adam", arrays[:1], saved, [[2], [1]]),
        ("an Adam's for SGD", "SGD", arrays, saved, [{"betas", "eps", "momentum", "dampening", "nesterov"}]),
        ("an array of another shape", "Adam", arrays, {**saved, "state": odd}, [1, (4,), (3,)]),
        ("two groups for one", "Adam", arrays, {**saved, "param_groups": saved["param_groups"] * 2}, [[2, 2], [2]]),
    ):
        with tried(f"load_state_dict with {what}"):
            got = optimizers_helpers.after_loading(name, parameters, state, lr=0.5)
            assert_same(got["error"], "ValueError", what="the type of the exception")
            assert_says(got["text"], *facts)
            assert_same(got["after"], got["before"], what="the state dict afterwards, as before")
    wide = [array.astype(np.float64) for array in arrays]
    got = optimizers_helpers.after_loading("Adam", wide, saved, lr=0.5)["after"]
    assert_same(got["param_groups"][0]["lr"], 0.25, what="lr after loading: the saved one")
    assert_same(got["state"][0]["step"], 1, what='"step" after loading')
    want = saved["state"][1]["exp_avg"].astype(np.float64)
    assert_close(got["state"][1]["exp_avg"], want, what="exp_avg of float64 parameters, loaded from float32")
    got = optimizers_helpers.after_loading("Adam", arrays, {**saved, "state": {1: saved["state"][1]}}, first=saved)["after"]
    assert_same(sorted(got["state"]), [1], what="who has a memory after a state dict with one for number 1 only replaced two")


@check("A refused step changes nothing", points=2, visibility=HIDDEN, needs=["test_bad_gradients"], seconds=2)
@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_refused_step(name: str) -> None:
    """Neither parameters nor memory, also where the bad gradient comes last; numbers count parameters without one."""
    arrays = [f32([1, 2]), f32([3]), f32([4, 5, 6])]
    for bad, facts in ((f32([0, -np.inf, 0]), [2, (3,)]), (f32([[1, 1, 1]]), [2, (3,), (1, 3)]), (f32(1), [2, (3,), ()])):
        with tried(f"a step of {name} where the gradient of parameter 2 is {bad.tolist()}"):
            got = optimizers_helpers.after_refusal(name, arrays, [f32([1, 1]), None, bad], lr=0.1)
            assert_says(got["text"], *facts)
            for number, before in enumerate(arrays):
                assert_close(got["data"][number], before, rtol=0, atol=0, what=f"parameter {number}")
            assert_same(got["state"], {}, what="the state in the state dict")
    p = parameter([1.0, 2.0])
    for bad, kind, facts in ((f32([1, np.nan]), FloatingPointError, [5, (2,)]), (f32([[1]]), ValueError, [5, (2,), (1, 1)])):
        p.grad = bad
        with tried(f"check_gradient(5, p) where p.grad is {bad.tolist()}"), pytest.raises(kind) as error:
            check_gradient(5, p)
        assert_says(error, *facts)
    p.grad = f32([1e38, -1e-38])
    check_gradient(5, p)


@check("float32 stays float32, and a pause is a pause", points=2, visibility=HIDDEN, needs=["test_step"], seconds=2)
@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_dtype_and_pause(name: str, rng: np.random.Generator) -> None:
    """float64 gradients widen nothing that is kept; a parameter without a gradient for a while keeps its memory as it was."""
    settings = {"lr": 0.1, "momentum": 0.9} if name == "SGD" else {"lr": 0.1}
    arrays = [rng.normal(size=(2, 3)).astype(F32), np.array(0.5, F32)]
    gradients = [[rng.normal(size=(2, 3)), np.array(rng.normal())] for _ in range(4)]
    got = optimizers_helpers.stepped(name, arrays, gradients, **settings)
    want = by_hand(name, arrays, gradients, **settings)[-1]
    for number in (0, 1):
        assert_close(got["after"][-1][number], want[number].astype(F32), rtol=1e-4, what=f"parameter {number}, float32")
        for key, value in got["state"]["state"][number].items():
            if isinstance(value, np.ndarray):
                assert_array(value, shape=arrays[number].shape, what=f"{key} of parameter {number}")
    paused = [gradients[0], [None, gradients[1][1]], [None, gradients[2][1]], gradients[3]]
    got = optimizers_helpers.stepped(name, arrays, paused, **settings)["after"]
    want = by_hand(name, arrays[:1], [gradients[0][:1], gradients[3][:1]], **settings)
    assert_close(got[2][0], want[0][0].astype(F32), rtol=1e-4, what="a parameter after one step and two pauses")
    assert_close(got[3][0], want[1][0].astype(F32), rtol=1e-4, what="and after its second step")


# Walking, and schedules


@check("Walking downhill", points=1, needs=["test_step"], seconds=2)
def test_descend() -> None:
    """descend returns the whole way, start included, and forgets old gradients before it asks for new ones."""
    p, q = parameter([3.0, -1.0], np.float64), parameter([5.0])
    q.grad = f32([1])
    path = descend(SGD([p, q], lr=0.25), p, lambda x: 2 * x, 3)
    want = np.array([[3, -1], [1.5, -0.5], [0.75, -0.25], [0.375, -0.125]])
    assert_close(path, want, what="the way of 3 steps with lr=0.25 down x² + y² from [3, -1]")
    assert_close(p.data, want[-1], what="p.data afterwards")
    assert_close(q.data, f32([5]), what="another parameter, whose gradient was left over from before")
    assert_close(descend(SGD([p]), p, lambda x: x, 0), want[-1:], what="the way of 0 steps")


@check("Schedules", points=1, seconds=2)
def test_schedules() -> None:
    """Steps, half a cosine, and a warm-up before it, as formulas and as objects that set the optimizer's lr."""
    want = [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2]
    got = [step_lr(0.8, epoch, 3, 0.5) for epoch in range(7)]
    assert_close(np.array(got), np.array(want), what="step_lr(0.8, 0 .. 6, 3, 0.5)")
    want = [1, 0.853553, 0.5, 0.146447, 0]
    got = [cosine_lr(1.0, epoch, 4) for epoch in range(5)]
    assert_close(np.array(got), np.array(want), what="cosine_lr(1, 0 .. 4, 4)")
    want = [1 / 3, 2 / 3, 1, 0.868198, 0.55, 0.231802, 0.1]
    got = [cosine_lr(1.0, epoch, 6, 0.1, 2) for epoch in range(7)]
    assert_close(np.array(got), np.array(want), what="cosine_lr(1, 0 .. 6, T_max=6, eta_min=0.1, warmup=2)")
    optimizer = SGD([parameter([1.0])], lr=0.8)
    schedule = StepLR(optimizer, step_size=2)
    rates = [schedule.get_last_lr()[0]]
    for _ in range(4):
        schedule.step()
        rates.append(optimizer.param_groups[0]["lr"])
    assert_close(np.array(rates), np.array([0.8, 0.8, 0.08, 0.08, 0.008]), what="lr under StepLR(optimizer, step_size=2)")


@check("Schedules for groups, and after a stop", points=2, visibility=HIDDEN, needs=["test_schedules", "test_groups"], seconds=2)
def test_scheduled_groups() -> None:
    """Every group follows the schedule from its own rate, also in a schedule made anew; nonsense is refused."""
    for name, settings, want in (
        ("StepLR", {"step_size": 1, "gamma": 0.5}, [1, 0.5, 0.25, 0.125, 0.0625]),
        ("StepLR", {"step_size": 3}, [1, 1, 1, 0.1, 0.1]),
        ("CosineAnnealingLR", {"T_max": 8}, [1, 0.96194, 0.853553, 0.691342, 0.5]),
        ("CosineAnnealingLR", {"T_max": 5, "warmup": 3}, [0.25, 0.5, 0.75, 1, 0.5]),
        ("CosineAnnealingLR", {"T_max": 2}, [1, 0.5, 0, 0.5, 1]),
    ):
        with tried(f"{name} with {settings} over groups with lr 1 and 0.2"):
            got = optimizers_helpers.scheduled(name, [1.0, 0.2], 3, **settings)
            rates = np.array([[lr, 0.2 * lr] for lr in want])
            assert_close(np.array(got["rates"]), rates[:4], atol=1e-6, what="the rates of both groups, epoch by epoch")
            assert_close(np.array(got["resumed"]), rates[4], atol=1e-6, what="the rates after going on in a new schedule")
            assert_same(got["last_epoch"], 4, what="last_epoch")
    got = optimizers_helpers.scheduled("CosineAnnealingLR", [1.0, 0.2], 2, T_max=2, eta_min=0.1, warmup=1)["rates"]
    assert_close(np.array(got), np.array([[0.5, 0.1], [1, 0.2], [0.1, 0.1]]), what="rates with eta_min=0.1 and warmup=1")
    assert type(cosine_lr(1.0, 1, 4)) is float, "cosine_lr gives a Python float: NumPy's would widen float32"
    optimizer = SGD([parameter([1.0])], lr=1.0)
    optimizer_rate = CosineAnnealingLR(optimizer, T_max=10, warmup=4).get_last_lr()
    assert_close(np.array(optimizer_rate), np.array([0.2]), what="lr as soon as a schedule with warmup=4 is made")
    StepLR(optimizer, step_size=5).step()
    outgrown = StepLR(optimizer, step_size=5)
    optimizer.add_param_group({"params": [parameter([2.0])]})
    with tried("load_state_dict of a schedule, after add_param_group"), pytest.raises(ValueError):
        outgrown.load_state_dict(outgrown.state_dict())
    with tried("CosineAnnealingLR with warmup = T_max"), pytest.raises(ValueError):
        CosineAnnealingLR(optimizer, T_max=5, warmup=5)


# Put together


@check(
    "I can improve weights systematically",
    points=2,
    capability=True,
    needs=["test_landscapes", "test_descend"],
    seconds=4,
)
def test_capability() -> None:
    """Down Rosenbrock's valley from [-1.5, 2]: SGD gets a part of the way, momentum and Adam to the end."""
    ends = {}
    for name, make in (
        ("SGD", lambda p: SGD([p], lr=1e-3)),
        ("SGD with momentum", lambda p: SGD([p], lr=1e-3, momentum=0.9)),
        ("Adam", lambda p: Adam([p], lr=0.1)),
    ):
        p = parameter([-1.5, 2.0], np.float64)
        path = assert_array(
            descend(make(p), p, rosenbrock_gradient, 1000), shape=(1001, 2), dtype=np.float64, what=f"the way of {name}"
        )
        x, y = path[-1].tolist()
        ends[name] = (1 - x) ** 2 + 100 * (y - x * x) ** 2
        assert_close(np.array(rosenbrock(path[-1])), np.array(ends[name]), what="rosenbrock at the end of the way")
    reached = {name: value < limit for (name, value), limit in zip(ends.items(), (4.0, 0.01, 0.01), strict=True)}
    assert_same(reached, dict.fromkeys(ends, True), what=f"below 4, 0.01 and 0.01 after 1000 steps from 12.5; reached {ends}")
    assert ends["SGD"] > ends["Adam"], f"plain SGD is the slowest of the three: {ends}"


@check(
    "XOR 1969: solved from every one of 20 seeds",
    points=1,
    needs=["test_step"],
    seconds=20,
)
def test_milestone_xor_1969() -> None:
    """A hidden layer of 8, your losses and your SGD, gradients by hand: all four answers right, 20 times out of 20."""
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float64)
    right = [False, True, True, False]
    solved = 0
    for seed in range(20):
        source = np.random.default_rng(seed)
        shapes = (((8, 2), 2), ((8,), 2), ((1, 8), 8), ((1,), 8))
        weights = [source.uniform(-(n**-0.5), n**-0.5, shape).astype(F32) for shape, n in shapes]
        after = optimizers_helpers.solve_xor(weights, 300, lr=0.3, momentum=0.9)
        w1, b1, w2, b2 = (
            assert_array(got, shape=shape, what="trained weights").astype(np.float64)
            for got, (shape, _) in zip(after, shapes, strict=True)
        )
        scores = np.tanh(inputs @ w1.T + b1) @ w2[0] + b2
        solved += (scores > 1).tolist() == right and (scores < -1).tolist() == [not answer for answer in right]
    assert_same(solved, 20, what="seeds of 20 from which all four answers are right, with a margin, after 300 steps")
