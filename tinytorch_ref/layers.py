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
    #% solution "a generator that calls itself: `yield from members(item, ...)` for what is inside"
    if isinstance(value, (Tensor, Module, Activation)):
        yield name, value
    elif isinstance(value, (list, tuple, dict)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from members(item, f"{name}.{key}")
    #% endsolution


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
        #% solution "yourself first, then what each submodule finds, with its name in front; a dict by id keeps each once"
        found: dict[int, tuple[str, Module]] = {id(self): ("", self)}
        for name, member in self.named_members():
            if isinstance(member, Module):
                for inner, module in member.named_modules():
                    found.setdefault(id(module), (f"{name}.{inner}" if inner else name, module))
        yield from found.values()
        #% endsolution

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """(full name, Tensor) for every parameter and buffer: its own, then those of each submodule in turn.

        A Tensor that has several names comes under each of them, and one in a module that has several as well.
        For Sequential(Linear(2, 2), ReLU(), Linear(2, 1)):   "0.weight", "0.bias", "2.weight", "2.bias"
        """
        #% solution "two walks over named_members: the Tensors first, then the Modules, which know their own"
        for name, member in self.named_members():
            if isinstance(member, Tensor):
                yield name, member
        for name, member in self.named_members():
            if isinstance(member, Module):
                for inner, tensor in member.named_tensors():
                    yield f"{name}.{inner}", tensor
        #% endsolution

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """(full name, parameter) in the order of named_tensors. One that has several names is one parameter: it comes
        once, under the first of them, so that an optimizer takes one step with it and not two.
        """
        #% solution "named_tensors has them all; `tensor in a_list` would compare numbers, so remember id(tensor)"
        found: dict[int, Any] = {}
        for name, tensor in self.named_tensors():
            if isinstance(tensor, Parameter):
                found.setdefault(id(tensor), (name, tensor))
        yield from found.values()
        #% endsolution

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
        #% solution "named_modules reaches them all"
        for _, module in self.named_modules():
            module.training = mode
        return self
        #% endsolution

    def eval(self) -> Module:
        """train(False): from now on, calls are not part of training."""
        return self.train(False)

    # State in and out

    def state_dict(self) -> dict[str, Array]:
        """{full name: array} of every parameter and buffer: copies, so that training on does not change them."""
        #% solution "named_tensors, and a copy of each .data"
        return {name: tensor.data.copy() for name, tensor in self.named_tensors()}
        #% endsolution

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the numbers from `state`, which is what state_dict of such a model gives: {full name: array}.

        Each Tensor stays the same object, with its dtype; it gets a copy (in a new array or in the one it has, as you like),
        so that changing `state` later changes nothing.
        Raises ValueError if names are missing in `state`, if it has names that the model has not (a typing error, or
        another model), or if shapes differ: one error that lists every such name, with both shapes where they differ.
        If something under a name that the model has is no array of numbers, it raises what as_array raises, before or
        instead of that list. If it raises, no number has changed.
        """
        #% solution "as_array(value, dtype) makes the copies; collect all that is wrong, raise, and only then write"
        own = dict(self.named_tensors())
        new = {name: as_array(state[name], tensor.dtype) for name, tensor in own.items() if name in state}
        wrong = [f"missing: {name}, {tensor.shape}" for name, tensor in own.items() if name not in state]
        wrong += [f"unexpected: {name}" for name in state if name not in own]
        wrong += [
            f"misshapen: {name} is {array.shape} in the state and {own[name].shape} in the model"
            for name, array in new.items()
            if array.shape != own[name].shape
        ]
        if wrong:
            raise ValueError("\n  ".join([f"the state does not fit this {type(self).__name__}:", *wrong]))
        for name, array in new.items():
            own[name].data = array
        #% endsolution

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
        #% solution "named_members without the Tensors; a submodule's own repr may have several lines: indent them all"
        settings = self.extra_repr()
        inside = [f"({name}): {member!r}" for name, member in self.named_members() if not isinstance(member, Tensor)]
        if not inside:
            return f"{type(self).__name__}({settings})"
        lines = "\n".join([settings, *inside] if settings else inside).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {lines}\n)"
        #% endsolution


def _inside(place: Any) -> dict[str, Any]:
    """What `place` holds by name: the attributes of a module, or a dict itself."""
    return vars(place) if isinstance(place, Module) else place


def count_parameters(module: Module) -> int:
    """How many numbers all parameters have; what is shared counts once, and requires_grad is not asked."""
    return sum(parameter.numel() for parameter in module.parameters())


# Layers


def linear_parameters(in_features: int, out_features: int, bias: bool = True) -> int:
    """How many numbers a Linear of these sizes learns. Predict first, then count.    (784, 10) -> 7850"""
    #% solution "one weight for each pair of an input and an output, one bias for each output"
    return out_features * (in_features + bias)
    #% endsolution


def linear_multiply_adds(shape: tuple[int, ...], out_features: int) -> int:
    """Multiply-adds of a Linear for an x of this shape, the bias not counted.    (64, 784), 10 -> 501760"""
    #% solution "how many numbers has the result, and how many products go into one?"
    return math.prod(shape) * out_features
    #% endsolution


def linear(x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, Any]:
    """x @ weightᵀ + bias, for every vector along the last axis of x.  Saves (x, weight, whether there is a bias).

    x: (..., in)  weight: (out, in)  bias: (out,) or None  ->  (..., out).  One op and not two, so that a backend can replace
    it whole. The product is run(matmul, ...)[0], so that a faster matmul serves here as well.

        x [1, 2], weight [[0.5, 1], [-1, 2], [0, 3]], bias [0.5, -1, 0] -> [3, 2, 6]
    """
    #% solution "weight is (out, in): which of its axes meets the last axis of x?"
    out, _ = run(matmul, x, weight.T)
    return (out if bias is None else out + bias), (x, weight, bias is not None)
    #% endsolution


def linear_backward(grad: Array, saved: Any) -> tuple[Array, ...]:
    """The gradients of x, weight and, if there was one, bias: a tuple of three or two, each of the shape of its input.

    grad: (..., out), of the result's shape. However many axes stand in front, every vector along the last one is a sample: all
    of them used the same weight and bias. Multiply with run(matmul, ...)[0], add up with add_up.

        grad [1, 0, -1] after the example of linear -> [0.5, -2], [[1, 2], [0, 0], [-1, -2]], [1, 0, -1]
    """
    #% solution "make grad and x matrices with a row for each sample; every product then fits in one way only"
    x, weight, has_bias = saved
    rows = grad.reshape(-1, weight.shape[0])  # (samples, out)
    dx, _ = run(matmul, rows, weight)  # (samples, out) @ (out, in)
    dw, _ = run(matmul, rows.T, x.reshape(-1, weight.shape[1]))  # (out, samples) @ (samples, in)
    return (dx.reshape(x.shape), dw, add_up(rows, (0,))) if has_bias else (dx.reshape(x.shape), dw)
    #% endsolution


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
        #% solution "generator().uniform(low, high, shape); both have the same bound"
        if in_features < 1 or out_features < 1:
            raise ValueError(f"Linear needs sizes of 1 or more, got in_features={in_features}, out_features={out_features}")
        self.in_features = in_features
        self.out_features = out_features
        bound = 1 / math.sqrt(in_features)
        self.weight = Parameter(generator().uniform(-bound, bound, (out_features, in_features)))
        self.bias = Parameter(generator().uniform(-bound, bound, out_features)) if bias else None
        #% endsolution

    def forward(self, x: Tensor) -> Tensor:
        """x: (..., in_features) -> (..., out_features).

        Raises ValueError if x has no axis or its last one has another size. The message names Linear, x's shape and
        weight's shape: matmul alone would name the shape of a transposed weight, which nobody has seen.
        """
        #% solution "check x.shape, then apply the op to Tensors; without a bias it has two inputs"
        if x.shape[-1:] != (self.in_features,):
            raise ValueError(
                f"Linear({self.in_features}, {self.out_features}): x of shape {x.shape} does not fit weight of shape "
                f"{self.weight.shape}: the last axis of x must be {self.in_features}"
            )
        return apply(linear, x, self.weight) if self.bias is None else apply(linear, x, self.weight, self.bias)
        #% endsolution

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Dropout(Module):
    """While training, sets each number to 0 with probability p, and divides the others by 1 - p.

    So the expected value of every number stays what it was, and in evaluation nothing is left to do: x comes out as it is.
    """

    def __init__(self, p: float = 0.5) -> None:
        """p: the probability of being dropped, 0 to 1 inclusive; else ValueError that quotes it."""
        #% solution "nan is outside, too: 0 <= p <= 1 is False for it"
        if not 0 <= p <= 1:
            raise ValueError(f"the probability to drop must lie between 0 and 1, got {p}")
        self.p = p
        #% endsolution

    def forward(self, x: Tensor) -> Tensor:
        """x: any shape, finite floats -> the same shape and dtype.

        In training every number has a draw of its own from generator(), at each call anew. In evaluation, or with
        p = 0, it returns x and draws nothing: looking at the validation loss must not change the training that follows.
        p = 1 gives zeros, which remember x like any result.    [1, 2, 3, 4] with p=0.5 -> [2, 0, 0, 8], say
        How the draws are made, and whether p = 1 makes any, is up to you.
        """
        #% solution "a Tensor times an array of 0 and 1/(1-p) is a Tensor that remembers; mind p = 1"
        if not self.training or self.p == 0:
            return x
        kept = generator().random(x.shape) >= self.p
        return x * (kept / (1 - self.p) if self.p < 1 else kept)
        #% endsolution

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
        #% solution "a Tensor knows how"
        return x.flatten(self.start_dim, self.end_dim)
        #% endsolution

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Sequential(Module):
    """Steps, one after the other: each gets what the one before gave.

    A step is a Module, an Activation, or any other function of one Tensor. Sequential(Linear(2, 3), ReLU(), Linear(3, 1)).
    As in PyTorch, the steps are attributes called "0", "1", ..., so that parameters are called "0.weight", "2.weight".
    """

    def __init__(self, *steps: Callable[[Any], Any]) -> None:
        """Keeps the steps, in their order, as the attributes "0", "1", "2", ...; none at all are fine, too."""
        #% solution "setattr(self, name, step) with names that are no identifiers works; so does getattr"
        for place, step in enumerate(steps):
            setattr(self, str(place), step)
        self._length = len(steps)
        #% endsolution

    def forward(self, x: Any) -> Any:
        """The last step of the ... of the first step of x; without steps x itself."""
        #% solution "a loop over yourself"
        for step in self:
            x = step(x)
        return x
        #% endsolution

    def __len__(self) -> int:
        """How many steps it has."""
        #% solution "what __init__ has noted"
        return self._length
        #% endsolution

    def __getitem__(self, index: int | slice) -> Any:
        """Step `index`, from the end if negative; IndexError naming it if there is no such step.

        For a slice a new Sequential of the same steps: model[:-1] shares its parameters with model. The steps stay in
        training or evaluation as they are; the new Sequential itself is in training, like every new module.
        """
        #% solution "range(len(self))[index] does the arithmetic for both kinds of index"
        if isinstance(index, slice):
            return Sequential(*list(self)[index])
        if not -len(self) <= index < len(self):
            raise IndexError(f"step {index} of a Sequential of {len(self)} steps")
        return getattr(self, str(index % len(self)))
        #% endsolution

    def __iter__(self) -> Iterator[Any]:
        """The steps in order."""
        #% solution "one getattr a step"
        return (getattr(self, str(place)) for place in range(len(self)))
        #% endsolution
