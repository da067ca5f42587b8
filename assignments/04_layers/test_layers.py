"""Layers: can I build complete networks?"""

from __future__ import annotations

import math
import re
from typing import Any

import layers_helpers
import numpy as np
import pytest

from checks import assert_array, assert_close, assert_gradients, assert_same, check, shown, tried
from tinytorch.activations import LeakyReLU, ReLU
from tinytorch.layers import (
    Dropout,
    Flatten,
    Linear,
    Module,
    Parameter,
    Sequential,
    count_parameters,
    linear,
    linear_backward,
    linear_multiply_adds,
    linear_parameters,
    members,
)
from tinytorch.setup import seed_everything
from tinytorch.tensor import Tensor

F32 = np.float32
TREES = ["alder", "ash", "beech", "birch", "cedar", "elm", "fir", "hazel", "holly", "larch", "lime", "maple", "oak"]
TREES += ["olive", "palm", "pine", "rowan", "willow", "yew"]

# What is drawn: numbers, sizes, seeds and names


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(size=shape).astype(F32)


def whole(rng: np.random.Generator, count: int, low: int, high: int) -> list[int]:
    """Different whole numbers from low to high, the last one included."""
    return rng.choice(np.arange(low, high + 1), count, replace=False).tolist()


def seed_of(rng: np.random.Generator) -> int:
    return int(rng.integers(1_000_000))


def words(rng: np.random.Generator, count: int) -> list[str]:
    """Different names for attributes and keys."""
    return rng.choice(TREES, count, replace=False).tolist()


# What is built of it


def linear_with(weight: Any, bias: Any = None) -> Any:
    """A Linear that holds these numbers."""
    weight = np.array(weight, F32)
    layer = Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    layer.weight.data = weight
    if bias is not None:
        layer.bias.data = np.array(bias, F32)
    return layer


def linear_by_hand(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | float = 0) -> np.ndarray:
    """What a Linear should give, computed in float64."""
    return (x.astype(np.float64) @ weight.T.astype(np.float64) + bias).astype(F32)


def leaf(rng: np.random.Generator) -> tuple[Any, dict[str, np.ndarray]]:
    """A module with a weight (2, 2), a buffer called mean (1,), a bias (2,) and a setting; and the numbers that it holds."""
    numbers = {"weight": normal(rng, 2, 2), "mean": normal(rng, 1), "bias": normal(rng, 2)}
    module = Module()
    module.size = 2
    module.weight, module.mean = Parameter(numbers["weight"]), Tensor(numbers["mean"])
    module.bias = Parameter(numbers["bias"])
    return module, numbers


def pair(rng: np.random.Generator, first: str, scale: str, second: str) -> tuple[Any, dict[str, np.ndarray]]:
    """A module with a leaf, a parameter without axes, an activation and another leaf, under these names; and its numbers."""
    module, number = Module(), np.array(rng.normal(), F32)
    (one, inside), (two, behind) = leaf(rng), leaf(rng)
    setattr(module, first, one)
    setattr(module, scale, Parameter(number))
    module.act = LeakyReLU(0.2)
    setattr(module, second, two)
    numbers = {scale: number}
    numbers |= {f"{first}.{name}": array for name, array in inside.items()}
    numbers |= {f"{second}.{name}": array for name, array in behind.items()}
    return module, numbers


# What is asked of it


def names(pairs: Any) -> list[str]:
    """The names in a row of (name, object)."""
    return [name for name, _ in pairs]


def held(module: Any) -> dict[str, np.ndarray]:
    """{full name: array} of all parameters and buffers, as they are: what a state should hold, found without asking for one."""
    return {name: np.array(tensor.data) for name, tensor in module.named_tensors()}


def flags(module: Any) -> dict[str, bool]:
    """{full name: training} of the module and all inside it."""
    return {name: inner.training for name, inner in module.named_modules()}


def assert_states(got: dict[str, Any], want: dict[str, Any], *, what: str) -> None:
    """Check that two states have the same names and the same numbers."""
    __tracebackhide__ = True
    assert_same(sorted(got), sorted(want), what=f"the names in {what}")
    for name in want:
        assert_close(got[name], want[name], rtol=0, atol=0, what=f"{what}, {name}")


def assert_says(error: pytest.ExceptionInfo[Any], *facts: Any) -> None:
    """Check that the message of an exception holds these words and shapes."""
    __tracebackhide__ = True
    text = re.sub(r"\s", "", str(error.value))
    for fact in facts:
        spellings = [str(fact)]
        if isinstance(fact, tuple):
            sizes = ",".join(str(size) for size in fact)
            spellings = [f"({sizes})", f"({sizes},)", f"[{sizes}]"]
        assert any(spelling in text for spelling in spellings), f"the message should name {fact}; it says: {error.value}"


def ends_of(result: Any) -> list[Any]:
    """The Tensors that no op made, at the ends of all ways back from a result. One that is reached twice comes twice."""
    ends, todo = [], [result]
    while todo:
        tensor = todo.pop()
        todo.extend(tensor._parents)
        if tensor._op is None:
            ends.append(tensor)
    return ends


def assert_way_back(rng: np.random.Generator, step: Any, x: np.ndarray, owners: list[Any], *, what: str) -> np.ndarray:
    """Check that the result of step(x) leads back to x itself and to every weight and bias of `owners`; return its numbers.

    A Tensor is known by its numbers: new ones are drawn for it after the call, and have to be there at the end of a way.
    """
    __tracebackhide__ = True
    start = Tensor(x, requires_grad=True)
    result = step(start)
    assert_same(result.requires_grad, True, what=f"requires_grad of the result of {what}")
    ends = ends_of(result)
    wanted = [("x", start)]
    wanted += [(name, tensor) for owner in owners for name, tensor in (("weight", owner.weight), ("bias", owner.bias))]
    for name, tensor in wanted:
        if tensor is not None:
            drawn = np.array(rng.normal(size=tensor.shape), F32)
            tensor.data = drawn
            found = any(end.data.tolist() == drawn.tolist() for end in ends)
            assert found, f"the way back from the result of {what} does not lead to {name}"
    return result.data


# Linear


@check("Predict the size and the work of a Linear", points=1, seconds=2)
def test_predictions(rng: np.random.Generator) -> None:
    """Parameters and multiply-adds follow from the sizes alone, and agree with those of a real Linear."""
    assert_same(linear_parameters(784, 10), 7850, what="linear_parameters(784, 10)")
    assert_same(linear_multiply_adds((64, 784), 10), 501_760, what="linear_multiply_adds((64, 784), 10)")
    a, b, c, out = whole(rng, 4, 3, 40)
    assert_same(linear_parameters(a, out, bias=False), a * out, what=f"linear_parameters({a}, {out}, bias=False)")
    assert_same(linear_parameters(a, out), a * out + out, what=f"linear_parameters({a}, {out})")
    assert_same(count_parameters(Linear(a, out)), a * out + out, what=f"count_parameters(Linear({a}, {out}))")
    for shape in ((a,), (b, a), (c, b, a)):
        what = f"linear_multiply_adds({shape}, {out})"
        assert_same(linear_multiply_adds(shape, out), math.prod(shape) * out, what=what)


@check("Linear multiplies and adds", points=2, seconds=2)
def test_linear(rng: np.random.Generator) -> None:
    """y = x Wᵀ + b for a batch of vectors, with a bias and without one."""
    layer = linear_with([[0.5, 1], [-1, 2]], [0.5, -1])
    assert_close(layer(Tensor([[1, 2]])).data, [[3, 2]], what="weight [[0.5, 1], [-1, 2]], bias [0.5, -1], x [[1, 2]]")
    assert_same(layer(Tensor([[1, 2]])).requires_grad, True, what="requires_grad of the result, as weight and bias want one")
    size_in, size_out, count = whole(rng, 3, 2, 8)
    weight, bias, x = normal(rng, size_out, size_in), normal(rng, size_out), normal(rng, count, size_in)
    with tried(f"Linear({size_in}, {size_out}) on x of shape {x.shape}"):
        want = linear_by_hand(x, weight, bias)
        assert_close(linear_with(weight, bias)(Tensor(x)).data, want, atol=1e-5, what="with a bias")
        assert_close(linear_with(weight)(Tensor(x)).data, linear_by_hand(x, weight), atol=1e-5, what="with bias=False")


@check("The result of Linear records its weights", points=1, needs=["test_linear"], seconds=2)
def test_linear_way_back(rng: np.random.Generator) -> None:
    """The result requires a gradient and leads back to x and weight, and to bias if there is one."""
    size_in, size_out, count = whole(rng, 3, 2, 8)
    x, weight, bias = normal(rng, count, size_in), normal(rng, size_out, size_in), normal(rng, size_out)
    for layer, want, what in (
        (linear_with(weight, bias), linear_by_hand(x, weight, bias), f"Linear({size_in}, {size_out})"),
        (linear_with(weight), linear_by_hand(x, weight), f"Linear({size_in}, {size_out}, bias=False)"),
    ):
        got = assert_way_back(rng, layer, x, [layer], what=what)
        assert_close(got, want, atol=1e-5, what=f"the result of {what}")


def linear_exactly(x: np.ndarray, weight: np.ndarray, *bias: np.ndarray) -> np.ndarray:
    """What linear should give, in the dtype of its inputs; complex numbers as well."""
    return x @ weight.T + (bias[0] if bias else 0)


def assert_linear_gradients(rng: np.random.Generator, front: tuple[int, ...], sizes: tuple[int, int], bias: bool) -> None:
    """Check linear and linear_backward for an x of shape (*front, in), in float64, and that what was saved is kept."""
    __tracebackhide__ = True
    size_in, size_out = sizes
    shapes = [(*front, size_in), (size_out, size_in), (size_out,)][: 3 if bias else 2]
    arrays = [rng.normal(size=shape) for shape in shapes]
    grad = rng.normal(size=(size_out, *reversed(front))).T  # the last axis first in memory
    what = f"x of shape {shapes[0]}, weight {shapes[1]}, {'a bias' if bias else 'no bias'}"
    with tried(f"linear and linear_backward for {what}"):
        out, saved = linear(*arrays)
        assert_close(out, linear_exactly(*arrays), what=f"linear of {what}")
        for call in ("linear_backward", "a second call of linear_backward"):
            got = linear_backward(grad, saved)
            assert isinstance(got, tuple), f"{call} gives a tuple, one gradient for each input; got {type(got).__name__}"
            assert_gradients(got, linear_exactly, arrays, grad, what=f"{call} after linear of {what}")


@check("The derivative of linear", points=2, seconds=2)
def test_linear_backward(rng: np.random.Generator) -> None:
    """linear_backward gives the gradients of x, weight and bias, and Linear is this one op."""
    x, weight, bias = np.array([[1.0, 2]]), np.array([[0.5, 1], [-1, 2], [0, 3]]), np.array([0.5, -1, 0])
    out, saved = linear(x, weight, bias)
    assert_close(out, np.array([[3.0, 2, 6]]), what="linear of x [[1, 2]], weight [[0.5, 1], [-1, 2], [0, 3]], bias [0.5, -1, 0]")
    dx, dw, db = linear_backward(np.array([[1.0, 0, -1]]), saved)
    assert_close(dx, np.array([[0.5, -2]]), what="the gradient of x for grad [[1, 0, -1]]")
    assert_close(dw, np.array([[1.0, 2], [0, 0], [-1, -2]]), what="the gradient of weight")
    assert_close(db, np.array([1.0, 0, -1]), what="the gradient of bias")
    size_in, size_out, count = whole(rng, 3, 2, 7)
    for with_bias in (True, False):
        assert_linear_gradients(rng, (count,), (size_in, size_out), with_bias)
        result = Linear(size_in, size_out, bias=with_bias)(Tensor(normal(rng, count, size_in)))
        assert_same(result._op.__name__, "linear", what=f"the op that made the result of Linear(…, bias={with_bias})")
        assert_same(len(result._parents), 3 if with_bias else 2, what="how many inputs it had: x, weight, perhaps bias")


@check("Linear starts as in PyTorch", points=2, seconds=2)
def test_linear_start(rng: np.random.Generator) -> None:
    """weight is (out, in) and bias is (out,). Both are float32 Parameters between ± 1/√in, and the same seed gives the
    same numbers.
    """
    drawn = (*whole(rng, 1, 60, 90), *whole(rng, 1, 30, 40))
    for size_in, size_out in ((9, 4), drawn):
        seed = seed_of(rng)
        seed_everything(seed)
        layer, other = Linear(size_in, size_out), Linear(size_in, size_out)
        linear, bound = f"Linear({size_in}, {size_out})", 1 / math.sqrt(size_in)
        for name, tensor, shape in (("weight", layer.weight, (size_out, size_in)), ("bias", layer.bias, (size_out,))):
            numbers = assert_array(tensor.data, shape=shape, what=f"{name} of {linear}")
            assert isinstance(tensor, Parameter), f"{name} of {linear} should be a Parameter"
            largest = np.abs(numbers).max()
            assert largest <= bound + 1e-6, f"{name} of {linear}: beyond 1/√{size_in}, at {largest}"
            new = len(np.unique(numbers))
            assert new > 0.9 * numbers.size, f"{name} of {linear}: only {new} different numbers among {numbers.size}"
        assert layer.weight.data.min() < 0 < layer.weight.data.max(), "weights should have both signs"
        equal = layer.weight.data.tolist() == other.weight.data.tolist()
        assert_same(equal, False, what="whether two layers, made one after the other, have equal weights")
        assert_same(Linear(size_in, size_out, bias=False).bias, None, what=f"the bias of a {linear} with bias=False")
        seed_everything(seed)
        again = Linear(size_in, size_out).weight.data
        assert_close(again, layer.weight.data, rtol=0, atol=0, what="the weight after the same seed")


@check("Linear's error for an input of the wrong size", points=1, needs=["test_linear"], seconds=2)
def test_linear_misfit(rng: np.random.Generator) -> None:
    """For an x of the wrong size, the ValueError names Linear, the shape of x and the shape of the weight."""
    drawn = whole(rng, 3, 20, 90)
    for size_in, size_out, count in ((784, 10, 64), drawn):
        shape = (count, size_out)
        layer = Linear(size_in, size_out)
        with tried(f"Linear({size_in}, {size_out}) on x of shape {shape}"), pytest.raises(ValueError) as error:
            layer(Tensor(np.ones(shape)))
        assert_says(error, "Linear", shape, (size_out, size_in))


# What belongs to a module


@check("members: names in values, lists and dicts", points=2, seconds=2)
def test_members(rng: np.random.Generator) -> None:
    """A Tensor, a Module or an Activation is a member. Lists and dicts contain further members, named by index or key."""
    one, row, head, query, key = words(rng, 5)
    numbers = normal(rng, 2)
    w, b, act, layer = Tensor([1]), Parameter(numbers), ReLU(), Module()
    for kind, value in (("Tensor", w), ("Parameter", b), ("ReLU", act), ("module", layer)):
        assert_same(names(members(value, one)), [one], what=f'the names in members(a {kind}, "{one}")')
    assert_same(names(members([w, 3, b], row)), [f"{row}.0", f"{row}.2"], what=f'the names in members([w, 3, b], "{row}")')
    got = list(members({query: w, key: (b, layer)}, head))
    what = f'members({{"{query}": w, "{key}": (b, layer)}}, "{head}")'
    assert_same(names(got), [f"{head}.{query}", f"{head}.{key}.0", f"{head}.{key}.1"], what=f"the names in {what}")
    assert_close(got[1][1].data, numbers, what=f"the Tensor that is called {head}.{key}.0")
    for nothing in (3, "text", None, 2.5, []):
        assert_same(names(members(nothing, one)), [], what=f'members({nothing!r}, "{one}")')


@check("Parameters have full names", points=3, needs=["test_members"], seconds=2)
def test_parameters(rng: np.random.Generator) -> None:
    """A module lists its own parameters first and then those of its submodules. Settings and buffers are not parameters."""
    small, _ = leaf(rng)
    assert_same(names(small.named_parameters()), ["weight", "bias"], what="names of a module with weight, mean, bias")
    assert_same(names(small.named_tensors()), ["weight", "mean", "bias"], what="named_tensors of the same")
    first, scale, second = words(rng, 3)
    module, numbers = pair(rng, first, scale, second)
    want = [scale, f"{first}.weight", f"{first}.bias", f"{second}.weight", f"{second}.bias"]
    assert_same(names(module.named_parameters()), want, what=f"names of {scale} between two submodules, {first} and {second}")
    for name, parameter in module.named_parameters():
        assert_close(parameter.data, numbers[name], what=f"the parameter called {name}")
    assert_same(len(module.parameters()), 5, what="how many parameters() gives")
    assert_same(count_parameters(module), 13, what="count_parameters: 1 + 2 · (4 + 2)")
    assert_same(names(module.named_modules()), ["", first, second], what="named_modules")


@check("train() and eval() reach everything inside", points=1, needs=["test_members"], seconds=2)
def test_train_eval(rng: np.random.Generator) -> None:
    """A new module is in training mode. eval and train change it and all its submodules, including those in lists."""
    first, scale, second, stack = words(rng, 4)
    module, _ = pair(rng, first, scale, second)
    assert_same(flags(module), {"": True, first: True, second: True}, what="training, before anything")
    module.eval()
    assert_same(flags(module), {"": False, first: False, second: False}, what="training after eval()")
    module.train()
    assert_same(flags(module), {"": True, first: True, second: True}, what="training after train()")
    place = int(rng.integers(1, 6))
    outer = Module()
    setattr(outer, stack, [*range(place), module])
    outer.eval()
    inner = f"{stack}.{place}"
    want = dict.fromkeys(("", inner, f"{inner}.{first}", f"{inner}.{second}"), False)
    assert_same(flags(outer), want, what=f"training after eval() of a module that has one in a list, {stack}")


# State in and out


@check("Save a state and load it", points=2, needs=["test_parameters"], seconds=2)
def test_state(rng: np.random.Generator) -> None:
    """state_dict holds parameters and buffers by full name, and another module can load them."""
    at = words(rng, 3)
    (module, numbers), (other, _) = pair(rng, *at), pair(rng, *at)
    assert_states(module.state_dict(), numbers, what="state_dict()")
    changed = {name: array * 2 for name, array in numbers.items()}
    other.load_state_dict(changed)
    assert_states(held(other), changed, what="the module after load_state_dict")
    assert_states(held(module), numbers, what="the module that it came from")


@check("Loading a state copies it", points=1, needs=["test_state"], seconds=2)
def test_load_copies(rng: np.random.Generator) -> None:
    """A module that has loaded a state does not change when the arrays of that state are changed afterwards."""
    module, numbers = pair(rng, *words(rng, 3))
    loaded = {name: array * 3 for name, array in numbers.items()}
    later = {name: array - 1 for name, array in numbers.items()}
    written = layers_helpers.load_then_write(module, loaded, later)
    assert_states(written, later, what="the state, after its arrays were written to")
    assert_states(held(module), loaded, what="a module that has loaded a state, after the state's arrays were changed in place")


@check("Reject a state that does not match the module", points=2, needs=["test_state"], seconds=2)
def test_load_refuses(rng: np.random.Generator) -> None:
    """Missing and unexpected entries and entries of the wrong shape raise a ValueError that names them, with both shapes."""
    first, scale, second, strange = words(rng, 4)
    module, whole_state = pair(rng, first, scale, second)
    with tried(f"load_state_dict without {scale}"), pytest.raises(ValueError) as error:
        module.load_state_dict({name: array for name, array in whole_state.items() if name != scale})
    assert_says(error, scale)
    with tried(f"load_state_dict with {strange}.weight besides"), pytest.raises(ValueError) as error:
        module.load_state_dict({**whole_state, f"{strange}.weight": np.ones(3)})
    assert_says(error, f"{strange}.weight")
    shape = tuple(whole(rng, 1, 3, 90))
    with tried(f"load_state_dict with {first}.bias of shape {shape}"), pytest.raises(ValueError) as error:
        module.load_state_dict({**whole_state, f"{first}.bias": np.ones(shape, F32)})
    assert_says(error, f"{first}.bias", shape, (2,))


# Layers without weights


@check("Dropout acts in training mode only", points=2, seconds=2)
def test_dropout(rng: np.random.Generator) -> None:
    """In training mode a fraction of about p becomes 0 and the rest is scaled by 1/(1 - p). In evaluation mode nothing
    changes.
    """
    seed_everything(seed_of(rng))
    drawn = round(float(rng.uniform(0.3, 0.6)), 3)
    for p, x in ((0.2, np.full((20, 400), 3, F32)), (drawn, normal(rng, 20, whole(rng, 1, 400, 500)[0]))):
        layer = Dropout(p)
        out = assert_array(layer(Tensor(x)).data, shape=x.shape, what=f"Dropout({p}) in training")
        kept, share = out != 0, float((out == 0).mean())
        what = "what is not dropped: 3 / 0.8" if p == 0.2 else f"what is not dropped: x / (1 - {p})"
        assert_close(out[kept], x[kept] / F32(1 - p), what=what)
        assert abs(share - p) < 0.1, f"Dropout({p}) dropped {share:.0%} of {x.size} numbers"
        layer.eval()
        assert_close(layer(Tensor(x)).data, x, rtol=0, atol=0, what=f"Dropout({p}) in evaluation")
    for p in (-drawn, 1 + drawn):
        with tried(f"Dropout({p})"), pytest.raises(ValueError) as error:
            Dropout(p)
        assert_says(error, p)


@check("Flatten turns pictures into rows", points=1, seconds=2)
def test_flatten(rng: np.random.Generator) -> None:
    """All axes except the first become one axis, or only the axes that were asked for."""
    a, b, c, d = whole(rng, 4, 2, 6)
    x = normal(rng, a, b, c, d)
    assert_close(Flatten()(Tensor(x)).data, x.reshape(a, b * c * d), what=f"Flatten() of {x.shape}")
    assert_close(Flatten(1, 2)(Tensor(x)).data, x.reshape(a, b * c, d), what=f"Flatten(1, 2) of {x.shape}")


# Networks


@check("Sequential runs its steps in order", points=2, needs=["test_linear", "test_parameters"], seconds=2)
def test_sequential(rng: np.random.Generator) -> None:
    """Steps run in order, also when one Sequential contains another. The names of parameters begin with the step's number."""
    size_in, middle, size_out, count = whole(rng, 4, 2, 7)
    weight, bias, last = normal(rng, middle, size_in), normal(rng, middle), normal(rng, size_out, middle)
    model = Sequential(Sequential(linear_with(weight, bias), ReLU()), linear_with(last))
    x = normal(rng, count, size_in)
    want = linear_by_hand(np.maximum(linear_by_hand(x, weight, bias), 0), last)
    assert_close(model(Tensor(x)).data, want, atol=1e-5, what="Linear, ReLU, Linear")
    assert_same(names(model.named_parameters()), ["0.0.weight", "0.0.bias", "1.weight"], what="names of the parameters")
    assert_same(len(model), 2, what="len")
    assert_same(model[1].out_features, size_out, what="model[1].out_features")
    assert_same(model[-2][0].out_features, middle, what="model[-2][0].out_features")
    assert_same([len(model), len(list(model[0]))], [2, 2], what="how many steps len(model) and iterating over model[0] give")


@check("repr shows the network", points=1, seconds=2)
def test_repr(rng: np.random.Generator) -> None:
    """A layer is one line with its settings. A module that contains layers lists them on indented lines."""
    a, b, c = whole(rng, 3, 2, 99)
    p, slope = (round(float(number), 3) for number in rng.uniform(0.1, 0.9, 2))
    layer = f"Linear(in_features={a}, out_features={b}, bias=True)"
    assert_same(layers_helpers.shown(Linear(a, b)), [layer], what=f"repr(Linear({a}, {b}))")
    model = Sequential(Linear(a, b), ReLU(), Sequential(Linear(b, c, bias=False), Dropout(p)))
    inner = [f"    (0): Linear(in_features={b}, out_features={c}, bias=False)", f"    (1): Dropout(p={p})"]
    want = ["Sequential(", f"  (0): {layer}", "  (1): ReLU()", "  (2): Sequential(", *inner, "  )", ")"]
    assert_same(layers_helpers.shown(model), want, what="the lines of repr(model)")
    assert_same(layers_helpers.shown(Sequential()), ["Sequential()"], what="repr(Sequential())")
    first, stack, act = words(rng, 3)
    outer, middle = layers_helpers.Sized(a), Module()
    setattr(outer, first, layers_helpers.Sized(b))
    setattr(middle, act, LeakyReLU(slope))
    middle.weight, middle.last = Parameter([1]), layers_helpers.Sized(c)
    setattr(outer, stack, [middle])
    leaves = [f"    ({act}): LeakyReLU(negative_slope={slope})", f"    (last): Sized(width={c})"]
    want = ["Sized(", f"  width={a}", f"  ({first}): Sized(width={b})", f"  ({stack}.0): Module(", *leaves, "  )", ")"]
    assert_same(layers_helpers.shown(outer), want, what="repr of a module with a setting and members")


@check(
    "I can build complete networks",
    points=3,
    capability=True,
    needs=["test_linear", "test_flatten", "test_sequential", "test_state"],
    seconds=2,
)
def test_network(rng: np.random.Generator) -> None:
    """A network for small pictures computes the same as NumPy, and so does a second network after it has loaded the
    first network's state.
    """
    high, wide, first, second, classes = whole(rng, 5, 3, 9)
    pixels, count = high * wide, whole(rng, 1, 5, 12)[0]

    def network() -> Any:
        inner = Sequential(Linear(first, second), ReLU())
        return Sequential(Flatten(), Linear(pixels, first), ReLU(), Dropout(0.5), inner, Linear(second, classes))

    model, other = network(), network()
    want = (pixels + 1) * first + (first + 1) * second + (second + 1) * classes
    assert_same(count_parameters(model), want, what="count_parameters")
    shapes = {"1": (first, pixels), "4.0": (second, first), "5": (classes, second)}
    drawn = {f"{name}.weight": normal(rng, *shape) for name, shape in shapes.items()}
    drawn |= {f"{name}.bias": normal(rng, out) for name, (out, _) in shapes.items()}
    model.load_state_dict(drawn)
    state = model.state_dict()
    assert_states(state, drawn, what="the state of a network that has loaded one")
    pictures = normal(rng, count, high, wide)
    want = pictures.reshape(count, pixels).astype(np.float64)
    for name in shapes:
        want = want @ drawn[f"{name}.weight"].T + drawn[f"{name}.bias"]
        want = want if name == "5" else np.maximum(want, 0)
    other.load_state_dict(state)
    for what, network_ in (("the first network", model), ("the second network", other)):
        calm = network_.eval()(Tensor(pictures)).data
        assert_close(calm, want.astype(F32), rtol=1e-4, atol=1e-4, what=f"{count} pictures through {what}, in evaluation")
    busy = assert_array(other.train()(Tensor(pictures)).data, shape=want.shape, what="the same pictures, in training")
    assert_same(busy.tolist() == calm.tolist(), False, what="whether Dropout(0.5) left everything as in evaluation")


# The milestone: its badge is this check. The same rule, on penguins, is milestones/perceptron_1957.py


def perceptron(points: np.ndarray, wanted: np.ndarray, passes: int) -> tuple[list[int], Any]:
    """Rosenblatt's rule on a Linear(2, 1) that starts at 0: the mistakes of each pass, until one has none; then the layer."""
    layer, mistakes = linear_with(np.zeros((1, 2)), np.zeros(1)), []
    weight, bias = np.zeros((1, 2)), np.zeros(1)  # the same once more, in float64 and without your code
    while len(mistakes) < passes and 0 not in mistakes:
        mistakes.append(0)
        for point, answer in zip(points, wanted.tolist(), strict=True):
            score = layer(Tensor(point)).data
            want = linear_by_hand(point, weight, bias)
            assert_close(score, want, rtol=1e-4, atol=1e-4, what=f"Linear(2, 1) with {weight} and {bias} of {point}")
            error = answer - int(score[0] > 0)
            if error:
                mistakes[-1] += 1
                weight, bias = weight + error * point, bias + error
                layer.weight.data, layer.bias.data = weight.astype(F32), bias.astype(F32)
    return mistakes, layer


@check("Perceptron 1957: it learns points that a line can separate", points=1, needs=["test_linear"], seconds=4)
def test_milestone_perceptron_1957(rng: np.random.Generator) -> None:
    """With your Linear, Rosenblatt's rule ends without a mistake if a line can separate the points, and always makes
    mistakes on XOR.
    """
    wanted = rng.permutation(np.repeat([1, 0], 12))
    middles = np.where(wanted[:, None] == 1, [1.6, 0.8], [-1.6, -0.8])
    # Room γ = 0.447 beside the line 2x + y = 0, and R² = 2.6² + 1.8² + 1: at most (R/γ)² = 55 mistakes, whatever the order
    points = (middles + rng.uniform(-1, 1, (24, 2))).astype(F32)
    mistakes, layer = perceptron(points, wanted, 60)
    assert_same(mistakes[-1], 0, what=f"mistakes in the last pass over separable points; all passes: {shown(mistakes)}")
    decided = assert_array(layer(Tensor(points)).data, shape=(24, 1), what="what was learned, on all points")[:, 0] > 0
    assert_same(decided.astype(int).tolist(), wanted.tolist(), what="what your Linear says of all points in the end")
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) * rng.uniform(0.5, 2, 2)  # of a rectangle
    mistakes, _ = perceptron(corners.astype(F32), np.array([0, 1, 1, 0]), 20)
    assert 0 not in mistakes, f"XOR was learned, which no line can do; mistakes: {shown(mistakes)}"
