"""What is made of ops, beside PyTorch: methods of Tensor, layers, losses, several steps of optimizers, a training run.

The reference follows PyTorch's names and order of arguments, so that each case is written once, `lib.nn.Linear(5, 3)`, and
is run with both. `lib` is the reference, spelled like PyTorch, or PyTorch itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from tinytorch_ref import activations, layers, losses, optimizers, tensor
from tinytorch_ref.setup import seed_everything
from tinytorch_ref.tensor import Tensor

Array = np.ndarray
STEPS = 12
OURS = SimpleNamespace(
    nn=SimpleNamespace(**vars(layers) | vars(activations) | vars(losses)),
    optim=SimpleNamespace(**vars(optimizers), lr_scheduler=optimizers),
    **vars(tensor),
)


class Ours:
    """The reference, and how data goes in and comes out."""

    lib: Any = OURS

    def tensor(self, array: Array) -> Tensor:
        return Tensor(array, requires_grad=array.dtype.kind == "f", dtype=array.dtype)

    def typed(self, model: Any, dtype: str) -> Any:
        for parameter in model.parameters():
            parameter.data = parameter.data.astype(dtype)
        return model

    def state(self, model: Any) -> dict[str, Array]:
        return model.state_dict() if hasattr(model, "state_dict") else {}

    def array(self, one: Any) -> Array:
        return one.data

    def gradient(self, one: Any) -> Array | None:
        return one.grad

    def set_gradient(self, one: Any, grad: Array | None) -> None:
        one.grad = grad


class Theirs:
    """PyTorch, on the CPU."""

    def __init__(self, torch: Any) -> None:
        self.lib = torch

    def tensor(self, array: Array) -> Any:
        return self.lib.tensor(array, requires_grad=array.dtype.kind == "f")

    def typed(self, model: Any, dtype: str) -> Any:
        return model.to(getattr(self.lib, dtype))

    def array(self, one: Any) -> Array:
        return one.detach().numpy().copy()

    def gradient(self, one: Any) -> Array | None:
        return None if one.grad is None else one.grad.numpy()

    def set_gradient(self, one: Any, grad: Array | None) -> None:
        one.grad = None if grad is None else self.lib.tensor(grad)


Found = dict[str, Array | None]


@dataclass(frozen=True)
class Walk:
    """One thing to do with both libraries, as the arrays that come out of it, by name."""

    module: str  # the stem it belongs to
    name: str  # its row in the table
    what: str
    run: Callable[[Any, str, dict[str, Array]], Found]  # (Ours or Theirs, dtype, the state to start with)
    start: Callable[[str], dict[str, Array]] = lambda dtype: {}

    def __str__(self) -> str:
        return f"{self.name}-{self.what}"


def both(torch: Any, walk: Walk, dtype: str) -> list[tuple[Array, Array]]:
    """(ours, PyTorch's) of every array; the same names must come, and None in the same places."""
    start = walk.start(dtype)
    mine, right = (walk.run(side, dtype, start) for side in (Ours(), Theirs(torch)))
    assert mine.keys() == right.keys()
    assert [name for name in mine if mine[name] is None] == [name for name in right if right[name] is None]
    return [(np.asarray(a), np.asarray(right[name])) for name, a in mine.items() if a is not None]


def upstream_of(result: Array) -> Array:
    """The gradient that a result is given: random, and the same on both sides."""
    return np.asarray(np.random.default_rng(11).normal(size=result.shape), result.dtype)


def back(side: Any, result: Any, inputs: dict[str, Any]) -> Found:
    """The result, and after backward the gradient of each input."""
    value = side.array(result)
    upstream = upstream_of(value)
    result.backward(upstream if isinstance(side, Ours) else side.lib.tensor(upstream))
    return {"result": value} | {f"{name}.grad": side.gradient(one) for name, one in inputs.items()}


def method(name: str, what: str, line: Callable[..., Any], *arrays: Array) -> Walk:
    """A line of code with Tensors: line(lib, *tensors)."""

    def run(side: Any, dtype: str, start: dict[str, Array]) -> Found:
        inputs = [side.tensor(a.astype(dtype)) for a in arrays]
        return back(side, line(side.lib, *inputs), {str(n): one for n, one in enumerate(inputs)})

    return Walk("tensor", name, what, run)


def model(
    stem: str, name: str, what: str, build: Callable[[Any], Any], *arrays: Array, only_eval: bool = False
) -> Walk:
    """A layer, activation, loss or network, build(nn), called with arrays: floats become `dtype`, integers stay."""

    def ready(side: Any, dtype: str) -> Any:
        made = build(side.lib.nn)
        if hasattr(made, "parameters"):
            side.typed(made, dtype)
        if only_eval:
            made.eval()
        return made

    def start(dtype: str) -> dict[str, Array]:
        seed_everything(4)
        return Ours().state(ready(Ours(), dtype))

    def run(side: Any, dtype: str, state: dict[str, Array]) -> Found:
        made = ready(side, dtype)
        if state:  # by name: PyTorch takes a state_dict of the reference as it is
            made.load_state_dict({key: a if isinstance(side, Ours) else side.lib.tensor(a) for key, a in state.items()})
        inputs = [side.tensor(a.astype(dtype) if a.dtype.kind == "f" else a) for a in arrays]
        if stem == "losses" and name != "MSELoss":
            inputs[1] = inputs[1].detach()  # a target that has no derivative here
        result = made(*inputs)
        named = dict(made.named_parameters()) if state else {}
        return back(side, result, named | {f"input {n}": one for n, one in enumerate(inputs)})

    return Walk(stem, name, what, run, start)


def optimizer(name: str, what: str, build: Callable[..., Any], schedule: Callable[..., Any] | None = None) -> Walk:
    """STEPS steps with gradients made beforehand, of two parameters in two groups; the second sometimes has none."""
    rng = np.random.default_rng(3)
    arrays = [rng.normal(size=(2, 3)), rng.normal(size=(4,))]
    slopes = [[rng.normal(size=a.shape) * 10 ** rng.uniform(-3, 1) for a in arrays] for _ in range(STEPS)]

    def run(side: Any, dtype: str, start: dict[str, Array]) -> Found:
        params = [side.tensor(a.astype(dtype)) for a in arrays]
        made = build(side.lib.optim, [{"params": params[:1]}, {"params": params[1:], "lr": 0.02}])
        plan = schedule(side.lib.optim.lr_scheduler, made) if schedule else None
        found: Found = {}
        for step, grads in enumerate(slopes):
            for number, (one, grad) in enumerate(zip(params, grads, strict=True)):
                side.set_gradient(one, None if number and step % 5 == 2 else grad.astype(dtype))
            made.step()
            if plan is not None:
                plan.step()
            found |= {f"step {step}, {n}": side.array(one).copy() for n, one in enumerate(params)}
            found[f"step {step}, lr"] = np.array([float(group["lr"]) for group in made.param_groups])
        return found

    return Walk("optimizers", name, what, run)


def warm_up(lib: Any, made: Any, warmup: int, T_max: int) -> Any:
    """CosineAnnealingLR with the warm-up of the reference; PyTorch makes it of two schedules, one after the other."""
    if lib is optimizers:
        return lib.CosineAnnealingLR(made, T_max=T_max, warmup=warmup)
    line = lib.LinearLR(made, start_factor=1 / (warmup + 1), total_iters=warmup)
    cosine = lib.CosineAnnealingLR(made, T_max=T_max - warmup)
    return lib.SequentialLR(made, [line, cosine], milestones=[warmup])


def training(name: str, what: str, build: Callable[[Any, Any], Any]) -> Walk:
    """STEPS steps of training a classifier: layers, loss, walk, optimizer and schedule together."""
    rng = np.random.default_rng(5)
    x, classes = rng.normal(size=(16, 5)), rng.integers(0, 3, 16)

    def network(nn: Any) -> Any:
        return nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Sequential(nn.Linear(8, 8), nn.ReLU()), nn.Linear(8, 3))

    def start(dtype: str) -> dict[str, Array]:
        seed_everything(4)
        return Ours().state(Ours().typed(network(OURS.nn), dtype))

    def run(side: Any, dtype: str, state: dict[str, Array]) -> Found:
        made = side.typed(network(side.lib.nn), dtype)
        made.load_state_dict({key: a if isinstance(side, Ours) else side.lib.tensor(a) for key, a in state.items()})
        inputs, targets = side.tensor(x.astype(dtype)), side.tensor(classes)
        steps = build(side.lib.optim, made.parameters())
        plan = side.lib.optim.lr_scheduler.CosineAnnealingLR(steps, T_max=STEPS)
        criterion = side.lib.nn.CrossEntropyLoss(label_smoothing=0.1)
        curve = []
        for _ in range(STEPS):
            steps.zero_grad()
            loss = criterion(made(inputs), targets)
            loss.backward()
            steps.step()
            plan.step()
            curve.append(side.array(loss))
        weights = {key: side.array(one) for key, one in made.named_parameters()}
        return {"losses": np.stack(curve)} | weights

    return Walk("autograd", name, what, run, start)


def walks() -> list[Walk]:
    """The same, with the same numbers, on every call."""
    return list(_walks(np.random.default_rng(9)))


def _walks(rng: np.random.Generator) -> Iterator[Walk]:
    def numbers(*shape: int) -> Array:
        return np.asarray(rng.choice([-1.0, 1.0], shape) * rng.uniform(0.2, 2.0, shape))

    for dim in (None, 0, -1, (0, 2), (0, 1, 2)):
        for keepdim in (False, True):
            label = f"dim={dim},keepdim={keepdim}"
            yield method("mean", label, lambda lib, t, d=dim, k=keepdim: t.mean(d, k), numbers(2, 3, 4))
            for correction in (0, 1):
                yield method(
                    "var",
                    f"{label},correction={correction}",
                    lambda lib, t, d=dim, k=keepdim, c=correction: t.var(d, correction=c, keepdim=k),
                    numbers(2, 3, 4),
                )
    for dims in ((0, 1), (-1, 0), (1, 1)):
        yield method("transpose", str(dims), lambda lib, t, d=dims: t.transpose(*d), numbers(2, 3, 4))
    yield method("T", "matrix", lambda lib, t: t.T, numbers(2, 3))
    yield method("squeeze", "all", lambda lib, t: t.squeeze(), numbers(1, 3, 1))
    yield method("squeeze", "one", lambda lib, t: t.squeeze(0), numbers(1, 3, 1))
    yield method("unsqueeze", "last", lambda lib, t: t.unsqueeze(-1), numbers(2, 3))
    for dim in (0, -1):
        parts = numbers(2, 3), numbers(2, 3)
        yield method("stack", f"dim={dim}", lambda lib, *t, d=dim: lib.stack(t, dim=d), *parts)
        yield method("cat", f"dim={dim}", lambda lib, *t, d=dim: lib.cat(t, dim=d), *parts)
    yield method(
        "a number beside a Tensor", "both sides", lambda lib, t: (2 - t) / 3 + 2 / (t * t) + 2**t, numbers(2, 3)
    )

    for shape in ((2, 5), (5,), (3, 2, 5), (0, 5)):
        for bias in (True, False):
            label = f"{shape},bias={bias}"
            yield model("layers", "Linear", label, lambda nn, b=bias: nn.Linear(5, 3, bias=b), numbers(*shape))
    yield model("layers", "Dropout", "eval", lambda nn: nn.Dropout(0.4), numbers(3, 4), only_eval=True)
    yield model("layers", "Dropout", "p=0", lambda nn: nn.Dropout(0.0), numbers(3, 4))
    for dims in ((1, -1), (0, -1), (1, 2), (-2, -1)):
        yield model("layers", "Flatten", str(dims), lambda nn, d=dims: nn.Flatten(*d), numbers(2, 3, 2, 2))
    for shape in ((7, 6), (2, 3, 6)):
        yield model(
            "layers",
            "Sequential",
            f"nested,{shape}",
            lambda nn: nn.Sequential(
                nn.Linear(6, 4), nn.ReLU(), nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 4, bias=False)), nn.Tanh()
            ),
            numbers(*shape),
            only_eval=True,
        )
    for name, settings in (
        *(("ReLU", {}), ("LeakyReLU", {"negative_slope": 0.2}), ("Sigmoid", {}), ("Tanh", {})),
        *(("GELU", {"approximate": "tanh"}), ("Softmax", {"dim": 0}), ("LogSoftmax", {"dim": -1})),
    ):
        yield model(
            "activations", name, str(settings), lambda nn, n=name, s=settings: getattr(nn, n)(**s), numbers(3, 4)
        )

    for reduction in ("mean", "sum", "none"):
        for name, arrays, settings in (
            ("MSELoss", (numbers(3, 4), numbers(3, 4)), {}),
            ("CrossEntropyLoss", (numbers(6, 4), rng.integers(0, 4, 6)), {}),
            ("CrossEntropyLoss", (numbers(6, 4), rng.integers(0, 4, 6)), {"label_smoothing": 0.2}),
            ("BCELoss", (rng.uniform(0.05, 0.95, (3, 4)), rng.uniform(0, 1, (3, 4))), {}),
            ("BCEWithLogitsLoss", (numbers(3, 4) * 3, rng.uniform(0, 1, (3, 4))), {}),
        ):
            how = {"reduction": reduction} | settings
            yield model("losses", name, str(how), lambda nn, n=name, h=how: getattr(nn, n)(**h), *arrays)

    for settings in (
        *({}, {"momentum": 0.9}, {"momentum": 0.9, "dampening": 0.5}, {"weight_decay": 0.1}),
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
        {"momentum": 0.5, "dampening": 0.1, "weight_decay": 0.01},
    ):
        yield optimizer("SGD", str(settings), lambda optim, p, s=settings: optim.SGD(p, lr=0.05, **s))
    for name in ("Adam", "AdamW"):
        for settings in ({}, {"weight_decay": 0.1}, {"betas": (0.8, 0.9), "eps": 1e-3}):
            yield optimizer(
                name, str(settings), lambda optim, p, n=name, s=settings: getattr(optim, n)(p, lr=0.05, **s)
            )

    def sgd(optim: Any, p: Any) -> Any:
        return optim.SGD(p, lr=0.1, momentum=0.9)

    yield optimizer("StepLR", "step_size=5", sgd, lambda lib, made: lib.StepLR(made, step_size=5, gamma=0.3))
    yield optimizer("CosineAnnealingLR", "T_max=12", sgd, lambda lib, made: lib.CosineAnnealingLR(made, T_max=STEPS))
    yield optimizer(
        "CosineAnnealingLR", "eta_min=0.01", sgd, lambda lib, made: lib.CosineAnnealingLR(made, 20, eta_min=0.01)
    )
    yield optimizer("CosineAnnealingLR", "warmup=4", sgd, lambda lib, made: warm_up(lib, made, 4, 14))

    yield training("training", "SGD", lambda optim, p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True))
    yield training("training", "AdamW", lambda optim, p: optim.AdamW(p, lr=0.01, weight_decay=0.1))
