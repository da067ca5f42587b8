"""Layers: functions that own the numbers they learn.

A Module is a function with state. What it owns are plain attributes, and what an attribute is says what happens to it:

    Parameter               a Tensor that training changes: a weight, a bias
    any other Tensor        a buffer: belongs to the state, but is not trained (a running mean)
    Module                  a submodule, with parameters and buffers of its own
    list, tuple, dict       as far as they hold any of these, to any depth; keys of dicts are strings without dots
    anything else           a setting. Activations are such, and only repr shows them
    a name beginning with _ the module's own business: not looked at, whatever it holds

Nothing is registered: each question looks at the attributes as they are now, so that a submodule may be replaced at any
time, and a subclass need not call super().__init__(). A name says the way: "encoder.0.weight" is the weight of item 0 of
encoder. A module must not hold itself.

Forwards use Tensors and their operators alone, so that results remember how they were made.
"""

from __future__ import annotations

import functools
import math
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import numpy as np

from .activations import Activation
from .setup import generator
from .tensor import Tensor, as_array, axes

Array = np.ndarray


class Parameter(Tensor):
    """A Tensor that training changes.  Parameter([[1, 2]]) is float32 and requires a gradient."""

    def __init__(self, data: Any, requires_grad: bool = True, dtype: Any = np.float32) -> None:
        super().__init__(data, requires_grad, dtype)


_MEMBERS: tuple[type, ...] = (Tensor, Activation)  # and Module, as soon as there is one


def members(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """(name, object) for every Tensor, Module and Activation that `value`, which is called `name`, is or holds.

    One of the three is itself the only one, under its own name. Items of a list or tuple are called by their place,
    those of a dict by their key, after a dot; they may be lists and dicts again. Anything else holds nothing. In order.

        members(w, "weight") -> ("weight", w)            members([a, 3, [b]], "blocks") -> ("blocks.0", a), ("blocks.2.0", b)
        members(3, "size") -> nothing                    members({"q": a, "k": b}, "head") -> ("head.q", a), ("head.k", b)
    """
    todo = [(name, value)]  # a stack instead of recursion: the next one is at the end
    while todo:
        path, thing = todo.pop()
        if isinstance(thing, _MEMBERS):
            yield path, thing
            continue
        inside = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, (list, tuple)) else ()
        todo.extend(reversed([(f"{path}.{key}", item) for key, item in inside]))


# What later modules hook into: each is called with the module before every call of one, and gives a context manager
# that lasts as long as the call. Empty: every call runs as you wrote it

observers: list[Callable[[Module], AbstractContextManager[Any]]] = []


class Module:
    """What layers and networks have in common. A subclass sets attributes in __init__, and writes forward.

    training    whether calls are part of training: True until eval() says otherwise. Dropout asks.
    """

    training: bool = True

    def forward(self, *inputs: Any, **options: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        with ExitStack() as stack:
            for observe in observers:
                stack.enter_context(observe(self))
            return self.forward(*inputs, **options)

    # What belongs to it

    def named_members(self) -> Iterator[tuple[str, Any]]:
        """(name, object) for its own Tensors, Modules and Activations, in the order in which the attributes were set."""
        for name, value in vars(self).items():
            if not name.startswith("_"):
                yield from members(value, name)

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """(full name, module) for this module, whose name is "", and every module inside it, at any depth.

        Each before those inside it. One that is reached in several ways comes once, under the first of its names.
        For Sequential(Linear(2, 2), Sequential(Linear(2, 1))):   "", "0", "1", "1.0"
        """
        known: dict[int, Module] = {}
        todo: list[tuple[str, Module]] = [("", self)]
        while todo:
            path, module = todo.pop()
            if id(module) in known:
                continue
            known[id(module)] = module
            yield path, module
            todo.extend((_join(path, name), child) for name, child in reversed(list(_children(module))))

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """(full name, Tensor) for every parameter and buffer: its own, then those of each submodule in turn.

        A Tensor that has several names comes under each of them, and one in a module that has several as well.
        For Sequential(Linear(2, 2), ReLU(), Linear(2, 1)):   "0.weight", "0.bias", "2.weight", "2.bias"
        """
        return iter(_collect(self, ""))

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """(full name, parameter) in the order of named_tensors. One that has several names is one parameter: it comes
        once, under the first of them, so that an optimizer takes one step with it and not two.
        """
        first: dict[int, tuple[str, Parameter]] = {}
        for name, tensor in self.named_tensors():
            if isinstance(tensor, Parameter):
                first.setdefault(id(tensor), (name, tensor))
        yield from first.values()

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """(full name, buffer), under each of its names."""
        return ((name, tensor) for name, tensor in self.named_tensors() if not isinstance(tensor, Parameter))

    def parameters(self) -> list[Parameter]:
        """All parameters, each once: what an optimizer is given."""
        return [parameter for _, parameter in self.named_parameters()]

    def modules(self) -> list[Module]:
        """This module and every one inside it, each once."""
        return [module for _, module in self.named_modules()]

    def get_submodule(self, name: str) -> Module:
        """The module of that full name.    model.get_submodule("encoder.0")      KeyError that lists the names there are"""
        found = dict(self.named_modules())
        if name not in found:
            raise KeyError(f"{type(self).__name__} has no submodule {name!r}; it has {', '.join(map(repr, found))}")
        return found[name]

    def set_submodule(self, name: str, module: Module) -> None:
        """Put `module` where the one of that full name is: an attribute, or an item of a list or dict."""
        if self.get_submodule(name) is self:
            raise ValueError("a module cannot replace itself: give the name of a submodule")
        *way, last = name.split(".")
        place: Any = self
        for part in way:
            place = place[int(part)] if isinstance(place, (list, tuple)) else _inside(place)[part]
        if isinstance(place, list):
            place[int(last)] = module
        else:
            _inside(place)[last] = module

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    # Training and evaluation

    def train(self, mode: bool = True) -> Module:
        """Set `training` to mode, here and in every module inside. Returns this module: model = Net().train()"""
        self.training = bool(mode)
        for _, child in _children(self):
            child.train(mode)
        return self

    def eval(self) -> Module:
        """train(False): from now on, calls are not part of training."""
        return self.train(False)

    # State in and out

    def state_dict(self) -> dict[str, Array]:
        """{full name: array} of every parameter and buffer: copies, so that training on does not change them."""
        state: dict[str, Array] = {}
        for name, tensor in self.named_tensors():
            state[name] = np.array(tensor.data, copy=True)
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the numbers from `state`, which is what state_dict of such a model gives: {full name: array}.

        Each Tensor stays the same object, with its dtype; it gets a copy, so that changing `state` later changes nothing.
        Raises ValueError if names are missing in `state`, if it has names that the model has not (a typing error, or
        another model), or if shapes differ: one error that lists every such name, with both shapes where they differ.
        Raises what as_array raises if something is no array of numbers. If it raises, no number has changed.
        """
        plan: list[tuple[Tensor, Array]] = []
        complaints: list[str] = []
        known = list(self.named_tensors())
        for name, tensor in known:
            if name not in state:
                complaints.append(f"missing: {name} {tensor.shape}")
                continue
            numbers = as_array(state[name], tensor.dtype)
            if numbers.shape == tensor.shape:
                plan.append((tensor, numbers))
            else:
                complaints.append(f"wrong shape: {name} is {numbers.shape} in the state and {tensor.shape} here")
        for name in sorted(set(state) - {name for name, _ in known}):
            complaints.append(f"unexpected: {name}")
        if complaints:
            raise ValueError("load_state_dict:\n  " + "\n  ".join(complaints))
        for tensor, numbers in plan:
            np.copyto(tensor.data, numbers)  # into the array that is there

    # How it looks

    def extra_repr(self) -> str:
        """The settings that repr shows, such as "in_features=2, out_features=3, bias=True"."""
        return ""

    def __repr__(self) -> str:
        """The class with its settings in parentheses. Modules and Activations inside have a line each, with their name
        in parentheses, indented by two spaces; a line of settings, if there are any, comes before them.

            Sequential(
              (0): Linear(in_features=2, out_features=3, bias=True)
              (1): ReLU()
            )
        """
        title, settings = type(self).__name__, self.extra_repr()
        inside = [f"({name}): {thing}" for name, thing in self.named_members() if isinstance(thing, (Module, Activation))]
        if not inside:
            return f"{title}({settings})"
        body = "\n".join([settings, *inside] if settings else inside)
        return f"{title}(\n{textwrap.indent(body, '  ')}\n)"


_MEMBERS = (*_MEMBERS, Module)


def _join(path: str, name: str) -> str:
    return ".".join(part for part in (path, name) if part)


def _children(module: Module) -> Iterator[tuple[str, Module]]:
    return ((name, thing) for name, thing in module.named_members() if isinstance(thing, Module))


def _collect(module: Module, path: str) -> list[tuple[str, Tensor]]:
    """All Tensors of a module with their full names, its own in front."""
    found = [(_join(path, name), thing) for name, thing in module.named_members() if isinstance(thing, Tensor)]
    for name, child in _children(module):
        found += _collect(child, _join(path, name))
    return found


def _inside(place: Any) -> dict[str, Any]:
    """What `place` holds by name: the attributes of a module, or a dict itself."""
    return vars(place) if isinstance(place, Module) else place


def count_parameters(module: Module) -> int:
    """How many numbers training may change; what is shared counts once."""
    return sum(parameter.size for parameter in module.parameters())


# Layers


def linear_parameters(in_features: int, out_features: int, bias: bool = True) -> int:
    """How many numbers a Linear of these sizes learns. Predict first, then count.    (784, 10) -> 7850"""
    return (in_features + int(bool(bias))) * out_features


def linear_multiply_adds(shape: tuple[int, ...], out_features: int) -> int:
    """Multiply-adds of a Linear for an x of this shape, the bias not counted.    (64, 784), 10 -> 501760"""
    *batch, in_features = shape
    vectors = 1
    for size in batch:
        vectors *= size
    return vectors * in_features * out_features


class Linear(Module):
    """y = x Wᵀ + b, for every vector along the last axis of x.

    weight  Parameter (out_features, in_features): row j makes output j
    bias    Parameter (out_features,), or None if bias=False

    x: (..., in_features) -> (..., out_features), any number of axes in front, none as well, and any sizes.
        weight [[0.5, 1], [-1, 2]], bias [0.5, -1]:   [1, 2] -> [1·0.5 + 2·1 + 0.5, 1·(-1) + 2·2 - 1] = [3, 2]
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        """Weights, then biases, are drawn from generator(): uniform between ± 1/√in_features, as PyTorch does it.

        Raises ValueError if a size is less than 1, naming both.    in_features=4 -> numbers between -0.5 and 0.5
        """
        if min(in_features, out_features) < 1:
            raise ValueError(f"Linear({in_features}, {out_features}): both sizes are 1 or more")
        self.in_features, self.out_features = in_features, out_features
        self.weight = self._drawn(out_features, in_features)
        self.bias = self._drawn(out_features) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """x: (..., in_features) -> (..., out_features).

        Raises ValueError if x has no axis or its last one has another size. The message names Linear, x's shape and
        weight's shape: matmul alone would name the shape of a transposed weight, which nobody has seen.
        """
        out_features, in_features = self.weight.shape
        if x.shape[-1:] != (in_features,):
            raise ValueError(
                f"Linear({in_features}, {out_features}): the last axis of x should have {in_features} numbers; "
                f"x has shape {x.shape}, the weight {self.weight.shape}"
            )
        vectors = x.reshape(math.prod(x.shape[:-1]), in_features)  # all vectors below each other
        result = vectors @ self.weight.transpose(0, 1)
        if self.bias is not None:
            result = self.bias + result
        return result.reshape(*x.shape[:-1], out_features) if x.ndim > 1 else result.reshape((out_features,))

    def _drawn(self, *shape: int) -> Parameter:
        """Uniform between ± 1/√in_features, from numbers between 0 and 1."""
        return Parameter((2 * generator().random(shape) - 1) * self.in_features**-0.5)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Dropout(Module):
    """While training, sets each number to 0 with probability p, and divides the others by 1 - p.

    So the expected value of every number stays what it was, and in evaluation nothing is left to do: x comes out as it is.
    """

    def __init__(self, p: float = 0.5) -> None:
        """p: the probability of being dropped, 0 to 1 inclusive; else ValueError that quotes it."""
        if p >= 0 and p <= 1:
            self.p = p
        else:
            raise ValueError(f"p={p!r} is no probability: 0 <= p <= 1")

    def forward(self, x: Tensor) -> Tensor:
        """x: any shape, finite floats -> the same shape and dtype.

        In training every number has a draw of its own from generator(), at each call anew. In evaluation, or with
        p = 0, it returns x and draws nothing: looking at the validation loss must not change the training that follows.
        p = 1 gives zeros, which remember x like any result.    [1, 2, 3, 4] with p=0.5 -> [2, 0, 0, 8], say
        """
        if not (self.training and self.p > 0):
            return x
        mask = np.ones(x.shape, x.dtype)
        mask[generator().random(x.shape) < self.p] = 0
        return x * mask / (1 - self.p) if self.p != 1 else x * mask

    def extra_repr(self) -> str:
        return f"p={self.p}"


class Flatten(Module):
    """Makes one axis of the axes start_dim to end_dim, both included: pictures become rows of numbers."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, x: Tensor) -> Tensor:
        """(64, 8, 8) -> (64, 64)        (2, 3, 4, 5), start_dim=1, end_dim=2 -> (2, 12, 5)        (0, 8, 8) -> (0, 64)

        Raises IndexError for an axis that is not there, ValueError naming x's shape if start_dim comes after end_dim.
        """
        start, end = axes(self.start_dim, x.ndim)[0], axes(self.end_dim, x.ndim)[0]
        if end < start:
            raise ValueError(f"Flatten({self.start_dim}, {self.end_dim}): x of shape {x.shape} has the start after the end")
        shape: list[int] = []
        for axis, size in enumerate(x.shape):
            if start < axis <= end:
                shape[-1] *= size
            else:
                shape.append(size)
        return x.reshape(shape)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Sequential(Module):
    """Steps, one after the other: each gets what the one before gave.

    A step is a Module, an Activation, or any other function of one Tensor. Sequential(Linear(2, 3), ReLU(), Linear(3, 1)).
    As in PyTorch, the steps are attributes called "0", "1", ..., so that parameters are called "0.weight", "2.weight".
    """

    def __init__(self, *steps: Callable[[Any], Any]) -> None:
        """Keeps the steps, in their order, as the attributes "0", "1", "2", ...; none at all are fine, too."""
        vars(self).update((str(place), step) for place, step in enumerate(steps))

    def forward(self, x: Any) -> Any:
        """The last step of the ... of the first step of x; without steps x itself."""
        return functools.reduce(lambda value, step: step(value), self, x)

    def __len__(self) -> int:
        """How many steps it has."""
        return sum(name.isdecimal() for name in vars(self))

    def __getitem__(self, index: int | slice) -> Any:
        """Step `index`, from the end if negative; IndexError naming it if there is no such step.

        For a slice a new Sequential of the same steps: model[:-1] shares its parameters with model.
        """
        steps = list(self)
        if isinstance(index, slice):
            return Sequential(*steps[index])
        if not -len(steps) <= index < len(steps):
            raise IndexError(f"no step {index} in a Sequential of {len(steps)}")
        return steps[index]

    def __iter__(self) -> Iterator[Any]:
        """The steps in order."""
        for place in range(len(self)):
            yield vars(self)[str(place)]
