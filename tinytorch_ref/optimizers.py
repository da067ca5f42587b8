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
    #% solution "the derivative of c·x²/2"
    return curvature * p
    #% endsolution


def largest_lr(curvature: float) -> float:
    """The learning rate at which plain SGD on a parabola of this curvature (above 0) begins to run away.

    One step turns x into x - lr · c · x. Below this rate |x| shrinks with each step, above it grows.
    Along several axes the largest curvature decides.

        1 -> 2.0        10 -> 0.2
    """
    #% solution "what is x multiplied by in each step, and when is that as far from 0 as -1?"
    return 2 / curvature
    #% endsolution


def rosenbrock(p: Array) -> float:
    """(1 - x)² + 100 · (y - x²)² for p = [x, y]: a long bent valley, lowest, 0, at [1, 1]."""
    x, y = p.tolist()
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def rosenbrock_gradient(p: Array) -> Array:
    """The gradient of `rosenbrock` at p = [x, y]: [d/dx, d/dy], in p's dtype.

    [1, 1] -> [0, 0]        [-1, 1] -> [-4, 0]        [0.5, 1] -> [-151, 150]
    """
    #% solution "x is in both terms; the chain rule, then np.array of the two numbers"
    x, y = p  # two numbers of p's dtype: .tolist() would make Python floats of them, and float64 of the result
    return np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])
    #% endsolution


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
    #% solution "the first b is a copy of g, and dampening has no part in it"
    if weight_decay:
        grad = grad + weight_decay * data
    if momentum == 0:
        return data - lr * grad, dict(state)
    buffer = grad.copy()  # subtle: grad itself may be overwritten by the next backward
    if "momentum_buffer" in state:
        buffer = momentum * state["momentum_buffer"] + (1 - dampening) * grad
    step = grad + momentum * buffer if nesterov else buffer
    return data - lr * step, {"momentum_buffer": buffer}
    #% endsolution


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
    #% solution "np.zeros_like for the first time; count the step before you use it"
    if weight_decay:
        grad = grad + weight_decay * data
    beta1, beta2 = betas
    step = state.get("step", 0) + 1
    mean = beta1 * state.get("exp_avg", np.zeros_like(data)) + (1 - beta1) * grad
    square = beta2 * state.get("exp_avg_sq", np.zeros_like(data)) + (1 - beta2) * grad * grad
    way = mean / (1 - beta1**step)
    size = np.sqrt(square / (1 - beta2**step)) + eps
    return data - lr * way / size, {"step": step, "exp_avg": mean, "exp_avg_sq": square}
    #% endsolution


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
    #% solution "one call of adam_update"
    return adam_update((1 - lr * weight_decay) * data, grad, state, lr=lr, betas=betas, eps=eps)
    #% endsolution


def predict_state(name: str, numbers: int, momentum: float = 0.0, itemsize: int = 4) -> int:
    """The bytes of the arrays that an optimizer remembers for parameters of `numbers` numbers in all.

    name: "SGD", "Adam" or "AdamW"; else ValueError quoting it. momentum matters for SGD only. The step counter is not
    counted. Compare: the parameters themselves and their gradients are itemsize · numbers each.

        ("SGD", 1000) -> 0        ("SGD", 1000, momentum=0.9) -> 4000        ("Adam", 1000) -> 8000
    """
    #% solution "how many arrays of the parameter's size does the rule return in its state?"
    copies = {"SGD": 1 if momentum else 0, "Adam": 2, "AdamW": 2}
    if name not in copies:
        raise ValueError(f"{name!r} is none of the optimizers here: {', '.join(copies)}")
    return copies[name] * numbers * itemsize
    #% endsolution


# Optimizers


def as_groups(params: Any) -> list[Group]:
    """What an optimizer is given, as a list of groups: new dicts with the key "params" and perhaps settings.

    params: Tensors in a list or any other iterable, which make one group; or dicts, which are the groups. Not both.
    Raises TypeError that names its type for a single Tensor (one can iterate over it, and its rows are no parameters) and
    for what has no elements, such as a layer. Raises ValueError if it is empty, as a generator is that was used up.

        [w, b] -> [{"params": [w, b]}]        [{"params": [w], "lr": 0.1}, {"params": [b]}] -> the same two
    """
    #% solution "make a list of it first; look at its first element"
    if isinstance(params, Tensor) or not isinstance(params, Iterable):
        raise TypeError(
            f"an optimizer takes a list of Tensors, such as model.parameters(), and this is one {type(params).__name__}"
        )
    items = list(params)
    if not items:
        raise ValueError(
            "an optimizer needs at least one parameter and got none: has the model any? What you call _name is not "
            "found, and a generator gives its parameters once only"
        )
    return [dict(item) for item in items] if isinstance(items[0], dict) else [{"params": items}]
    #% endsolution


def check_gradient(number: int, p: Tensor) -> None:
    """Refuse a gradient that would spoil parameter `number`; both messages name the number and p's shape.

    ValueError           p.grad has another shape (named as well): in-place subtraction might stretch it silently
    FloatingPointError   p.grad holds nan or an infinity: the loss is nan, or training has run away

    It looks at p.grad as it is: a float64 gradient of 1e39 passes, and is infinite for a float32 parameter.
    """
    #% solution "np.isfinite(...).all()"
    if p.grad.shape != p.shape:
        raise ValueError(f"parameter {number} has shape {p.shape} and a gradient of shape {p.grad.shape}")
    if not np.isfinite(p.grad).all():
        raise FloatingPointError(
            f"the gradient of parameter {number}, shape {p.shape}, holds nan or inf, so no parameter was changed; "
            "look at the loss: is it nan? Try a smaller lr"
        )
    #% endsolution


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
        #% solution "check everything, then append; two Tensors are the same if `is` says so: compare by id"
        given = group["params"]
        params = [given] if isinstance(given, Tensor) else list(given)
        settings = {name: value for name, value in group.items() if name != "params"}
        if not params:
            raise ValueError(f"{type(self).__name__}: a group without parameters")
        known = {id(p) for one in self.param_groups for p in one["params"]}
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(
                    f"{type(self).__name__} takes Tensors, as model.parameters() gives them, and one of these is "
                    f"{type(p).__name__}"
                )
            if not p.is_leaf:
                raise ValueError(f"a Tensor of shape {p.shape} is the result of an op, not a parameter")
            if id(p) in known:
                raise ValueError(f"a parameter of shape {p.shape} comes twice, and would be stepped twice")
            known |= {id(p)}
        if strange := sorted(settings.keys() - self.defaults.keys()):
            raise ValueError(f"{type(self).__name__} has no setting {strange}; it has {', '.join(self.defaults)}")
        self.check_settings({**self.defaults, **settings})
        self.param_groups.append({"params": params, **self.defaults, **settings})
        #% endsolution

    def zero_grad(self) -> None:
        """Forget the gradients: p.grad becomes None everywhere, so that the next ones are not added to these."""
        #% solution "for every parameter of every group"
        for p in self._params():
            p.grad = None
        #% endsolution

    def step(self) -> None:
        """Move every parameter that has a gradient one step downhill, with the settings of its group.

        A parameter whose grad is None stays, and so does what is remembered of it. Gradients are looked at first, all
        of them, with check_gradient (parameters are numbered from 0 through all groups): if one is refused, nothing
        has changed. They are taken into the parameter's dtype, then run(rule, data, grad, state, **settings) does the
        arithmetic, and the result is written into the array p.data, which stays the same array. A rule that returns this
        very array has written there itself.
        """
        #% solution "two loops: check, then move; `p.data = new` would leave everyone behind who shares p.data"
        for number, p in enumerate(self._params()):
            if p.grad is not None:
                check_gradient(number, p)
        for group in self.param_groups:
            settings = {name: group[name] for name in self.defaults}
            for p in group["params"]:
                if p.grad is not None:
                    grad = p.grad.astype(p.dtype, copy=False)
                    data, self.state[p] = run(type(self).rule, p.data, grad, self.state.get(p, {}), **settings)
                    if data is not p.data:  # a faster rule may have written there already
                        p.data[...] = data
        #% endsolution

    def state_dict(self) -> dict[str, Any]:
        """Everything one needs to go on later, as plain data: a copy, which later steps leave alone (PyTorch's is not).

        {"state": {number: {...}}, "param_groups": [{"params": [numbers], "lr": ..., ...}]}; parameters are numbered from
        0 through all groups. Only parameters that have been stepped are in "state".
        """
        #% solution "_params() is in order; a dict by id, or enumerate, gives the numbers; copy every array"
        number = {id(p): n for n, p in enumerate(self._params())}
        return {
            "state": {number[id(p)]: _copied(kept) for p, kept in self.state.items()},
            "param_groups": [{**group, "params": [number[id(p)] for p in group["params"]]} for group in self.param_groups],
        }
        #% endsolution

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where `state_dict` was taken, with copies of its arrays, in the dtype of the parameters. Keeps its own params.

        A parameter that has no entry in its "state" has none afterwards.
        Raises ValueError, and then nothing has changed, if it does not fit: other groups (says how many parameters each
        group has, there and here, such as [2, 1] and [3]), settings that are not this optimizer's (names one at least),
        or an array that has not the shape of its parameter (names the parameter's number and both shapes).
        Nothing else is looked at: numbers, settings and keys are such as state_dict gives them.
        """
        #% solution "check it all, then change; parameter number n is list(self._params())[n]"
        params = list(self._params())
        saved, groups = state_dict["state"], state_dict["param_groups"]
        theirs, ours = ([len(group["params"]) for group in some] for some in (groups, self.param_groups))
        if theirs != ours:
            raise ValueError(f"saved were groups of {theirs} parameters, and here are groups of {ours}")
        for group in groups:
            if odd := sorted((group.keys() - {"params"}) ^ self.defaults.keys()):
                raise ValueError(f"this was not saved by {type(self).__name__}: look at the settings {', '.join(odd)}")
        for number, kept in saved.items():
            for name, value in kept.items():
                if isinstance(value, NUMBERS) and value.shape != params[number].shape:
                    raise ValueError(
                        f"{name} of parameter {number} has shape {value.shape}, and the parameter {params[number].shape}"
                    )
        for mine, group in zip(self.param_groups, groups, strict=True):
            mine.update({name: value for name, value in group.items() if name != "params"})
        self.state = {params[number]: _copied(kept, params[number].dtype) for number, kept in saved.items()}
        #% endsolution

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
    #% solution "copy p.data each time: it is written in place, and a list of it would hold the last point only"
    path = [p.data.copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        p.grad = gradient(p.data)
        optimizer.step()
        path.append(p.data.copy())
    return np.stack(path)
    #% endsolution


# Schedules: the learning rate, step by step. epoch counts calls of step(), from 0; what an epoch is, is up to the caller


def step_lr(base_lr: float, epoch: int, step_size: int, gamma: float) -> float:
    """base_lr, multiplied by gamma after every step_size epochs.

    0.1, step_size 3, gamma 0.5:  0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, ...
    """
    #% solution "how many whole blocks of step_size are behind us?"
    return base_lr * gamma ** (epoch // step_size)
    #% endsolution


def cosine_lr(base_lr: float, epoch: int, T_max: int, eta_min: float = 0.0, warmup: int = 0) -> float:
    """Up along a line for `warmup` epochs, then down along half a cosine, from base_lr to eta_min at T_max.

    While epoch < warmup:  base_lr · (epoch + 1) / (warmup + 1), so that it is never 0 and arrives at epoch = warmup.
    From there:  eta_min + (base_lr - eta_min) · (1 + cos(π · (epoch - warmup) / (T_max - warmup))) / 2.
    With warmup 0 this is PyTorch's. Beyond T_max it rises again, there as here: stop in time.

        1.0, T_max 4:  1, 0.8536, 0.5, 0.1464, 0            1.0, T_max 5, warmup 1:  0.5, 1, 0.8536, 0.5, 0.1464, 0
    """
    #% solution "two cases; math.cos gives a Python float, which keeps float32 what it is"
    if epoch < warmup:
        return base_lr * (epoch + 1) / (warmup + 1)
    done = (epoch - warmup) / (T_max - warmup)
    return eta_min + (base_lr - eta_min) * (1 + math.cos(math.pi * done)) / 2
    #% endsolution


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
        #% solution "count first, then _set"
        self.last_epoch += 1
        self._set()
        #% endsolution

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
