"""Optimizers: can I improve weights systematically?"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import optimizers_helpers
import pytest

from checks import assert_array, assert_close, assert_gradients, assert_same, check, exact_gradient, shown, tried
from tinytorch.optimizers import (
    SGD,
    Adam,
    AdamW,
    StepLR,
    adam_update,
    adamw_update,
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
