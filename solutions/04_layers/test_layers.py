"""Layers: can I build complete networks?"""

from __future__ import annotations

import math
import re
from typing import Any

import layers_helpers
import numpy as np
import pytest

from checks import HIDDEN, assert_array, assert_close, assert_same, check, tried
from tinytorch.activations import LeakyReLU, ReLU
from tinytorch.layers import (
    Dropout,
    Flatten,
    Linear,
    Parameter,
    Sequential,
    count_parameters,
    linear_multiply_adds,
    linear_parameters,
    members,
)
from tinytorch.setup import seed_everything
from tinytorch.tensor import Tensor

F32 = np.float32


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(size=shape).astype(F32)


def linear_with(weight: Any, bias: Any = None) -> Any:
    """A Linear that holds these numbers."""
    weight = np.array(weight, F32)
    layer = Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    layer.weight.data = weight
    if bias is not None:
        layer.bias.data = np.array(bias, F32)
    return layer


def names(pairs: Any) -> list[str]:
    """The names in a row of (name, object)."""
    return [name for name, _ in pairs]


def assert_states(got: dict[str, Any], want: dict[str, Any], *, what: str) -> None:
    """Check that two states have the same names and the same numbers."""
    __tracebackhide__ = True
    assert_same(sorted(got), sorted(want), what=f"the names in {what}")
    for name in want:
        assert_close(got[name], want[name], what=f"{what}, {name}")


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


# Linear


@check("Predict the size and the work of a Linear", points=1, seconds=2)
def test_predictions() -> None:
    """Parameters and multiply-adds from the sizes alone, beside those of a real Linear."""
    assert_same(linear_parameters(784, 10), 7850, what="linear_parameters(784, 10)")
    assert_same(linear_parameters(3, 4, bias=False), 12, what="linear_parameters(3, 4, bias=False)")
    assert_same(count_parameters(Linear(5, 7)), linear_parameters(5, 7), what="count_parameters(Linear(5, 7))")
    assert_same(linear_multiply_adds((64, 784), 10), 501_760, what="linear_multiply_adds((64, 784), 10)")
    assert_same(linear_multiply_adds((2, 3, 4), 5), 120, what="linear_multiply_adds((2, 3, 4), 5)")
    assert_same(linear_multiply_adds((6,), 5), 30, what="linear_multiply_adds((6,), 5)")


@check("Linear multiplies and adds", points=2, seconds=2)
def test_linear(rng: np.random.Generator) -> None:
    """y = x Wᵀ + b for a batch of vectors, with a bias and without one."""
    layer = linear_with([[0.5, 1], [-1, 2]], [0.5, -1])
    assert_close(layer(Tensor([[1, 2]])).data, [[3, 2]], what="weight [[0.5, 1], [-1, 2]], bias [0.5, -1], x [[1, 2]]")
    assert_same(layer(Tensor([[1, 2]])).requires_grad, True, what="requires_grad of the result, as weight and bias want one")
    weight, bias, x = normal(rng, 5, 3), normal(rng, 5), normal(rng, 4, 3)
    want = x.astype(np.float64) @ weight.T.astype(np.float64)
    with tried("Linear(3, 5) on x of shape (4, 3)"):
        assert_close(linear_with(weight, bias)(Tensor(x)).data, (want + bias).astype(F32), atol=1e-5, what="with a bias")
        assert_close(linear_with(weight)(Tensor(x)).data, want.astype(F32), atol=1e-5, what="with bias=False")


@check("What Linear gives remembers its weights", points=1, needs=["test_linear"], seconds=2)
def test_linear_way_back(rng: np.random.Generator) -> None:
    """The result wants a gradient and leads back to x, weight and bias, or to weight alone if there is no bias."""
    for bias, count in ((True, 2), (False, 1)):
        layer = Linear(3, 5, bias=bias)
        want = {"wants a gradient": True, "reaches x": True, "parameters reached": count, "parameters": count}
        way = layers_helpers.way_back(layer, normal(rng, 4, 3), [layer])
        assert_same(way, want, what=f"the way back from the result of Linear(3, 5, bias={bias})")


@check("Linear starts as in PyTorch", points=2, seconds=2)
def test_linear_start() -> None:
    """Weight is (out, in), bias (out,), both float32 Parameters between ± 1/√in, and the same again after the same seed."""
    seed_everything(3)
    layer, other = Linear(9, 4), Linear(9, 4)
    for name, tensor, shape in (("weight", layer.weight, (4, 9)), ("bias", layer.bias, (4,))):
        numbers = assert_array(tensor.data, shape=shape, what=f"{name} of Linear(9, 4)")
        assert isinstance(tensor, Parameter), f"{name} of Linear(9, 4) should be a Parameter"
        assert np.abs(numbers).max() <= 1 / 3 + 1e-6, f"{name} of Linear(9, 4): beyond 1/√9, at {np.abs(numbers).max()}"
        assert len(np.unique(numbers)) == numbers.size, f"{name} of Linear(9, 4): the same number came twice"
    assert layer.weight.data.min() < 0 < layer.weight.data.max(), "weights should have both signs"
    equal = layer.weight.data.tolist() == other.weight.data.tolist()
    assert_same(equal, False, what="whether two layers, made one after the other, have equal weights")
    assert_same(Linear(9, 4, bias=False).bias, None, what="the bias of Linear(9, 4, bias=False)")
    seed_everything(3)
    assert_close(Linear(9, 4).weight.data, layer.weight.data, rtol=0, atol=0, what="the weight after the same seed")


@check("Linear says what does not fit", points=1, needs=["test_linear"], seconds=2)
def test_linear_misfit() -> None:
    """For an x of the wrong size the ValueError names Linear, the shape of x and the shape of the weight."""
    layer = Linear(784, 10)
    with tried("Linear(784, 10) on x of shape (64, 10)"), pytest.raises(ValueError) as error:
        layer(Tensor(np.ones((64, 10))))
    assert_says(error, "Linear", (64, 10), (10, 784))


@check("Linear on any number of axes", points=2, visibility=HIDDEN, needs=["test_linear"], seconds=2)
@pytest.mark.parametrize("front", [(), (1,), (2, 4), (2, 1, 3), (0,), (3, 0), (6,)])
def test_linear_axes(front: tuple[int, ...], rng: np.random.Generator) -> None:
    """Single vectors, batches of batches, empty batches, square weights, and data that lies transposed in memory."""
    for size_in, size_out in ((6, 5), (4, 4), (1, 3), (3, 1)):
        weight, bias = normal(rng, size_out, size_in), normal(rng, size_out)
        x = normal(rng, size_in, *reversed(front)).T  # the last axis first in memory
        want = (x.astype(np.float64) @ weight.T.astype(np.float64) + bias).astype(F32)
        with tried(f"Linear({size_in}, {size_out}) on x of shape {x.shape}"):
            assert_close(linear_with(weight, bias)(Tensor(x)).data, want, atol=1e-5, what="the result")
            plain = (x.astype(np.float64) @ weight.T.astype(np.float64)).astype(F32)
            assert_close(linear_with(weight)(Tensor(x)).data, plain, atol=1e-5, what="the result, bias=False")


@check("Linear: how the first numbers are spread", points=2, visibility=HIDDEN, needs=["test_linear_start"], seconds=2)
def test_linear_spread() -> None:
    """Uniform up to both bounds, which depend on the inputs alone, from the framework's generator."""
    seed_everything(20)
    wide, narrow = Linear(64, 60), Linear(4, 900)
    for what, tensor, bound in (
        ("weight of Linear(64, 60)", wide.weight, 1 / 8),
        ("weight of Linear(4, 900)", narrow.weight, 1 / 2),
        ("bias of Linear(4, 900)", narrow.bias, 1 / 2),
    ):
        numbers = tensor.data.astype(np.float64)
        assert np.abs(numbers).max() <= bound + 1e-6, f"{what}: beyond {bound}, at {np.abs(numbers).max()}"
        assert numbers.max() > 0.95 * bound, f"{what}: nothing near {bound}; the largest is {numbers.max()}"
        assert numbers.min() < -0.95 * bound, f"{what}: nothing near {-bound}; the smallest is {numbers.min()}"
        spread = bound / math.sqrt(3)
        assert abs(numbers.std() / spread - 1) < 0.1, f"{what}: standard deviation {numbers.std()}, expected near {spread}"
        assert abs(numbers.mean()) < 0.2 * spread, f"{what}: mean {numbers.mean()}, expected near 0"
    assert np.abs(wide.bias.data).max() <= 1 / 8 + 1e-6, "bias of Linear(64, 60): beyond 1/√64"
    generator = seed_everything(21)
    Linear(2, 2)
    unmoved = generator.random() == np.random.default_rng(21).random()
    assert_same(unmoved, False, what="whether generator() is still at its beginning after Linear(2, 2), which draws from it")
    seed_everything(22)
    weight = Linear(3, 4).weight.data
    seed_everything(22)
    plain = Linear(3, 4, bias=False).weight.data
    assert_close(plain, weight, rtol=0, atol=0, what="the weight with bias=False, after the same seed: weights are drawn first")
    for sizes in ((0, 3), (3, 0), (-1, 2)):
        with tried(f"Linear{sizes}"), pytest.raises(ValueError) as error:
            Linear(*sizes)
        assert_says(error, *sizes)
    for what, tensor in (("Linear(1, 2).weight", Linear(1, 2).weight), ("Linear(2, 1).bias", Linear(2, 1).bias)):
        assert_array(tensor.data, shape=(2, 1) if "weight" in what else (1,), what=what)


@check("Linear: more that does not fit, and dtypes", points=1, visibility=HIDDEN, needs=["test_linear_misfit"], seconds=2)
def test_linear_misfits(rng: np.random.Generator) -> None:
    """Vectors, batches that are empty, numbers without an axis, sizes that would broadcast; float32 stays float32."""
    for sizes, shape in (((3, 2), (2,)), ((3, 2), (4, 1)), ((3, 2), ()), ((3, 3), (3, 2)), ((1, 2), (5, 3)), ((2, 3), (0, 3))):
        layer = Linear(*sizes)
        with tried(f"Linear{sizes} on x of shape {shape}"), pytest.raises(ValueError) as error:
            layer(Tensor(np.ones(shape)))
        assert_says(error, "Linear", shape, (sizes[1], sizes[0]))
    layer = linear_with([[1, 2]], [3])
    x = rng.normal(size=(2, 2))
    assert_array(layer(Tensor(x)).data, shape=(2, 1), what="float32 x")
    assert_array(layer(Tensor(x, dtype=np.float64)).data, shape=(2, 1), dtype=np.float64, what="float64 x")


# What belongs to a module


@check("Members of values, lists and dicts", points=2, seconds=2)
def test_members() -> None:
    """A Tensor, a Module or an Activation is itself; lists and dicts hold more of them, and have names for them."""
    w, b, act, layer = Tensor([1]), Parameter([2]), ReLU(), layers_helpers.Leaf()
    for kind, value in (("Tensor", w), ("Parameter", b), ("ReLU", act), ("module", layer)):
        assert_same(names(members(value, "one")), ["one"], what=f'the names in members(a {kind}, "one")')
    assert_same(names(members([w, 3, b], "row")), ["row.0", "row.2"], what='the names in members([w, 3, b], "row")')
    got = list(members({"q": w, "k": (b, layer)}, "head"))
    assert_same(names(got), ["head.q", "head.k.0", "head.k.1"], what='names in members({"q": w, "k": (b, layer)}, "head")')
    assert_close(got[1][1].data, [2], what="the Tensor that is called head.k.0")
    for nothing in (3, "text", None, 2.5, []):
        assert_same(names(members(nothing, "one")), [], what=f'members({nothing!r}, "one")')


@check("Parameters have full names", points=3, needs=["test_members"], seconds=2)
def test_parameters() -> None:
    """A module knows its parameters, its own first and then those of its submodules; settings and buffers are none."""
    leaf, pair = layers_helpers.Leaf(7), layers_helpers.Pair()
    assert_same(names(leaf.named_parameters()), ["weight", "bias"], what="names of a module with weight, mean, bias")
    assert_same(names(leaf.named_tensors()), ["weight", "mean", "bias"], what="named_tensors of the same")
    want = ["scale", "first.weight", "first.bias", "second.weight", "second.bias"]
    assert_same(names(pair.named_parameters()), want, what="names of scale between two submodules, first and second")
    found = dict(pair.named_parameters())
    assert_close(found["second.bias"].data, [25, 26], what="the parameter called second.bias")
    assert_close(found["scale"].data, 2.5, what="the parameter called scale")
    assert_same(len(pair.parameters()), 5, what="how many parameters() gives")
    assert_same(count_parameters(pair), 13, what="count_parameters: 1 + 2 · (4 + 2)")
    assert_same(names(pair.named_modules()), ["", "first", "second"], what="named_modules")


@check("Members in every kind of place", points=2, visibility=HIDDEN, needs=["test_parameters"], seconds=2)
def test_tree() -> None:
    """Lists, tuples and dicts to any depth count, names that begin with _ do not, and what is set late is found."""
    tree = layers_helpers.Tree()
    inner = ["scale", "first.weight", "first.bias", "second.weight", "second.bias"]
    want = ["heads.query", "blocks.0.weight", "blocks.0.bias", "blocks.2.0.weight", "blocks.2.0.bias"]
    want += [f"heads.rest.1.{name}" for name in inner]
    assert_same(names(tree.named_parameters()), want, what="names in a tree of lists, tuples and dicts")
    buffers = ["heads.rest.0", "blocks.0.mean", "blocks.2.0.mean", "heads.rest.1.first.mean", "heads.rest.1.second.mean"]
    assert_same(names(tree.named_buffers()), buffers, what="the buffers' names")
    modules = ["", "blocks.0", "blocks.2.0", "heads.rest.1", "heads.rest.1.first", "heads.rest.1.second"]
    assert_same(names(tree.named_modules()), modules, what="the modules' names")
    nested = Sequential(Sequential(Linear(2, 2)), Linear(2, 1))
    assert_same(names(nested.named_modules()), ["", "0", "0.0", "1"], what="the modules' names, what is inside the first first")
    state = tree.state_dict()
    assert_close(state["heads.rest.1.second.weight"], [[20, 21], [22, 23]], what="a parameter deep inside")
    assert_same(sorted(state), sorted([*want, *buffers]), what="the names in state_dict")
    late = layers_helpers.Late()
    assert_same(names(late.named_parameters()), [], what="a module without attributes")
    late.add()
    assert_same(names(late.named_parameters()), ["inner.weight", "inner.bias"], what="the same after one was set")
    tree.set_submodule("blocks.2.0", Linear(3, 1))
    tree.set_submodule("heads.rest.1.first", Linear(1, 2))
    shapes = {name: p.shape for name, p in tree.named_parameters()}
    assert_same(shapes["blocks.2.0.weight"], (1, 3), what="the weight of blocks.2.0, after set_submodule")
    assert_same(shapes["heads.rest.1.first.weight"], (2, 1), what="the weight of heads.rest.1.first, after set_submodule")


@check("What is shared counts once", points=2, visibility=HIDDEN, needs=["test_parameters"], seconds=2)
def test_tied() -> None:
    """One Tensor under two names is one parameter, and equal numbers in two Tensors are two."""
    tied = layers_helpers.Tied()
    assert_same(names(tied.named_parameters()), ["table", "twin", "head.bias"], what="table is head.weight, too")
    assert_same(len(tied.parameters()), 3, what="how many parameters() gives")
    assert_same(count_parameters(tied), 10, what="count_parameters: 4 + 4 + 2")
    assert_same(names(tied.named_modules()), ["", "head"], what="named_modules, where head is called again, too")
    own = ["table", "twin"]
    shared = [f"{name}.{inner}" for name in ("head", "again") for inner in ("weight", "mean", "bias")]
    assert_same(sorted(tied.state_dict()), sorted(own + shared), what="state_dict has it under each name")
    sequence = Sequential(tied, tied, tied.head)
    assert_same(names(sequence.named_parameters()), ["0.table", "0.twin", "0.head.bias"], what="three times the same")
    assert_same(names(sequence.named_modules()), ["", "0", "0.head"], what="its named_modules")


@check("train() and eval() reach everything inside", points=1, needs=["test_members"], seconds=2)
def test_train_eval() -> None:
    """A new module is in training; eval and train change it and all its submodules, those in lists as well."""
    pair = layers_helpers.Pair()
    assert_same(layers_helpers.flags(pair), {"": True, "first": True, "second": True}, what="training, before anything")
    pair.eval()
    assert_same(layers_helpers.flags(pair), {"": False, "first": False, "second": False}, what="training after eval()")
    pair.train()
    assert_same(layers_helpers.flags(pair), {"": True, "first": True, "second": True}, what="training after train()")
    sized = layers_helpers.Sized()
    sized.eval()
    want = dict.fromkeys(("", "leaf", "stack.0", "stack.0.first", "stack.0.second"), False)
    assert_same(layers_helpers.flags(sized), want, what="training after eval() of a module that has one in a list, stack")


@check("train() and eval(), at any depth", points=1, visibility=HIDDEN, needs=["test_train_eval"], seconds=2)
def test_train_deep() -> None:
    """Modules in lists and dicts are reached, no others are, and the module itself comes back."""
    tree = layers_helpers.Tree()
    tree.heads["rest"][1].eval()
    after = {name: not name.startswith("heads.rest.1") for name in layers_helpers.flags(tree)}
    assert_same(layers_helpers.flags(tree), after, what="training after eval() of heads.rest.1 alone")
    tree.train(False)
    assert_same(layers_helpers.flags(tree), dict.fromkeys(after, False), what="training after train(False)")
    assert_same(layers_helpers.Leaf().training, True, what="training of a module made afterwards")
    assert_same(layers_helpers.returned(tree), [True, True, True], what="train, train(False), eval return the module")


# State in and out


@check("State out, and in again", points=2, needs=["test_parameters"], seconds=2)
def test_state() -> None:
    """state_dict holds parameters and buffers by full name, and another module takes them from there."""
    pair, other = layers_helpers.Pair(), layers_helpers.Pair()
    state = pair.state_dict()
    want = {
        "scale": np.array(2.5, F32),
        "first.weight": np.array([[10, 11], [12, 13]], F32),
        "first.mean": np.array([14], F32),
        "first.bias": np.array([15, 16], F32),
        "second.weight": np.array([[20, 21], [22, 23]], F32),
        "second.mean": np.array([24], F32),
        "second.bias": np.array([25, 26], F32),
    }
    assert_states(state, want, what="state_dict()")
    changed = {name: array * 2 for name, array in want.items()}
    other.load_state_dict(changed)
    assert_states(layers_helpers.numbers(other), changed, what="the module after load_state_dict")
    assert_states(layers_helpers.numbers(pair), want, what="the module that it came from")


@check("What was loaded is a copy", points=1, needs=["test_state"], seconds=2)
def test_load_copies() -> None:
    """A module that has loaded a state does not change when somebody writes into the arrays of that state."""
    state = {name: array * 3 for name, array in layers_helpers.Pair().state_dict().items()}
    first, second = layers_helpers.model_after_changing_the_state(layers_helpers.Pair(), state)
    assert_states(first, state, what="a module that has loaded a state")
    assert_states(second, state, what="the same module, after the state's arrays were changed in place")


@check("A state that does not fit is refused", points=2, needs=["test_state"], seconds=2)
def test_load_refuses() -> None:
    """Missing, unexpected and misshapen entries raise a ValueError that names them, with both shapes."""
    pair = layers_helpers.Pair()
    whole = pair.state_dict()
    with tried("load_state_dict without scale"), pytest.raises(ValueError) as error:
        pair.load_state_dict({name: array for name, array in whole.items() if name != "scale"})
    assert_says(error, "scale")
    with tried("load_state_dict with third.weight besides"), pytest.raises(ValueError) as error:
        pair.load_state_dict({**whole, "third.weight": np.ones(3)})
    assert_says(error, "third.weight")
    with tried("load_state_dict with first.bias of shape (3,)"), pytest.raises(ValueError) as error:
        pair.load_state_dict({**whole, "first.bias": np.ones(3, F32)})
    assert_says(error, "first.bias", (3,), (2,))


@check("A state is a copy, and Tensors keep their places", points=2, visibility=HIDDEN, needs=["test_state"], seconds=2)
def test_state_copies() -> None:
    """Training on does not change a state, and Tensors stay what they are, shared ones as well."""
    before, after = layers_helpers.state_after_training(layers_helpers.Tied())
    assert_states(after, before, what="a state, after the module was changed in place")
    pair = layers_helpers.Pair()
    state = {name: array * 3 for name, array in pair.state_dict().items()}
    kept = layers_helpers.kept_objects(pair, {name: array.astype(np.float64) for name, array in state.items()})
    assert_same(kept, [True] * 7, what="whether each Tensor is the same object after load_state_dict")
    assert_states(layers_helpers.numbers(pair), state, what="a module after loading float64")
    tied = layers_helpers.Tied()
    state = {name: array + 1 for name, array in tied.state_dict().items()}
    tied.load_state_dict(state)
    assert_states(tied.state_dict(), state, what="a module with a shared parameter, after load_state_dict")
    assert_same(names(tied.named_parameters()), ["table", "twin", "head.bias"], what="its parameters are still shared")


@check(
    "A refused state changes nothing, and all is said at once",
    points=2,
    visibility=HIDDEN,
    needs=["test_load_refuses"],
    seconds=2,
)
def test_load_is_all_or_nothing() -> None:
    """One error lists every missing, unexpected and misshapen name, and the module is as it was."""
    pair = layers_helpers.Pair()
    whole = pair.state_dict()
    other = {name: array + 1 for name, array in whole.items()}
    wrong = {name: array for name, array in other.items() if name not in ("scale", "second.mean")}
    wrong |= {"extra": np.ones(2, F32), "first.wieght": np.ones((2, 2), F32)}
    wrong |= {"second.weight": np.ones((3, 5), F32), "second.bias": np.ones((1, 2), F32)}
    with tried("a state with six faults"), pytest.raises(ValueError) as error:
        pair.load_state_dict(wrong)
    assert_says(error, "scale", "second.mean", "extra", "first.wieght", "second.weight", (3, 5), (2, 2), "second.bias", (1, 2))
    assert_states(layers_helpers.numbers(pair), whole, what="the module after a state with six faults")
    for what, value in (("of shape ()", np.array(1, F32)), ("of shape (1,)", np.ones(1, F32)), ("of text", ["a", "b"])):
        with tried(f"a state whose last entry is {what}"), pytest.raises((ValueError, TypeError)):
            pair.load_state_dict({**other, "second.bias": value})
        assert_states(layers_helpers.numbers(pair), whole, what=f"the module after a state whose last entry is {what}")
    for what, state in (("no entry", {}), ("one too many", {**other, "zzz": np.ones(1)})):
        with tried(f"a state with {what}"), pytest.raises(ValueError):
            pair.load_state_dict(state)
        assert_states(layers_helpers.numbers(pair), whole, what=f"the module after a state with {what}")


# Layers without weights


@check("Dropout drops in training only", points=2, seconds=2)
def test_dropout() -> None:
    """In training about p of the numbers become 0 and the others grow by 1/(1 - p); in evaluation nothing happens."""
    seed_everything(1)
    layer, x = Dropout(0.2), np.full((50, 40), 3, F32)
    out = assert_array(layer(Tensor(x)).data, shape=(50, 40), what="Dropout(0.2) in training")
    assert_close(out[out != 0], np.full(int((out != 0).sum()), 3.75, F32), what="what is not dropped: 3 / 0.8")
    share = float((out == 0).mean())
    assert 0.15 < share < 0.25, f"Dropout(0.2) dropped {share:.0%} of 2000 numbers"
    layer.eval()
    assert_close(layer(Tensor(x)).data, x, rtol=0, atol=0, what="Dropout(0.2) in evaluation")
    for p in (-0.1, 1.5):
        with tried(f"Dropout({p})"), pytest.raises(ValueError) as error:
            Dropout(p)
        assert_says(error, p)


@check("Dropout: each number by itself, each call anew", points=2, visibility=HIDDEN, needs=["test_dropout"], seconds=2)
def test_dropout_draws() -> None:
    """Every element has its own draw, every call draws anew, seeds repeat it all, and the mean stays what it was."""
    for p in (0.1, 0.5, 0.75):
        seed_everything(7)
        first, second = layers_helpers.masks(p, (60, 50), 2)
        seed_everything(7)
        again, _ = layers_helpers.masks(p, (60, 50), 2)
        with tried(f"Dropout({p}) of ones of shape (60, 50)"):
            assert_close(first, again, what="the first call after the same seed")
            assert_same(first.tolist() == second.tolist(), False, what="whether two calls dropped the same numbers")
            scale = F32(1 / (1 - p))
            assert_close(np.unique(first), np.array([0, scale], F32), what="the numbers that come out")
            dropped = first == 0
            noise = math.sqrt(p * (1 - p) / 3000)
            assert abs(dropped.mean() - p) < 5 * noise, f"{dropped.mean():.1%} dropped, expected about {p:.0%}"
            for axis in (0, 1):
                shares = dropped.mean(axis=axis)
                assert shares.std() > 0, f"axis {axis}: each line lost equally many numbers, or the same ones"
                assert shares.max() < 1 or p > 0.9, f"axis {axis}: a whole line was dropped"
    generator = seed_everything(23)
    Dropout(0.5)(Tensor(np.ones(3)))
    unmoved = generator.random() == np.random.default_rng(23).random()
    assert_same(unmoved, False, what="whether generator() is still at its beginning after Dropout(0.5), which draws from it")
    negative = Dropout(0.5)(Tensor(np.full(100, -2.0))).data
    assert_close(np.unique(negative), np.array([-4, 0], F32), what="Dropout(0.5) of numbers that are all -2")


@check("Dropout at its ends", points=2, visibility=HIDDEN, needs=["test_dropout"], seconds=2)
def test_dropout_ends(rng: np.random.Generator) -> None:
    """p of 0 and 1, dtypes, the caller's data, and no draw where nothing is dropped."""
    x = normal(rng, 5, 6)
    assert_close(Dropout(0)(Tensor(x)).data, x, rtol=0, atol=0, what="Dropout(0)")
    assert_close(Dropout(1)(Tensor(x)).data, np.zeros((5, 6), F32), rtol=0, atol=0, what="Dropout(1)")
    assert_close(Dropout(1).eval()(Tensor(x)).data, x, rtol=0, atol=0, what="Dropout(1) in evaluation")
    assert_same(Dropout().p, 0.5, what="p of Dropout()")
    assert_array(Dropout(0.3)(Tensor(x, dtype=np.float64)).data, shape=(5, 6), dtype=np.float64, what="Dropout of float64")
    assert_array(Dropout(0.3)(Tensor(1.0)).data, shape=(), what="Dropout of a single number")
    assert_array(Dropout(0.3)(Tensor(np.ones((0, 3)))).data, shape=(0, 3), what="Dropout of an empty batch")
    assert_close(layers_helpers.after_a_call(Dropout(0.5), x), x, rtol=0, atol=0, what="the caller's x after Dropout(0.5)")
    unmoved = np.random.default_rng(5).random(3)
    for what, layer in (("in evaluation", Dropout(0.5).eval()), ("with p=0", Dropout(0))):
        seed_everything(5)
        drawn = layers_helpers.draws_after(layer, x, 3)
        assert_close(drawn, unmoved, what=f"the generator's next numbers, after Dropout {what}, which draws nothing")
    for p in (math.nan, 1.0001, -1e-9):
        with tried(f"Dropout({p})"), pytest.raises(ValueError) as error:
            Dropout(p)
        assert_says(error, p)


@check("Flatten makes rows of pictures", points=1, seconds=2)
def test_flatten(rng: np.random.Generator) -> None:
    """All axes but the first become one, or those that were asked for."""
    x = normal(rng, 2, 3, 4, 5)
    assert_close(Flatten()(Tensor(x)).data, x.reshape(2, 60), what="Flatten() of (2, 3, 4, 5)")
    assert_close(Flatten(1, 2)(Tensor(x)).data, x.reshape(2, 12, 5), what="Flatten(1, 2) of (2, 3, 4, 5)")


@check("Flatten: other axes, empty batches", points=1, visibility=HIDDEN, needs=["test_flatten"], seconds=2)
def test_flatten_edges(rng: np.random.Generator) -> None:
    """Axes from either end, a batch of no pictures, views, and axes in the wrong order or not there."""
    for shape, dims, want in (
        ((2, 3, 4, 5), (0, -1), (120,)),
        ((2, 3, 4, 5), (-3, -2), (2, 12, 5)),
        ((2, 3, 4, 5), (2, 3), (2, 3, 20)),
        ((2, 3, 4, 5), (0, 1), (6, 4, 5)),
        ((2, 3, 4, 5), (2, 2), (2, 3, 4, 5)),
        ((0, 8, 8), (1, -1), (0, 64)),
        ((3, 0, 2), (1, 2), (3, 0)),
        ((0, 4), (0, 1), (0,)),
        ((4, 6), (1, -1), (4, 6)),
    ):
        x = normal(rng, *reversed(shape)).T
        with tried(f"Flatten{dims} of shape {shape}"):
            assert_close(Flatten(*dims)(Tensor(x)).data, x.reshape(want), what="the result")
    for shape, dims in (((2, 3, 4), (2, 1)), ((2, 3, 4), (-1, 0))):
        with tried(f"Flatten{dims} of shape {shape}"), pytest.raises(ValueError) as error:
            Flatten(*dims)(Tensor(np.ones(shape)))
        assert_says(error, shape)
    for shape, dims in (((3,), (1, -1)), ((2, 3), (0, 2)), ((2, 3), (-3, 1))):
        with tried(f"Flatten{dims} of shape {shape}"), pytest.raises(IndexError):
            Flatten(*dims)(Tensor(np.ones(shape)))


# Networks


@check("Sequential: one after the other", points=2, needs=["test_linear", "test_parameters"], seconds=2)
def test_sequential() -> None:
    """Steps run in order, inside one another too; they are numbered, and so are the names of their parameters."""
    first, last = linear_with([[1, 0], [0, 1], [1, 1]], [0, -1, 0]), linear_with([[1, 2, -1]])
    model = Sequential(Sequential(first, ReLU()), last)
    x = np.array([[1, 2], [-3, 0.5]], F32)
    want = np.maximum(x @ first.weight.data.T + first.bias.data, 0) @ last.weight.data.T
    assert_close(model(Tensor(x)).data, want, what="Linear, ReLU, Linear")
    assert_same(names(model.named_parameters()), ["0.0.weight", "0.0.bias", "1.weight"], what="names of the parameters")
    assert_same(len(model), 2, what="len")
    assert_same(model[1].out_features, 1, what="model[1].out_features")
    assert_same(model[-2][0].out_features, 3, what="model[-2][0].out_features")
    assert_same([len(model), len(list(model[0]))], [2, 2], what="how many steps len(model) and iterating over model[0] give")


@check(
    "Sequential: indices, slices, and steps that are functions",
    points=1,
    visibility=HIDDEN,
    needs=["test_sequential"],
    seconds=2,
)
def test_sequential_edges() -> None:
    """Indices from both ends, none beyond; slices share; any function is a step; no step at all changes nothing."""
    model = Sequential(*(Linear(size, size + 1) for size in range(1, 13)))  # 12 steps: "10" comes after "9"
    assert_same([step.in_features for step in model], list(range(1, 13)), what="the steps in order")
    assert_same([model[index].in_features for index in (0, 11, -1, -12)], [1, 12, 12, 1], what="steps 0, 11, -1, -12")
    assert_same(model(Tensor(np.ones((2, 1)))).shape, (2, 13), what="the shape that 12 steps give")
    for index in (12, -13):
        with tried(f"step {index} of 12"), pytest.raises(IndexError) as error:
            model[index]
        assert_says(error, index)
    for part, want in ((slice(None, -9), [1, 2, 3]), (slice(8, None, 2), [9, 11]), (slice(3, 3), [])):
        piece = model[part]
        assert isinstance(piece, Sequential), f"model[{part}] should be a Sequential"
        assert_same([step.in_features for step in piece], want, what=f"the steps of model[{part}]")
    assert_same(names(model[8::2].named_parameters()), ["0.weight", "0.bias", "1.weight", "1.bias"], what="names in a slice")
    model[:2][0].weight.data = np.full((2, 1), 7, F32)
    assert_close(model[0].weight.data, [[7], [7]], what="a weight that was changed through a slice")
    x = np.array([[1, -2]], F32)
    functions = Sequential(layers_helpers.doubled, LeakyReLU(0.5), layers_helpers.doubled)
    assert_close(functions(Tensor(x)).data, [[4, -4]], what="double, LeakyReLU(0.5), double of [1, -2]")
    assert_same(len(functions), 3, what="how many steps that has")
    assert_same(names(functions.named_parameters()), [], what="its parameters")
    assert_close(Sequential()(Tensor(x)).data, x, what="Sequential() of x")
    assert_same([len(Sequential()), len(list(Sequential()))], [0, 0], what="how many steps Sequential() has")
    model.set_submodule("3", Linear(4, 9))
    assert_same([model[3].out_features, len(model)], [9, 12], what="step 3 after set_submodule, and how many there are")


@check("repr shows the network", points=1, seconds=2)
def test_repr() -> None:
    """One line for a layer with its settings; lines inside lines for what has layers inside."""
    layer = "Linear(in_features=2, out_features=3, bias=True)"
    assert_same(layers_helpers.shown(Linear(2, 3)), [layer], what="repr(Linear(2, 3))")
    model = Sequential(Linear(2, 3), ReLU(), Sequential(Linear(3, 1, bias=False), Dropout(0.25)))
    inner = ["    (0): Linear(in_features=3, out_features=1, bias=False)", "    (1): Dropout(p=0.25)"]
    want = ["Sequential(", f"  (0): {layer}", "  (1): ReLU()", "  (2): Sequential(", *inner, "  )", ")"]
    assert_same(layers_helpers.shown(model), want, what="the lines of repr(model)")
    assert_same(layers_helpers.shown(Sequential()), ["Sequential()"], what="repr(Sequential())")
    leaves = ["    (first): Leaf(size=2)", "    (act): LeakyReLU(negative_slope=0.2)", "    (second): Leaf(size=2)"]
    want = ["Sized(", "  width=3", "  (leaf): Leaf(size=2)", "  (stack.0): Pair(", *leaves, "  )", ")"]
    assert_same(layers_helpers.shown(layers_helpers.Sized()), want, what="repr of a module with a setting and members")


@check(
    "Results lead back to every weight",
    points=2,
    visibility=HIDDEN,
    needs=["test_linear", "test_dropout", "test_flatten", "test_sequential"],
    seconds=2,
)
def test_way_back(rng: np.random.Generator) -> None:
    """What comes out remembers how it was made, back to the input and all parameters, and calls leave no trace."""
    hidden, last = Linear(6, 4), Linear(4, 2, bias=False)
    model = Sequential(Flatten(), hidden, Dropout(0.5), ReLU(), last)
    x = normal(rng, 5, 2, 3)
    for what, step, data, owners in (
        ("Linear", hidden, x.reshape(5, 6), [hidden]),
        ("Linear without a bias", last, normal(rng, 4), [last]),
        ("Dropout", Dropout(0.5), x, []),
        ("Dropout(1)", Dropout(1), x, []),
        ("Flatten", Flatten(), x, []),
        ("a Sequential", model, x, [hidden, last]),
    ):
        count = sum(1 if owner.bias is None else 2 for owner in owners)
        want = {"wants a gradient": True, "reaches x": True, "parameters reached": count, "parameters": count}
        assert_same(layers_helpers.way_back(step, data, owners), want, what=f"the way back from the result of {what}")
    assert_same(layers_helpers.is_input(Dropout(0.5).eval(), x), True, what="Dropout in evaluation gives x itself")
    with tried("a Linear whose weight is replaced between two calls"):
        layer = linear_with([[1, 2]], [0])
        layer(Tensor([1, 1]))
        layer.weight.data = np.array([[3, 4]], F32)
        assert_close(layer(Tensor([1, 1])).data, [7], what="the second call")


@check(
    "I can build complete networks",
    points=3,
    capability=True,
    needs=["test_linear", "test_flatten", "test_sequential", "test_state"],
    seconds=2,
)
def test_network(rng: np.random.Generator) -> None:
    """A network for small pictures gives what NumPy gives, and a second one does so too once it has the first one's state."""

    def network() -> Any:
        return Sequential(Flatten(), Linear(12, 8), ReLU(), Dropout(0.5), Sequential(Linear(8, 5), ReLU()), Linear(5, 3))

    model, other = network(), network()
    assert_same(count_parameters(model), (12 + 1) * 8 + (8 + 1) * 5 + (5 + 1) * 3, what="count_parameters")
    state = {name: array + 0.25 for name, array in model.state_dict().items()}
    pictures = normal(rng, 6, 4, 3)
    want = pictures.reshape(6, 12).astype(np.float64)
    for name in ("1", "4.0", "5"):
        want = want @ state[f"{name}.weight"].T + state[f"{name}.bias"]
        want = want if name == "5" else np.maximum(want, 0)
    other.load_state_dict(state)
    calm = other.eval()(Tensor(pictures)).data
    assert_close(calm, want.astype(F32), rtol=1e-4, atol=1e-5, what="six pictures, in evaluation")
    busy = assert_array(other.train()(Tensor(pictures)).data, shape=(6, 3), what="six pictures, in training")
    assert_same(busy.tolist() == calm.tolist(), False, what="whether Dropout(0.5) left everything as in evaluation")


# The milestone: its badge is this check. The same rule, on penguins, is milestones/perceptron_1957.py


@check("Perceptron 1957: it learns what a line can separate", points=1, needs=["test_linear"], seconds=4)
def test_milestone_perceptron_1957(rng: np.random.Generator) -> None:
    """Rosenblatt's rule on your Linear makes no mistake in the end where a line separates the points, and never does on XOR."""
    wanted = np.repeat([1, 0], 12)
    middles = np.where(wanted[:, None] == 1, [1.6, 0.8], [-1.6, -0.8])
    # Room γ = 0.447 beside the line 2x + y = 0, and R² = 2.6² + 1.8² + 1: at most (R/γ)² = 55 mistakes, whatever the order
    points = (middles + rng.uniform(-1, 1, (24, 2))).astype(F32)
    mistakes, weight, bias = layers_helpers.perceptron(points, wanted, 60)
    assert_same(mistakes[-1], 0, what=f"mistakes in the last pass over points that a line separates; all passes: {mistakes}")
    weight = assert_array(weight, shape=(1, 2), what="the weight that was learned")
    decided = points @ weight[0] + assert_array(bias, shape=(1,), what="the bias that was learned") > 0
    assert_same(decided.astype(int).tolist(), wanted.tolist(), what="what these weights say of all points, in NumPy")
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], F32)
    mistakes, *_ = layers_helpers.perceptron(corners, np.array([0, 1, 1, 0]), 20)
    assert 0 not in mistakes, f"XOR was learned, which no line can do; mistakes: {mistakes}"
