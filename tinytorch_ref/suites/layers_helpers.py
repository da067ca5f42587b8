"""What the checks of Layers need done beside your code: subclasses, identity, changes in place. No answers here."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch.activations import LeakyReLU, ReLU
from tinytorch.layers import Dropout, Linear, Module, Parameter
from tinytorch.setup import generator
from tinytorch.tensor import Tensor


class Leaf(Module):
    """Two parameters, a buffer and a setting. The numbers start at `start`."""

    def __init__(self, start: float = 0.0) -> None:
        self.size = 2
        self.weight = Parameter([[start, start + 1], [start + 2, start + 3]])
        self.mean = Tensor([start + 4])
        self.bias = Parameter([start + 5, start + 6])

    def forward(self, x: Any) -> Any:
        return x @ self.weight + self.bias

    def extra_repr(self) -> str:
        return f"size={self.size}"


class Pair(Module):
    """A parameter between two submodules, and an activation."""

    def __init__(self) -> None:
        self.first = Leaf(10)
        self.scale = Parameter(2.5)
        self.act = LeakyReLU(0.2)
        self.second = Leaf(20)


class Tree(Module):
    """Members in lists, tuples and dicts, at several depths; beside them what does not count."""

    def __init__(self) -> None:
        self.blocks = [Leaf(0), ReLU(), [Leaf(30), 7]]
        self.heads = {"query": Parameter([1, 2, 3]), "rest": (Tensor([4.0]), Pair())}
        self.name = "tree"
        self.sizes = [3, 4]
        self._cache = Leaf(50)
        self._last = Tensor([1.0])


class Tied(Module):
    """One parameter under two names, one module under two names, equal numbers in two parameters."""

    def __init__(self) -> None:
        self.table = Parameter([[1, 2], [3, 4]])
        self.head = Leaf(1)
        self.head.weight = self.table
        self.again = self.head
        self.twin = Parameter([[1, 2], [3, 4]])


class Late(Module):
    """Calls no super().__init__(), and gets its parameter long after it was made."""

    def add(self) -> None:
        self.inner = Leaf(3)


class Sized(Module):
    """Settings and a child: repr has a line for each."""

    def __init__(self) -> None:
        self.leaf = Leaf(0)
        self.stack = [Pair()]

    def extra_repr(self) -> str:
        return "width=3"


def doubled(x: Any) -> Any:
    """A step of a Sequential that is neither a Module nor an Activation."""
    return x * 2


def shown(module: Any) -> list[str]:
    """The lines of its repr."""
    return [line.rstrip() for line in repr(module).splitlines()]


def flags(module: Any) -> dict[str, bool]:
    """{name: training} of the modules inside that have a name."""
    return {name: inner.training for name, inner in module.named_modules()}


def returned(module: Any) -> list[bool]:
    """Whether train, train(False) and eval give back the module itself."""
    return [result is module for result in (module.train(), module.train(False), module.eval())]


def state_after_training(module: Any) -> list[dict[str, np.ndarray]]:
    """A state_dict as it was, and the same one after every parameter and buffer was changed in place."""
    state = module.state_dict()
    before = {name: array.copy() for name, array in state.items()}
    for _, tensor in module.named_tensors():
        tensor.data += 1
    return [before, state]


def model_after_changing_the_state(module: Any, state: dict[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
    """Load a state, note the numbers, change the state's arrays in place, and note them again."""
    state = {name: array.copy() for name, array in state.items()}
    module.load_state_dict(state)
    first = numbers(module)
    for array in state.values():
        array += 100
    return [first, numbers(module)]


def kept_objects(module: Any, state: dict[str, np.ndarray]) -> list[bool]:
    """For each Tensor, whether it is the same object after loading as before."""
    before = [tensor for _, tensor in module.named_tensors()]
    module.load_state_dict(state)
    return [new is old for old, (_, new) in zip(before, module.named_tensors(), strict=True)]


def numbers(module: Any) -> dict[str, np.ndarray]:
    """{full name: array} of all parameters and buffers, as they are: what a state should hold, found without asking for one."""
    held = {}
    for name, tensor in module.named_tensors():
        held[name] = np.array(tensor.data)
    return held


def way_back(step: Any, x: np.ndarray, owners: list[Any]) -> dict[str, Any]:
    """Call `step` on x; follow what the result remembers. Which of x and the parameters of `owners` does it reach?"""
    start = Tensor(x, requires_grad=True, dtype=x.dtype)
    result = step(start)
    reached, todo = {}, [result]
    while todo:
        tensor = todo.pop()
        if id(tensor) not in reached:
            reached[id(tensor)] = tensor  # kept, so that no id is given out twice
            todo.extend(tensor._parents)
    held = [value for owner in owners for value in vars(owner).values() if isinstance(value, Parameter)]
    return {
        "wants a gradient": result.requires_grad,
        "reaches x": id(start) in reached,
        "parameters reached": sum(id(parameter) in reached for parameter in held),
        "parameters": len(held),
    }


def is_input(step: Any, x: np.ndarray) -> bool:
    """Whether the step gives back the very Tensor that it got."""
    start = Tensor(x)
    return step(start) is start


def after_a_call(step: Any, x: np.ndarray) -> np.ndarray:
    """The data of the input after a call, and after the result's data was overwritten where it has its own."""
    start = Tensor(x)
    step(start)
    return start.data


def draws_after(step: Any, x: np.ndarray, count: int) -> np.ndarray:
    """What the framework's generator gives next, after a call of `step`."""
    step(Tensor(x, dtype=x.dtype))
    return generator().random(count)


def masks(p: float, shape: tuple[int, ...], calls: int) -> list[np.ndarray]:
    """What a Dropout in training makes of ones, several times."""
    layer = Dropout(p)
    return [layer(Tensor(np.ones(shape))).data for _ in range(calls)]


def perceptron(x: np.ndarray, wanted: np.ndarray, passes: int) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Rosenblatt's rule on a Linear(2, 1) that starts at 0: the mistakes of each pass, until one has none; then weight, bias."""
    layer, mistakes = Linear(2, 1), []
    layer.weight.data, layer.bias.data = np.zeros((1, 2), np.float32), np.zeros(1, np.float32)
    while len(mistakes) < passes and 0 not in mistakes:
        mistakes.append(0)
        for point, answer in zip(x, wanted.tolist(), strict=True):
            error = np.float32(answer - int(layer(Tensor(point)).item() > 0))
            mistakes[-1] += int(error != 0)
            layer.weight.data = layer.weight.data + error * point
            layer.bias.data = layer.bias.data + error
    return mistakes, layer.weight.data, layer.bias.data
