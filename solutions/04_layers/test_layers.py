"""Layers: can I build complete networks?"""

from __future__ import annotations

import math
import re
from typing import Any

import layers_helpers
import numpy as np
import pytest

from checks import HIDDEN, assert_array, assert_close, assert_gradients, assert_same, check, shown, tried
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
from tinytorch.setup import generator, seed_everything
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


@check("Linear on any number of axes", points=1, visibility=HIDDEN, needs=["test_linear"], seconds=2)
@pytest.mark.parametrize("front", [(), (1,), (2, 4), (2, 1, 3), (0,), (3, 0), (6,)])
def test_linear_axes(front: tuple[int, ...], rng: np.random.Generator) -> None:
    """Handles single vectors, batches of batches, empty batches, square weights, and data that is transposed in memory."""
    a, b, c = whole(rng, 3, 2, 7)
    for size_in, size_out in ((a, b), (c, c), (1, a), (b, 1)):
        weight, bias = normal(rng, size_out, size_in), normal(rng, size_out)
        x = normal(rng, size_in, *reversed(front)).T  # the last axis first in memory
        with tried(f"Linear({size_in}, {size_out}) on x of shape {x.shape}"):
            want = linear_by_hand(x, weight, bias)
            assert_close(linear_with(weight, bias)(Tensor(x)).data, want, atol=1e-5, what="the result")
            want = linear_by_hand(x, weight)
            assert_close(linear_with(weight)(Tensor(x)).data, want, atol=1e-5, what="the result, bias=False")


@check("The derivative of linear, at its ends", points=1, visibility=HIDDEN, needs=["test_linear_backward"], seconds=4)
def test_linear_backward_ends(rng: np.random.Generator) -> None:
    """Single vectors, batches of batches, empty batches and square weights; float32 stays float32, and keeps its digits."""
    a, b, c = whole(rng, 3, 2, 5)
    for front, sizes in (((), (a, b)), ((1,), (b, c)), ((2, 3), (a, b)), ((0,), (a, c)), ((2, 1, 2), (c, c)), ((c,), (1, a))):
        for bias in (True, False):
            assert_linear_gradients(rng, front, sizes, bias)
    x, weight, bias = normal(rng, a, 2), normal(rng, 3, 2), normal(rng, 3)
    out, saved = linear(x, weight, bias)
    assert_array(out, shape=(a, 3), what="linear of float32 arrays")
    for got, want in zip(linear_backward(normal(rng, a, 3), saved), (x, weight, bias), strict=True):
        assert_array(got, shape=want.shape, what="linear_backward of float32 arrays")
    rows, slope = int(rng.integers(20_000, 30_000)), float(rng.choice([0.15, 0.3, 0.45, 0.6, 0.85, 0.9]))
    grad = np.full((rows, 2), slope, F32)
    *_, got = linear_backward(grad, linear(np.ones((rows, 1), F32), np.ones((2, 1), F32), np.zeros(2, F32))[1])
    assert_close(got, grad.sum(0, dtype=np.float64).astype(F32), rtol=1e-5, what=f"the gradient of bias over {rows} samples")


@check("Linear: distribution of the initial weights", points=1, visibility=HIDDEN, needs=["test_linear_start"], seconds=2)
def test_linear_spread(rng: np.random.Generator) -> None:
    """The weights come from the framework's generator and are uniform between bounds that depend only on the number of inputs."""
    seed_everything(seed_of(rng))
    (few,), (many, out), (most,) = whole(rng, 1, 3, 7), whole(rng, 2, 50, 90), whole(rng, 1, 900, 999)
    wide, narrow = Linear(many, out), Linear(few, most)
    for what, tensor, shape, size_in in (
        ("the weight of a Linear of many inputs", wide.weight, (out, many), many),
        ("the weight of a Linear of few inputs", narrow.weight, (most, few), few),
        ("the bias of a Linear of few inputs", narrow.bias, (most,), few),
    ):
        bound = 1 / math.sqrt(size_in)
        numbers = assert_array(tensor.data, shape=shape, what=what).astype(np.float64)
        assert np.abs(numbers).max() <= bound + 1e-6, f"{what}: beyond {bound}, at {np.abs(numbers).max()}"
        assert numbers.max() > 0.95 * bound, f"{what}: nothing near {bound}; the largest is {numbers.max()}"
        assert numbers.min() < -0.95 * bound, f"{what}: nothing near {-bound}; the smallest is {numbers.min()}"
        spread = bound / math.sqrt(3)
        assert abs(numbers.std() / spread - 1) < 0.1, f"{what}: standard deviation {numbers.std()}, expected near {spread}"
        assert abs(numbers.mean()) < 0.2 * spread, f"{what}: mean {numbers.mean()}, expected near 0"
    bias = assert_array(wide.bias.data, shape=(out,), what="the bias of a Linear of many inputs")
    assert np.abs(bias).max() <= 1 / math.sqrt(many) + 1e-6, "the bias of a Linear of many inputs: beyond 1/√in"
    seed = seed_of(rng)
    seed_everything(seed)
    Linear(few, 2)
    unmoved = generator().random() == np.random.default_rng(seed).random()
    assert_same(unmoved, False, what="whether generator() is still at its beginning after a Linear, which draws from it")
    seed_everything(seed)
    weight = Linear(few, many).weight.data
    seed_everything(seed)
    plain = Linear(few, many, bias=False).weight.data
    assert_close(plain, weight, rtol=0, atol=0, what="the weight with bias=False, after the same seed: weights are drawn first")
    for sizes in ((0, few), (many, 0), (-few, many)):
        with tried(f"Linear{sizes}"), pytest.raises(ValueError) as error:
            Linear(*sizes)
        assert_says(error, *sizes)
    assert_array(Linear(1, few).weight.data, shape=(few, 1), what=f"Linear(1, {few}).weight")
    assert_array(Linear(few, 1).bias.data, shape=(1,), what=f"Linear({few}, 1).bias")


@check("Linear: more inputs of the wrong size, and dtypes", points=1, visibility=HIDDEN, needs=["test_linear_misfit"], seconds=2)
def test_linear_misfits(rng: np.random.Generator) -> None:
    """Vectors, empty batches, 0-d tensors and inputs that would broadcast raise ValueError if their size is wrong.
    float32 stays float32.
    """
    a, b, c, out = whole(rng, 4, 11, 60)
    for sizes, shape in (
        ((a, out), (b,)),
        ((a, out), (c, 1)),
        ((a, out), ()),
        ((a, a), (a, b)),
        ((1, out), (c, b)),
        ((a, b), (0, b)),
    ):
        layer = Linear(*sizes)
        with tried(f"Linear{sizes} on x of shape {shape}"), pytest.raises(ValueError) as error:
            layer(Tensor(np.ones(shape)))
        assert_says(error, "Linear", shape, (sizes[1], sizes[0]))
    weight, bias, x = normal(rng, 3, 2), normal(rng, 3), rng.normal(size=(4, 2))
    layer = linear_with(weight, bias)
    assert_close(layer(Tensor(x)).data, linear_by_hand(x, weight, bias), atol=1e-5, what="the result for float32 x")
    want = x @ weight.T.astype(np.float64) + bias
    assert_close(layer(Tensor(x, dtype=np.float64)).data, want, what="the result for float64 x")


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


@check("members: nested, hidden and added later", points=1, visibility=HIDDEN, needs=["test_parameters"], seconds=2)
def test_tree(rng: np.random.Generator) -> None:
    """Lists, tuples and dicts are searched to any depth, names that begin with _ are skipped, and attributes set later
    are found.
    """
    blocks, heads, query, rest, first, scale, second = words(rng, 7)
    (one, in_one), (deep, in_deep), (hidden, _) = leaf(rng), leaf(rng), leaf(rng)
    module, inside = pair(rng, first, scale, second)
    three, four = normal(rng, 3), normal(rng, 1)
    tree = Module()
    setattr(tree, blocks, [one, ReLU(), [deep, 7]])
    setattr(tree, heads, {query: Parameter(three), rest: (Tensor(four), module)})
    tree.name, tree.sizes, tree._cache, tree._last = "tree", [3, 4], hidden, Tensor([1.0])
    near, far, inner = f"{blocks}.0", f"{blocks}.2.0", f"{heads}.{rest}.1"
    want = [f"{heads}.{query}", f"{near}.weight", f"{near}.bias", f"{far}.weight", f"{far}.bias"]
    own = [scale, f"{first}.weight", f"{first}.bias", f"{second}.weight", f"{second}.bias"]
    want += [f"{inner}.{name}" for name in own]
    assert_same(names(tree.named_parameters()), want, what="names in a tree of lists, tuples and dicts")
    buffers = [f"{heads}.{rest}.0", *(f"{place}.mean" for place in (near, far, f"{inner}.{first}", f"{inner}.{second}"))]
    assert_same(names(tree.named_buffers()), buffers, what="the buffers' names")
    modules = ["", near, far, inner, f"{inner}.{first}", f"{inner}.{second}"]
    assert_same(names(tree.named_modules()), modules, what="the modules' names")
    nested = Sequential(Sequential(Linear(2, 2)), Linear(2, 1))
    assert_same(names(nested.named_modules()), ["", "0", "0.0", "1"], what="the modules' names, what is inside the first first")
    numbers = {f"{heads}.{query}": three, f"{heads}.{rest}.0": four}
    for place, some in ((near, in_one), (far, in_deep), (inner, inside)):
        numbers |= {f"{place}.{name}": array for name, array in some.items()}
    assert_states(tree.state_dict(), numbers, what="state_dict()")
    late, (added, _) = Module(), leaf(rng)
    assert_same(names(late.named_parameters()), [], what="a module without attributes")
    setattr(late, query, added)
    what = "the same after a submodule was set"
    assert_same(names(late.named_parameters()), [f"{query}.weight", f"{query}.bias"], what=what)
    size_in, size_out = whole(rng, 2, 3, 8)
    for place in (far, f"{inner}.{first}"):
        tree.set_submodule(place, Linear(size_in, size_out))
        shapes = {name: p.shape for name, p in tree.named_parameters()}
        assert_same(shapes[f"{place}.weight"], (size_out, size_in), what=f"the weight of {place}, after set_submodule")


@check("Shared parameters count once", points=2, visibility=HIDDEN, needs=["test_parameters"], seconds=2)
def test_tied(rng: np.random.Generator) -> None:
    """One Tensor under two names is one parameter. Two Tensors with equal numbers are two parameters."""
    tied, (head, _) = Module(), leaf(rng)
    numbers = normal(rng, *whole(rng, 2, 2, 9))
    head.weight = table = Parameter(numbers)
    tied.table, tied.head, tied.again, tied.twin = table, head, head, Parameter(numbers)
    assert_same(names(tied.named_parameters()), ["table", "twin", "head.bias"], what="table is head.weight, too")
    assert_same(len(tied.parameters()), 3, what="how many parameters() gives")
    assert_same(count_parameters(tied), 2 * numbers.size + 2, what="count_parameters: table, twin and 2 of head.bias")
    assert_same(names(tied.named_modules()), ["", "head"], what="named_modules, where head is called again, too")
    own = ["table", "twin"]
    shared = [f"{name}.{inner}" for name in ("head", "again") for inner in ("weight", "mean", "bias")]
    state = tied.state_dict()
    assert_same(sorted(state), sorted(own + shared), what="state_dict has it under each name")
    for name in ("table", "head.weight", "again.weight"):
        assert_close(state[name], numbers, what=f"{name} in the state")
    sequence = Sequential(tied, tied, tied.head)
    assert_same(names(sequence.named_parameters()), ["0.table", "0.twin", "0.head.bias"], what="three times the same")
    assert_same(names(sequence.named_modules()), ["", "0", "0.head"], what="its named_modules")


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


@check("train() and eval(), at any depth", points=1, visibility=HIDDEN, needs=["test_train_eval"], seconds=2)
def test_train_deep(rng: np.random.Generator) -> None:
    """Modules in lists and dicts change, no other objects do, and both methods return the module itself."""
    blocks, heads, key, first, scale, second = words(rng, 6)
    (one, _), (deep, _), (module, _) = leaf(rng), leaf(rng), pair(rng, first, scale, second)
    tree = Module()
    setattr(tree, blocks, [one, ReLU(), [deep, 7]])
    setattr(tree, heads, {key: (3, module)})
    inner = f"{heads}.{key}.1"
    after = {name: not name.startswith(inner) for name in ("", f"{blocks}.0", f"{blocks}.2.0")}
    after |= dict.fromkeys((inner, f"{inner}.{first}", f"{inner}.{second}"), False)
    module.eval()
    assert_same(flags(tree), after, what="training after eval() of one submodule")
    tree.train(False)
    assert_same(flags(tree), dict.fromkeys(after, False), what="training after train(False)")
    assert_same(leaf(rng)[0].training, True, what="training of a module made afterwards")
    for what, back in (("train()", tree.train()), ("train(False)", tree.train(False)), ("eval()", tree.eval())):
        back._sign = drawn = float(rng.normal())  # known by a number that is set on what came back
        assert_same(tree._sign, drawn, what=f"a number on the module that was set on what {what} gave back: is it the module?")


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


@check("A state is a copy, and loading keeps the Tensors", points=2, visibility=HIDDEN, needs=["test_state"], seconds=2)
def test_state_copies(rng: np.random.Generator) -> None:
    """Further training does not change a saved state. Loading writes into the existing Tensors, and shared Tensors stay
    shared.
    """
    module, numbers = pair(rng, *words(rng, 3))
    later = {name: array + 1 for name, array in numbers.items()}
    state = layers_helpers.state_before_writing(module, later)
    assert_states(held(module), later, what="a module that was changed in place")
    assert_states(state, numbers, what="a state, after the module was changed in place")
    before = dict(module.named_tensors())
    loaded = {name: array * 3 for name, array in numbers.items()}
    module.load_state_dict({name: array.astype(np.float64) for name, array in loaded.items()})
    assert_states(held(module), loaded, what="a module after loading float64")
    for name, tensor in before.items():
        what = f"the Tensor that was {name} before load_state_dict: is it so afterwards?"
        assert_close(tensor.data, loaded[name], rtol=0, atol=0, what=what)
    tied, table = Module(), Parameter(normal(rng, 3))
    tied.table, tied.twin, tied.head = table, table, Linear(2, 2)
    tied.head.bias = table
    new = {"table": normal(rng, 3), "head.weight": normal(rng, 2, 2)}
    new |= {"twin": new["table"], "head.bias": new["table"]}
    tied.load_state_dict(new)
    assert_states(tied.state_dict(), new, what="a module with a shared parameter, after load_state_dict")
    table.data = moved = normal(rng, 3)
    for name in ("table", "twin", "head.bias"):
        assert_close(held(tied)[name], moved, what=f"{name}, after the shared parameter got new numbers")


@check(
    "A rejected state changes nothing; one error lists all problems",
    points=2,
    visibility=HIDDEN,
    needs=["test_load_refuses"],
    seconds=2,
)
def test_load_is_all_or_nothing(rng: np.random.Generator) -> None:
    """One error lists every name that is missing, unexpected or of the wrong shape, and the module stays as it was."""
    first, scale, second, extra, typo = words(rng, 5)
    module, numbers = pair(rng, first, scale, second)
    other = {name: array + 1 for name, array in numbers.items()}
    a, b, c = whole(rng, 3, 11, 60)
    wrong = {name: array for name, array in other.items() if name not in (scale, f"{second}.mean")}
    wrong |= {extra: np.ones(2, F32), f"{first}.{typo}": np.ones((2, 2), F32)}
    wrong |= {f"{second}.weight": np.ones((a, b), F32), f"{second}.bias": np.ones((1, c), F32)}
    with tried("a state with six faults"):
        with pytest.raises(ValueError) as error:
            module.load_state_dict(wrong)
        assert_says(error, scale, f"{second}.mean", extra, f"{first}.{typo}")
        assert_says(error, f"{second}.weight", (a, b), (2, 2), f"{second}.bias", (1, c), (2,))
    assert_states(held(module), numbers, what="the module after a state with six faults")
    for what, value in (("of shape ()", np.array(1, F32)), ("of shape (1,)", np.ones(1, F32)), ("of text", ["a", "b"])):
        with tried(f"a state whose last entry is {what}"), pytest.raises((ValueError, TypeError)):
            module.load_state_dict({**other, f"{second}.bias": value})
        assert_states(held(module), numbers, what=f"the module after a state whose last entry is {what}")
    for what, state in (("no entry", {}), ("one too many", {**other, extra: np.ones(1)})):
        with tried(f"a state with {what}"), pytest.raises(ValueError):
            module.load_state_dict(state)
        assert_states(held(module), numbers, what=f"the module after a state with {what}")


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


@check("Dropout: independent draws for each element and call", points=2, visibility=HIDDEN, needs=["test_dropout"], seconds=2)
def test_dropout_draws(rng: np.random.Generator) -> None:
    """Every element and every call has its own draw, the same seed repeats the draws, and the mean is preserved."""
    for p in (0.5, round(float(rng.uniform(0.1, 0.3)), 3), round(float(rng.uniform(0.6, 0.7)), 3)):
        seed, x = seed_of(rng), normal(rng, *whole(rng, 2, 80, 100))
        layer, tensor = Dropout(p), Tensor(x)
        with tried(f"Dropout({p}) of x of shape {x.shape}"):
            seed_everything(seed)
            first, second = (assert_array(layer(tensor).data, shape=x.shape) for _ in range(2))
            seed_everything(seed)
            assert_close(layer(tensor).data, first, what="the first call after the same seed")
            assert_same(first.tolist() == second.tolist(), False, what="whether two calls dropped the same numbers")
            dropped = first == 0
            assert_close(first, np.where(dropped, F32(0), x / F32(1 - p)), what="0, or x / (1 - p)")
            # Each of these happens to a right Dropout less often than once in ten million runs
            for axis in (0, 1):
                shares = dropped.mean(axis=axis)
                assert shares.std() > 0, f"axis {axis}: each line lost equally many numbers, or the same ones"
                assert shares.max() < 1, f"axis {axis}: a whole line was dropped"
            noise = math.sqrt(p * (1 - p) / x.size)
            assert abs(dropped.mean() - p) < 6 * noise, f"{dropped.mean():.1%} dropped, expected about {p:.0%}"
    seed = seed_of(rng)
    seed_everything(seed)
    Dropout(0.5)(Tensor(np.ones(3)))
    unmoved = generator().random() == np.random.default_rng(seed).random()
    assert_same(unmoved, False, what="whether generator() is still at its beginning after Dropout(0.5), which draws from it")
    level = whole(rng, 1, 2, 90)[0]
    negative = Dropout(0.5)(Tensor(np.full(100, -level))).data
    assert_close(np.unique(negative), np.array([-2 * level, 0], F32), what=f"Dropout(0.5) of numbers that are all -{level}")


@check("Dropout with p = 0 and p = 1", points=2, visibility=HIDDEN, needs=["test_dropout"], seconds=2)
def test_dropout_ends(rng: np.random.Generator) -> None:
    """Handles p = 0 and p = 1, keeps dtypes and the caller's data, and draws no random numbers if nothing is dropped."""
    shape = tuple(whole(rng, 2, 4, 9))
    x, wide = normal(rng, *shape), rng.normal(size=shape)
    assert_close(Dropout(0)(Tensor(x)).data, x, rtol=0, atol=0, what="Dropout(0)")
    assert_close(Dropout(1)(Tensor(x)).data, np.zeros(shape, F32), rtol=0, atol=0, what="Dropout(1)")
    assert_close(Dropout(1).eval()(Tensor(x)).data, x, rtol=0, atol=0, what="Dropout(1) in evaluation")
    assert_same(Dropout().p, 0.5, what="p of Dropout()")
    out = assert_array(Dropout(0.3)(Tensor(wide, dtype=np.float64)).data, shape=shape, dtype=np.float64, what="float64")
    assert_close(out, np.where(out == 0, 0, wide / 0.7), what="Dropout(0.3) of float64")
    out = assert_array(Dropout(0.3)(Tensor(x[0, 0])).data, shape=(), what="Dropout of a single number")
    assert_close(out, np.where(out == 0, F32(0), x[0, 0] / F32(0.7)), what="Dropout(0.3) of a single number")
    empty = (0, shape[0])
    assert_array(Dropout(0.3)(Tensor(np.ones(empty))).data, shape=empty, what="Dropout of an empty batch")
    start = Tensor(x)
    Dropout(0.5)(start)
    assert_close(start.data, x, rtol=0, atol=0, what="the caller's x after Dropout(0.5)")
    for what, layer in (("in evaluation", Dropout(0.5).eval()), ("with p=0", Dropout(0))):
        seed = seed_of(rng)
        seed_everything(seed)
        layer(start)
        unmoved = np.random.default_rng(seed).random(3)
        what = f"the generator's next numbers, after Dropout {what}, which draws nothing"
        assert_close(generator().random(3), unmoved, what=what)
    for p in (math.nan, 1 + round(float(rng.uniform(1e-4, 1e-3)), 6), -round(float(rng.uniform(0.001, 0.1)), 6)):
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


@check("Flatten: other axes, empty batches", points=1, visibility=HIDDEN, needs=["test_flatten"], seconds=2)
def test_flatten_edges(rng: np.random.Generator) -> None:
    """Handles axes counted from either end, a batch without pictures and views, and rejects axes that are in the wrong
    order or do not exist.
    """
    a, b, c, d = whole(rng, 4, 2, 6)
    for shape, dims, want in (
        ((a, b, c, d), (0, -1), (a * b * c * d,)),
        ((a, b, c, d), (-3, -2), (a, b * c, d)),
        ((a, b, c, d), (2, 3), (a, b, c * d)),
        ((a, b, c, d), (0, 1), (a * b, c, d)),
        ((a, b, c, d), (2, 2), (a, b, c, d)),
        ((0, 8, 8), (1, -1), (0, 64)),
        ((a, 0, b), (1, 2), (a, 0)),
        ((0, c), (0, 1), (0,)),
        ((c, d), (1, -1), (c, d)),
    ):
        x = normal(rng, *reversed(shape)).T
        with tried(f"Flatten{dims} of shape {shape}"):
            assert_close(Flatten(*dims)(Tensor(x)).data, x.reshape(want), what="the result")
    shape = tuple(whole(rng, 3, 11, 40))
    for dims in ((2, 1), (-1, 0)):
        with tried(f"Flatten{dims} of shape {shape}"), pytest.raises(ValueError) as error:
            Flatten(*dims)(Tensor(np.ones(shape)))
        assert_says(error, shape)
    for shape, dims in (((a,), (1, -1)), ((a, b), (0, 2)), ((a, b), (-3, 1))):
        with tried(f"Flatten{dims} of shape {shape}"), pytest.raises(IndexError):
            Flatten(*dims)(Tensor(np.ones(shape)))


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


@check(
    "Sequential: indices, slices, and functions as steps",
    points=1,
    visibility=HIDDEN,
    needs=["test_sequential"],
    seconds=2,
)
def test_sequential_edges(rng: np.random.Generator) -> None:
    """Indices count from either end and may not go beyond, a slice shares its layers, a function can be a step, and an
    empty Sequential returns its input.
    """
    count, place, wide = whole(rng, 1, 12, 16)[0], whole(rng, 1, 2, 9)[0], whole(rng, 1, 20, 40)[0]
    sizes = list(range(1, count + 1))
    model = Sequential(*(Linear(size, size + 1) for size in sizes))  # 12 steps or more: "10" comes after "9"
    assert_same([step.in_features for step in model], sizes, what="the steps in order")
    for index in (0, count - 1, -1, -count, place, -place):
        assert_same(model[index].in_features, sizes[index], what=f"step {index}")
    assert_same(model(Tensor(np.ones((place, 1)))).shape, (place, count + 1), what=f"the shape that {count} steps give")
    for index in (count, -count - 1, wide):
        with tried(f"step {index} of {count}"), pytest.raises(IndexError) as error:
            model[index]
        assert_says(error, index)
    for part in (slice(None, 3 - count), slice(place, None, 2), slice(8, None, 2), slice(3, 3), slice(-place, None)):
        piece = model[part]
        assert isinstance(piece, Sequential), f"model[{part}] should be a Sequential"
        assert_same([step.in_features for step in piece], sizes[part], what=f"the steps of model[{part}]")
    assert_same(names(model[8:11:2].named_parameters()), ["0.weight", "0.bias", "1.weight", "1.bias"], what="names in a slice")
    model[:2][0].weight.data = drawn = normal(rng, 2, 1)
    assert_close(model[0].weight.data, drawn, what="a weight that was changed through a slice")
    x, factor = normal(rng, 2, 3), float(rng.uniform(2, 3))
    functions = Sequential(lambda t: t * factor, LeakyReLU(0.5), lambda t: t * 2)
    want = x.astype(np.float64) * factor * 2 * np.where(x > 0, 1, 0.5)
    assert_close(functions(Tensor(x)).data, want.astype(F32), what="a function, LeakyReLU(0.5), another function")
    assert_same(len(functions), 3, what="how many steps that has")
    assert_same(names(functions.named_parameters()), [], what="its parameters")
    assert_close(Sequential()(Tensor(x)).data, x, what="Sequential() of x")
    assert_same([len(Sequential()), len(list(Sequential()))], [0, 0], what="how many steps Sequential() has")
    model.set_submodule(str(place), Linear(4, wide))
    after = [model[place].out_features, len(model)]
    assert_same(after, [wide, count], what="the sizes of a step after set_submodule, and how many there are")


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
    "Results lead back to every weight",
    points=2,
    visibility=HIDDEN,
    needs=["test_linear", "test_dropout", "test_flatten", "test_sequential"],
    seconds=2,
)
def test_way_back(rng: np.random.Generator) -> None:
    """The output leads back to the input and to all parameters, and a call changes nothing in the network."""
    a, b, c, count = whole(rng, 4, 2, 7)
    hidden, last = Linear(a * b, c), Linear(c, 2, bias=False)
    model = Sequential(Flatten(), hidden, Dropout(0.5), ReLU(), last)
    x = normal(rng, count, a, b)
    for what, step, data, owners in (
        ("Linear", hidden, x.reshape(count, a * b), [hidden]),
        ("Linear without a bias", last, normal(rng, c), [last]),
        ("Dropout", Dropout(0.5), x, []),
        ("Dropout(1)", Dropout(1), x, []),
        ("Flatten", Flatten(), x, []),
        ("a Sequential", model, x, [hidden, last]),
    ):
        assert_way_back(rng, step, data, owners, what=what)
    start = Tensor(x)
    out = Dropout(0.5).eval()(start)
    out.data = drawn = normal(rng, 3)
    assert_close(start.data, drawn, what="x, after what Dropout in evaluation gave got new numbers: is it x itself?")
    with tried("a Linear whose weight is replaced between two calls"):
        layer, data = linear_with(normal(rng, 1, 2), [0]), normal(rng, 3, 2)
        layer(Tensor(data))
        layer.weight.data = weight = normal(rng, 1, 2)
        assert_close(layer(Tensor(data)).data, linear_by_hand(data, weight), atol=1e-5, what="the second call")


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
