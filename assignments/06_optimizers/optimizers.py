"""Optimizers: from gradients to better weights, one small step after another.

Three ideas, one after the other:

    rule        a function on plain arrays that returns (new data, new state). It changes nothing itself
    Optimizer   holds the parameters, in groups with settings of their own, and what the rule wants to remember of each
    schedule    a formula for the learning rate at every step

The rules are PyTorch's, in its names and defaults. A parameter is a Tensor that you made yourself, not the result of an
op. `p.grad`, an array of p's shape, comes from whoever knows it: from you until the module autograd is written. An
optimizer touches p.data and p.grad only, and p.data is written in place: whoever shares the array sees the new numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .tensor import Tensor, run

Array = np.ndarray
State = dict[str, Any]
Group = dict[str, Any]
NUMBERS = (np.ndarray, np.floating)  # an array, or what NumPy makes of one of shape (): everything in a state but "step"

# Two landscapes to walk on, with their gradients by hand


def parabola(p: Array, curvature: Array | float) -> float:
    """½ Σ c·p²: a bowl, as narrow along each axis as its curvature c is large. Lowest at 0."""
    return float((curvature * p * p).sum() / 2)


def parabola_gradient(p: Array, curvature: Array | float) -> Array:
    """The gradient of `parabola`, of p's shape and dtype (curvature: of p's dtype as well, or Python's own number).

    [3, -1] with curvature [1, 10] -> [3, -10]
    """
    raise NotImplementedError("parabola_gradient: not written yet. For a hint: make hint FUNCTION=parabola_gradient")


def largest_lr(curvature: float) -> float:
    """The learning rate at which plain SGD on a parabola of this curvature (above 0) begins to run away.

    One step turns x into x - lr · c · x. Below this rate |x| shrinks with each step, above it grows.
    Along several axes the largest curvature decides.

        1 -> 2.0        10 -> 0.2
    """
    raise NotImplementedError("largest_lr: not written yet. For a hint: make hint FUNCTION=largest_lr")


def rosenbrock(p: Array) -> float:
    """(1 - x)² + 100 · (y - x²)² for p = [x, y]: a long bent valley, lowest, 0, at [1, 1]."""
    x, y = p.tolist()
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def rosenbrock_gradient(p: Array) -> Array:
    """The gradient of `rosenbrock` at p = [x, y]: [d/dx, d/dy], in p's dtype.

    [1, 1] -> [0, 0]        [-1, 1] -> [-4, 0]        [0.5, 1] -> [-151, 150]
    """
    raise NotImplementedError("rosenbrock_gradient: not written yet. For a hint: make hint FUNCTION=rosenbrock_gradient")


# Rules. data and grad: one shape, one dtype, which is that of the new data and of every array in the state. `state` is
# what the same rule returned for this parameter the last time, {} at first. A rule writes into none of the three, and
# nothing that it returns shares memory with grad: somebody may go on writing there. Where the shape is (), NumPy's
# arithmetic gives scalars instead of arrays, and they will do. (A backend's faster rule may write into data and state, and
# return these very objects. Not into grad, and not through reshape(-1): of a transposed array that is a copy.)


def sgd_update(
    data: Array,
    grad: Array,
    state: State,
    *,
    lr: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> tuple[Array, State]:
    """One step of SGD:  g = grad + weight_decay · data, then data - lr · g, unless there is momentum.

    With momentum the rule remembers b, as "momentum_buffer": the first time b = g, afterwards b = momentum · b +
    (1 - dampening) · g. The step is data - lr · b; with nesterov it is data - lr · (g + momentum · b).
    Without momentum the state comes back as it was.

        data 1, grad 2, lr=0.1 -> 0.8
        and with momentum=0.9, twice: 1 -> 0.8 -> 0.42, "momentum_buffer" 2 -> 3.8
    """
    raise NotImplementedError("sgd_update: not written yet. For a hint: make hint FUNCTION=sgd_update")


def adam_update(
    data: Array,
    grad: Array,
    state: State,
    *,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[Array, State]:
    """One step of Adam:  g = grad + weight_decay · data, then data - lr · m̂ / (√v̂ + eps).

    Remembered, all 0 before the first step: "step", an int, how many steps there were, this one included;
    "exp_avg", m = β₁ m + (1 - β₁) g, which way; "exp_avg_sq", v = β₂ v + (1 - β₂) g², how large.
    Averages that begin at 0 are too small at first, so m̂ = m / (1 - β₁^step) and v̂ = v / (1 - β₂^step).
    With eps = 0, a number whose gradients were all 0 becomes 0 / 0.

        data 1, grad 2, lr=0.1 -> 0.9, and so it is for grad 0.002: the first step is lr long, whatever the scale
    """
    raise NotImplementedError("adam_update: not written yet. For a hint: make hint FUNCTION=adam_update")


def adamw_update(
    data: Array,
    grad: Array,
    state: State,
    *,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> tuple[Array, State]:
    """One step of AdamW: first data · (1 - lr · weight_decay), then Adam's step without weight decay.

    The decay is decoupled: it does not go through the averages, so a weight with large gradients shrinks as fast as any.

        data 1, grad 2, lr=0.1, weight_decay=0.5 -> 0.95 - 0.1 = 0.85
    """
    raise NotImplementedError("adamw_update: not written yet. For a hint: make hint FUNCTION=adamw_update")


def predict_state(name: str, numbers: int, momentum: float = 0.0, itemsize: int = 4) -> int:
    """The bytes of the arrays that an optimizer remembers for parameters of `numbers` numbers in all.

    name: "SGD", "Adam" or "AdamW"; else ValueError quoting it. momentum matters for SGD only. The step counter is not
    counted. Compare: the parameters themselves and their gradients are itemsize · numbers each.

        ("SGD", 1000) -> 0        ("SGD", 1000, momentum=0.9) -> 4000        ("Adam", 1000) -> 8000
    """
    raise NotImplementedError("predict_state: not written yet. For a hint: make hint FUNCTION=predict_state")


# Optimizers


def as_groups(params: Any) -> list[Group]:
    """What an optimizer is given, as a list of groups: new dicts with the key "params" and perhaps settings.

    params: Tensors in a list or any other iterable, which make one group; or dicts, which are the groups. Not both.
    Raises TypeError that names its type for a single Tensor (one can iterate over it, and its rows are no parameters) and
    for what has no elements, such as a layer. Raises ValueError if it is empty, as a generator is that was used up.

        [w, b] -> [{"params": [w, b]}]        [{"params": [w], "lr": 0.1}, {"params": [b]}] -> the same two
    """
    raise NotImplementedError("as_groups: not written yet. For a hint: make hint FUNCTION=as_groups")


def check_gradient(number: int, p: Tensor) -> None:
    """Refuse a gradient that would spoil parameter `number`; both messages name the number and p's shape.

    ValueError           p.grad has another shape (named as well): in-place subtraction might stretch it silently
    FloatingPointError   p.grad holds nan or an infinity: the loss is nan, or training has run away

    It looks at p.grad as it is: a float64 gradient of 1e39 passes, and is infinite for a float32 parameter.
    """
    raise NotImplementedError("check_gradient: not written yet. For a hint: make hint FUNCTION=check_gradient")


class Optimizer:
    """What all optimizers share. A subclass names its rule, its settings with their defaults, and what they may be.

    param_groups   list of dicts: "params", a list of Tensors, and every setting, such as "lr"
    state          dict: parameter -> what the rule returned for it last. A parameter that was never stepped has no entry
    """

    rule: Callable[..., tuple[Array, State]]

    def __init__(self, params: Iterable[Tensor] | Iterable[Group], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: dict[Tensor, State] = {}
        for group in as_groups(params):
            self.add_param_group(group)

    def check_settings(self, settings: dict[str, Any]) -> None:
        """Raise ValueError for a setting that makes no sense, quoting it."""
        for name in ("lr", "weight_decay", "eps"):
            if not settings.get(name, 0.0) >= 0:
                raise ValueError(f"{type(self).__name__}: {name} is 0 or more, got {settings[name]}")

    def add_param_group(self, group: Group) -> None:
        """Append a group: its parameters as a list, its own settings, and the defaults for the others. A new dict: the one
        that was given stays as it was.

        group["params"]: an iterable of Tensors, or one Tensor; KeyError without it.  Raises, and then nothing is added:
        TypeError    something in it is no Tensor: names its type
        ValueError   it is empty; a parameter comes twice, here or in an earlier group (it would be stepped twice); a
                     parameter is no leaf; a setting is not known (names it and those there are); check_settings refuses

            {"params": [w], "lr": 0.5} to SGD(..., lr=0.1) -> {"params": [w], "lr": 0.5, "momentum": 0.0, ...}
        """
        raise NotImplementedError("Optimizer.add_param_group: not written yet. For a hint: make hint FUNCTION=Optimizer.add_param_group")

    def zero_grad(self) -> None:
        """Forget the gradients: p.grad becomes None everywhere, so that the next ones are not added to these."""
        raise NotImplementedError("Optimizer.zero_grad: not written yet. For a hint: make hint FUNCTION=Optimizer.zero_grad")

    def step(self) -> None:
        """Move every parameter that has a gradient one step downhill, with the settings of its group.

        A parameter whose grad is None stays, and so does what is remembered of it. Gradients are looked at first, all
        of them, with check_gradient (parameters are numbered from 0 through all groups): if one is refused, nothing
        has changed. They are taken into the parameter's dtype, then run(rule, data, grad, state, **settings) does the
        arithmetic, and the result is written into the array p.data, which stays the same array. A rule that returns this
        very array has written there itself.
        """
        raise NotImplementedError("Optimizer.step: not written yet. For a hint: make hint FUNCTION=Optimizer.step")

    def state_dict(self) -> dict[str, Any]:
        """Everything one needs to go on later, as plain data: a copy, which later steps leave alone (PyTorch's is not).

        {"state": {number: {...}}, "param_groups": [{"params": [numbers], "lr": ..., ...}]}; parameters are numbered from
        0 through all groups. Only parameters that have been stepped are in "state".
        """
        raise NotImplementedError("Optimizer.state_dict: not written yet. For a hint: make hint FUNCTION=Optimizer.state_dict")

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where `state_dict` was taken, with copies of its arrays, in the dtype of the parameters. Keeps its own params.

        A parameter that has no entry in its "state" has none afterwards.
        Raises ValueError, and then nothing has changed, if it does not fit: other groups (says how many parameters each
        group has, there and here, such as [2, 1] and [3]), settings that are not this optimizer's (names one at least),
        or an array that has not the shape of its parameter (names the parameter's number and both shapes).
        Nothing else is looked at: numbers, settings and keys are such as state_dict gives them.
        """
        raise NotImplementedError("Optimizer.load_state_dict: not written yet. For a hint: make hint FUNCTION=Optimizer.load_state_dict")

    def _params(self) -> Iterable[Tensor]:
        """All parameters, group after group."""
        return (p for group in self.param_groups for p in group["params"])


def _copied(kept: State, dtype: Any = None) -> State:
    """The same names and values, arrays as new arrays, of `dtype` if it is given."""
    return {name: value.astype(dtype or value.dtype) if isinstance(value, NUMBERS) else value for name, value in kept.items()}


class SGD(Optimizer):
    """Stochastic gradient descent: sgd_update with these settings.    SGD([w, b], lr=0.1, momentum=0.9)"""

    rule = staticmethod(sgd_update)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        settings = {"momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov}
        super().__init__(params, {"lr": lr, **settings})

    def check_settings(self, settings: dict[str, Any]) -> None:
        """Besides: momentum is 0 or more, and nesterov makes sense with momentum and without dampening only."""
        super().check_settings(settings)
        if not settings["momentum"] >= 0:
            raise ValueError(f"SGD: momentum is 0 or more, got {settings['momentum']}")
        if settings["nesterov"] and (settings["momentum"] == 0 or settings["dampening"] != 0):
            raise ValueError("SGD: nesterov needs a momentum above 0 and a dampening of 0")


class Adam(Optimizer):
    """adam_update with these settings.    Adam(model.parameters(), lr=1e-3)"""

    rule = staticmethod(adam_update)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    def check_settings(self, settings: dict[str, Any]) -> None:
        """Besides: both betas are from 0 to below 1."""
        super().check_settings(settings)
        if not all(0 <= beta < 1 for beta in settings["betas"]):
            raise ValueError(f"{type(self).__name__}: betas are from 0 to below 1, got {settings['betas']}")


class AdamW(Adam):
    """adamw_update with these settings: Adam, but with weight decay that does not go through its averages."""

    rule = staticmethod(adamw_update)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)


def descend(optimizer: Optimizer, p: Tensor, gradient: Callable[[Array], Array], steps: int) -> Array:
    """Walk downhill, and return the way: all training loops of this course are this one with more around it.

    In each step: forget the old gradient, ask `gradient` for the one at p.data, and let the optimizer move p.
    Returns (steps + 1, *p.shape) in p's dtype: where p was at first, and after each step.
    """
    raise NotImplementedError("descend: not written yet. For a hint: make hint FUNCTION=descend")


# Schedules: the learning rate, step by step. epoch counts calls of step(), from 0; what an epoch is, is up to the caller


def step_lr(base_lr: float, epoch: int, step_size: int, gamma: float) -> float:
    """base_lr, multiplied by gamma after every step_size epochs.

    0.1, step_size 3, gamma 0.5:  0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, ...
    """
    raise NotImplementedError("step_lr: not written yet. For a hint: make hint FUNCTION=step_lr")


def cosine_lr(base_lr: float, epoch: int, T_max: int, eta_min: float = 0.0, warmup: int = 0) -> float:
    """Up along a line for `warmup` epochs, then down along half a cosine, from base_lr to eta_min at T_max.

    While epoch < warmup:  base_lr · (epoch + 1) / (warmup + 1), so that it is never 0 and arrives at epoch = warmup.
    From there:  eta_min + (base_lr - eta_min) · (1 + cos(π · (epoch - warmup) / (T_max - warmup))) / 2.
    With warmup 0 this is PyTorch's. Beyond T_max it rises again, there as here: stop in time.

        1.0, T_max 4:  1, 0.8536, 0.5, 0.1464, 0            1.0, T_max 5, warmup 1:  0.5, 1, 0.8536, 0.5, 0.1464, 0
    """
    raise NotImplementedError("cosine_lr: not written yet. For a hint: make hint FUNCTION=cosine_lr")


class LRScheduler:
    """Sets the lr of every group of an optimizer: at once for epoch 0, then with each call of step().

    Make it when the optimizer has all its groups.

    base_lrs     the groups' own rates, as they were when the schedule was made
    last_epoch   how often step() was called
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.base_lrs = [group["lr"] for group in optimizer.param_groups]
        self.last_epoch = 0
        self._set()

    def lr_at(self, base_lr: float, epoch: int) -> float:
        raise NotImplementedError(f"{type(self).__name__} has no lr_at")

    def step(self) -> None:
        """One epoch on: count it, and give every group its rate. Called after optimizer.step()."""
        raise NotImplementedError("LRScheduler.step: not written yet. For a hint: make hint FUNCTION=LRScheduler.step")

    def get_last_lr(self) -> list[float]:
        """The rates as they are now, group by group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule is: "last_epoch" and "base_lrs"."""
        return {"last_epoch": self.last_epoch, "base_lrs": list(self.base_lrs)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where `state_dict` was taken, and set the rates of that epoch."""
        self.last_epoch, self.base_lrs = state_dict["last_epoch"], list(state_dict["base_lrs"])
        self._set()

    def _set(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.base_lrs):
            raise ValueError(
                f"this {type(self).__name__} is for {len(self.base_lrs)} groups of parameters, and the optimizer has "
                f"{len(groups)}: make a new schedule after add_param_group"
            )
        for group, base_lr in zip(groups, self.base_lrs, strict=True):
            group["lr"] = self.lr_at(base_lr, self.last_epoch)


class StepLR(LRScheduler):
    """step_lr for every group.    StepLR(optimizer, step_size=30)"""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        if step_size < 1:
            raise ValueError(f"StepLR: step_size is 1 or more, got {step_size}")
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def lr_at(self, base_lr: float, epoch: int) -> float:
        return step_lr(base_lr, epoch, self.step_size, self.gamma)


class CosineAnnealingLR(LRScheduler):
    """cosine_lr for every group.    CosineAnnealingLR(optimizer, T_max=1000, warmup=50)"""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, warmup: int = 0) -> None:
        if not 0 <= warmup < T_max:
            raise ValueError(f"CosineAnnealingLR: 0 <= warmup < T_max, got warmup {warmup} and T_max {T_max}")
        self.T_max, self.eta_min, self.warmup = T_max, eta_min, warmup
        super().__init__(optimizer)

    def lr_at(self, base_lr: float, epoch: int) -> float:
        return cosine_lr(base_lr, epoch, self.T_max, self.eta_min, self.warmup)
