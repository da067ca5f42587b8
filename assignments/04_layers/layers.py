"""Layers: functions that own the numbers they learn.

A Module is a function with state. What it owns are plain attributes, and what an attribute is says what happens to it:

    Parameter               a Tensor that training changes: a weight, a bias
    any other Tensor        a buffer: belongs to the state, but is not trained (a running mean)
    Module                  a submodule, with parameters and buffers of its own
    list, tuple, dict       as far as they hold any of these, to any depth; keys of dicts are strings without dots
    anything else           a setting. Activations are such, and only repr shows them
    what you call _name     the module's own business: an attribute that is not looked at, whatever it holds

Nothing is registered: each question looks at the attributes as they are now, so that a submodule may be replaced at any
time, and a subclass need not call super().__init__(). A name says the way: "encoder.0.weight" is the weight of item 0 of
encoder. A module must not hold itself.

Forwards use Tensors and their operators alone, so that results remember how they were made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import numpy as np

from .activations import Activation
from .setup import generator
from .tensor import Tensor, add_up, apply, as_array, matmul, run

Array = np.ndarray


class Parameter(Tensor):
    """A Tensor that training changes.  Parameter([[1, 2]]) is float32 and requires a gradient."""

    def __init__(self, data: Any, requires_grad: bool = True, dtype: Any = np.float32) -> None:
        super().__init__(data, requires_grad, dtype)


def members(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """(name, object) for every Tensor, Module and Activation that `value`, which is called `name`, is or holds.

    One of the three is itself the only one, under its own name. Items of a list or tuple are called by their place,
    those of a dict by their key, after a dot; they may be lists and dicts again. Anything else holds nothing. In order.

        members(w, "weight") -> ("weight", w)            members([a, 3, [b]], "blocks") -> ("blocks.0", a), ("blocks.2.0", b)
        members(3, "size") -> nothing                    members({"q": a, "k": b}, "head") -> ("head.q", a), ("head.k", b)
    """
    raise NotImplementedError("members: not written yet. For a hint: make hint FUNCTION=members")


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
        if not observers:
            return self.forward(*inputs, **options)
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

        Each before those inside it, and these before the next one beside it. One that is reached in several ways comes
        once, under the first of its names.
        For Sequential(Sequential(Linear(2, 2)), Linear(2, 1)):   "", "0", "0.0", "1"
        """
        raise NotImplementedError("Module.named_modules: not written yet. For a hint: make hint FUNCTION=Module.named_modules")

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """(full name, Tensor) for every parameter and buffer: its own, then those of each submodule in turn.

        A Tensor that has several names comes under each of them, and one in a module that has several as well.
        For Sequential(Linear(2, 2), ReLU(), Linear(2, 1)):   "0.weight", "0.bias", "2.weight", "2.bias"
        """
        raise NotImplementedError("Module.named_tensors: not written yet. For a hint: make hint FUNCTION=Module.named_tensors")

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """(full name, parameter) in the order of named_tensors. One that has several names is one parameter: it comes
        once, under the first of them, so that an optimizer takes one step with it and not two.
        """
        raise NotImplementedError("Module.named_parameters: not written yet. For a hint: make hint FUNCTION=Module.named_parameters")

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
        raise NotImplementedError("Module.train: not written yet. For a hint: make hint FUNCTION=Module.train")

    def eval(self) -> Module:
        """train(False): from now on, calls are not part of training."""
        return self.train(False)

    # State in and out

    def state_dict(self) -> dict[str, Array]:
        """{full name: array} of every parameter and buffer: copies, so that training on does not change them."""
        raise NotImplementedError("Module.state_dict: not written yet. For a hint: make hint FUNCTION=Module.state_dict")

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the numbers from `state`, which is what state_dict of such a model gives: {full name: array}.

        Each Tensor stays the same object, with its dtype; it gets a copy (in a new array or in the one it has, as you like),
        so that changing `state` later changes nothing.
        Raises ValueError if names are missing in `state`, if it has names that the model has not (a typing error, or
        another model), or if shapes differ: one error that lists every such name, with both shapes where they differ.
        If something under a name that the model has is no array of numbers, it raises what as_array raises, before or
        instead of that list. If it raises, no number has changed.
        """
        raise NotImplementedError("Module.load_state_dict: not written yet. For a hint: make hint FUNCTION=Module.load_state_dict")

    # How it looks

    def extra_repr(self) -> str:
        """The settings that repr shows, in one line, such as "in_features=2, out_features=3, bias=True"."""
        return ""

    def __repr__(self) -> str:
        """The class with its settings in parentheses. Modules and Activations inside have a line each, with their name
        in parentheses, indented by two spaces; a line of settings, if there are any, comes before them.

            Sequential(
              (0): Linear(in_features=2, out_features=3, bias=True)
              (1): ReLU()
            )
        """
        raise NotImplementedError("Module.__repr__: not written yet. For a hint: make hint FUNCTION=Module.__repr__")


def _inside(place: Any) -> dict[str, Any]:
    """What `place` holds by name: the attributes of a module, or a dict itself."""
    return vars(place) if isinstance(place, Module) else place


def count_parameters(module: Module) -> int:
    """How many numbers all parameters have; what is shared counts once, and requires_grad is not asked."""
    return sum(parameter.numel() for parameter in module.parameters())


# Layers


def linear_parameters(in_features: int, out_features: int, bias: bool = True) -> int:
    """How many numbers a Linear of these sizes learns. Predict first, then count.    (784, 10) -> 7850"""
    raise NotImplementedError("linear_parameters: not written yet. For a hint: make hint FUNCTION=linear_parameters")


def linear_multiply_adds(shape: tuple[int, ...], out_features: int) -> int:
    """Multiply-adds of a Linear for an x of this shape, the bias not counted.    (64, 784), 10 -> 501760"""
    raise NotImplementedError("linear_multiply_adds: not written yet. For a hint: make hint FUNCTION=linear_multiply_adds")


def linear(x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, Any]:
    """x @ weightᵀ + bias, for every vector along the last axis of x.  Saves (x, weight, whether there is a bias).

    x: (..., in)  weight: (out, in)  bias: (out,) or None  ->  (..., out).  One op and not two, so that a backend can replace
    it whole. The product is run(matmul, ...)[0], so that a faster matmul serves here as well.

        x [1, 2], weight [[0.5, 1], [-1, 2], [0, 3]], bias [0.5, -1, 0] -> [3, 2, 6]
    """
    raise NotImplementedError("linear: not written yet. For a hint: make hint FUNCTION=linear")


def linear_backward(grad: Array, saved: Any) -> tuple[Array, ...]:
    """The gradients of x, weight and, if there was one, bias: a tuple of three or two, each of the shape of its input.

    grad: (..., out), of the result's shape. However many axes stand in front, every vector along the last one is a sample: all
    of them used the same weight and bias. Multiply with run(matmul, ...)[0], add up with add_up.

        grad [1, 0, -1] after the example of linear -> [0.5, -2], [[1, 2], [0, 0], [-1, -2]], [1, 0, -1]
    """
    raise NotImplementedError("linear_backward: not written yet. For a hint: make hint FUNCTION=linear_backward")


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

        Any way to draw them will do, but in this order: with bias=False the weights are the same as with a bias.
        Raises ValueError if a size is less than 1, naming both.    in_features=4 -> numbers between -0.5 and 0.5
        """
        raise NotImplementedError("Linear.__init__: not written yet. For a hint: make hint FUNCTION=Linear.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x: (..., in_features) -> (..., out_features).

        Raises ValueError if x has no axis or its last one has another size. The message names Linear, x's shape and
        weight's shape: matmul alone would name the shape of a transposed weight, which nobody has seen.
        """
        raise NotImplementedError("Linear.forward: not written yet. For a hint: make hint FUNCTION=Linear.forward")

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Dropout(Module):
    """While training, sets each number to 0 with probability p, and divides the others by 1 - p.

    So the expected value of every number stays what it was, and in evaluation nothing is left to do: x comes out as it is.
    """

    def __init__(self, p: float = 0.5) -> None:
        """p: the probability of being dropped, 0 to 1 inclusive; else ValueError that quotes it."""
        raise NotImplementedError("Dropout.__init__: not written yet. For a hint: make hint FUNCTION=Dropout.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x: any shape, finite floats -> the same shape and dtype.

        In training every number has a draw of its own from generator(), at each call anew. In evaluation, or with
        p = 0, it returns x and draws nothing: looking at the validation loss must not change the training that follows.
        p = 1 gives zeros, which remember x like any result.    [1, 2, 3, 4] with p=0.5 -> [2, 0, 0, 8], say
        How the draws are made, and whether p = 1 makes any, is up to you.
        """
        raise NotImplementedError("Dropout.forward: not written yet. For a hint: make hint FUNCTION=Dropout.forward")

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
        raise NotImplementedError("Flatten.forward: not written yet. For a hint: make hint FUNCTION=Flatten.forward")

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Sequential(Module):
    """Steps, one after the other: each gets what the one before gave.

    A step is a Module, an Activation, or any other function of one Tensor. Sequential(Linear(2, 3), ReLU(), Linear(3, 1)).
    As in PyTorch, the steps are attributes called "0", "1", ..., so that parameters are called "0.weight", "2.weight".
    """

    def __init__(self, *steps: Callable[[Any], Any]) -> None:
        """Keeps the steps, in their order, as the attributes "0", "1", "2", ...; none at all are fine, too."""
        raise NotImplementedError("Sequential.__init__: not written yet. For a hint: make hint FUNCTION=Sequential.__init__")

    def forward(self, x: Any) -> Any:
        """The last step of the ... of the first step of x; without steps x itself."""
        raise NotImplementedError("Sequential.forward: not written yet. For a hint: make hint FUNCTION=Sequential.forward")

    def __len__(self) -> int:
        """How many steps it has."""
        raise NotImplementedError("Sequential.__len__: not written yet. For a hint: make hint FUNCTION=Sequential.__len__")

    def __getitem__(self, index: int | slice) -> Any:
        """Step `index`, from the end if negative; IndexError naming it if there is no such step.

        For a slice a new Sequential of the same steps: model[:-1] shares its parameters with model. The steps stay in
        training or evaluation as they are; the new Sequential itself is in training, like every new module.
        """
        raise NotImplementedError("Sequential.__getitem__: not written yet. For a hint: make hint FUNCTION=Sequential.__getitem__")

    def __iter__(self) -> Iterator[Any]:
        """The steps in order."""
        raise NotImplementedError("Sequential.__iter__: not written yet. For a hint: make hint FUNCTION=Sequential.__iter__")
