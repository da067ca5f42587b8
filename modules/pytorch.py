"""Compare the reference with PyTorch: a module's cases stand in modules/STEM/pytorch.py, and each is run with both libraries.

The function `cases(compare)` of such a file names its cases, one line each:

    compare.op(ops.relu, lambda torch, a: torch.relu(a), compare.any_sign(2, 3))      an op on arrays, and the same in PyTorch
    compare.line("mean", "dim=0", lambda lib, t: t.mean(0), compare.any_sign(2, 3))   code that is the same for both libraries
    compare.model("Linear", "bias", lambda nn: nn.Linear(5, 3), compare.any_sign(2, 5))    a layer, activation or loss
    compare.case("SGD", "momentum=0.9", run, arrays)                                  anything else

A case yields named arrays: the result, and the gradients that follow from a random upstream gradient. recorded.py keeps
PyTorch's arrays, so that everybody can compare; `make compare` records them.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tinytorch_ref.tensor import Op, Tensor, apply

Array = np.ndarray
Found = dict[str, Array | None]
FOLDER = Path(__file__).parent
STEMS = tuple(sorted(file.parent.name for file in FOLDER.glob("*/pytorch.py")))  # the modules that have cases
SEED = 7


def _reference() -> SimpleNamespace:
    """Return the reference, spelled like PyTorch: every public name of every module is in `lib`, `lib.nn` and `lib.optim`."""
    lib = SimpleNamespace()
    for file in sorted((FOLDER.parent / "tinytorch_ref").glob("[!_]*.py")):
        names = vars(importlib.import_module(f"tinytorch_ref.{file.stem}"))
        vars(lib).update({name: value for name, value in names.items() if not name.startswith("_")})
    lib.nn = lib.optim = lib.lr_scheduler = lib
    return lib


class Ours:
    """Wrap the reference: how data goes in and comes out."""

    lib: Any = _reference()

    def tensor(self, array: Array, requires_grad: bool = True) -> Tensor:
        return Tensor(array, requires_grad=requires_grad and array.dtype.kind == "f", dtype=array.dtype)

    def typed(self, model: Any, dtype: Any) -> Any:
        for parameter in model.parameters():
            parameter.data = parameter.data.astype(dtype)
        return model

    def plain(self, array: Array) -> Array:
        """Return an array in the form that the library takes without a gradient: for an upstream gradient, or a state."""
        return array

    def array(self, one: Any) -> Array:
        return np.asarray(one.data).copy()

    def gradient(self, one: Any) -> Array | None:
        return None if one.grad is None else np.asarray(one.grad).copy()


class Theirs:
    """Wrap PyTorch, on the CPU."""

    def __init__(self, torch: Any) -> None:
        self.lib = torch

    def tensor(self, array: Array, requires_grad: bool = True) -> Any:
        return self.lib.tensor(array, requires_grad=requires_grad and array.dtype.kind == "f")

    def typed(self, model: Any, dtype: Any) -> Any:
        return model.to(getattr(self.lib, np.dtype(dtype).name))

    def plain(self, array: Array) -> Any:
        return self.lib.tensor(array)

    def array(self, one: Any) -> Array:
        return np.asarray(one.detach().numpy()).copy()

    def gradient(self, one: Any) -> Array | None:
        return None if one.grad is None else np.asarray(one.grad.numpy()).copy()


@dataclass(frozen=True)
class Case:
    """Hold one computation that both libraries do with the same arrays."""

    row: str  # its row in the table: an op, a method, a class
    name: str
    arrays: dict[str, Array]  # floats are float64 here, and get the dtype of the comparison
    run: Callable[[Any, dict[str, Array]], Found]  # (Ours or Theirs, the arrays) -> the resulting arrays, by name
    op: Op | None = None
    options: dict[str, Any] = field(default_factory=dict)
    smooth: bool = False  # whether finite differences apply to the op: no kink and no tie at these numbers
    differs: str = ""  # why PyTorch is not asked, if we know that its convention differs

    def __str__(self) -> str:
        return self.name

    def ask(self, side: Any, dtype: str) -> Found:
        arrays = {name: a.astype(dtype) if a.dtype.kind == "f" else a for name, a in self.arrays.items()}
        return self.run(side, arrays)


def back(side: Any, result: Any, inputs: dict[str, Any]) -> Found:
    """Return the result, and the gradient of each input after backward from a random upstream gradient."""
    value = side.array(result)
    upstream = np.random.default_rng(11).normal(size=value.shape).astype(value.dtype)
    result.backward(side.plain(np.asarray(upstream)))
    return {"result": value} | {f"grad of {name}": side.gradient(one) for name, one in inputs.items()}


class Cases:
    """Collect the cases of modules/STEM/pytorch.py, and give them their numbers, which are the same on every call."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(SEED)
        self.all: list[Case] = []

    def any_sign(self, *shape: int) -> Array:
        """Return numbers at least 0.2 away from 0, where many functions have a kink."""
        return np.asarray(self.rng.choice([-1.0, 1.0], shape) * self.rng.uniform(0.2, 2.0, shape))

    def positive(self, *shape: int) -> Array:
        return np.asarray(self.rng.uniform(0.2, 2.0, shape))

    def distinct(self, *shape: int) -> Array:
        """Return numbers of which no two are equal, so that a maximum has no ties."""
        return np.asarray(self.rng.permutation(int(np.prod(shape))) * 0.1 - 1).reshape(shape)

    def integers(self, below: int, *shape: int) -> Array:
        return np.asarray(self.rng.integers(0, below, shape))

    def case(
        self, row: str, what: str, run: Callable[[Any, dict[str, Array]], Found], arrays: dict[str, Array], **more: Any
    ) -> None:
        """Add a case. If the name is taken, a number is appended."""
        taken = {case.name for case in self.all}
        name = f"{row}-{what}"
        number = 2
        while name in taken:
            name, number = f"{row}-{what}-{number}", number + 1
        self.all.append(Case(row, name, arrays, run, **more))

    def op(
        self,
        op: Op,
        theirs: Callable[..., Any],  # (torch, *tensors) -> tensor
        *arrays: Array,
        smooth: bool = True,
        differs: str = "",
        **options: Any,
    ) -> None:
        """Compare an op on arrays, and its rule. `options` are the op's."""

        def run(side: Any, given: dict[str, Array]) -> Found:
            inputs = {name: side.tensor(a) for name, a in given.items()}
            tensors = inputs.values()
            result = apply(op, *tensors, **options) if isinstance(side, Ours) else theirs(side.lib, *tensors)
            return back(side, result, inputs)

        shapes = " ".join(str(a.shape).replace(" ", "") for a in arrays)
        said = "-" + ",".join(f"{key}={value}" for key, value in options.items()) if options else ""
        more = {"op": op, "options": options, "smooth": smooth, "differs": differs}
        self.case(op.__name__, shapes + said, run, _numbered(arrays), **more)

    def line(self, row: str, what: str, line: Callable[..., Any], *arrays: Array) -> None:
        """Compare a line of code with Tensors, line(lib, *tensors), that is the same in both libraries."""

        def run(side: Any, given: dict[str, Array]) -> Found:
            inputs = {name: side.tensor(a) for name, a in given.items()}
            return back(side, line(side.lib, *inputs.values()), inputs)

        self.case(row, what, run, _numbered(arrays))

    def model(
        self,
        row: str,
        what: str,
        build: Callable[[Any], Any],
        *arrays: Array,
        only_eval: bool = False,
        constant: tuple[int, ...] = (),  # the inputs that need no gradient
    ) -> None:
        """Compare a layer, activation, loss or network, build(nn), called with arrays. Its parameters are our numbers."""

        def run(side: Any, given: dict[str, Array]) -> Found:
            made = with_state(side, build(side.lib.nn), given)
            if only_eval:
                made.eval()
            names = [name for name in given if not name.startswith(STATE)]
            inputs = {name: side.tensor(given[name], n not in constant) for n, name in enumerate(names)}
            result = made(*inputs.values())
            return back(
                side, result, inputs | dict(made.named_parameters() if hasattr(made, "named_parameters") else ())
            )

        self.case(row, what, run, _numbered(arrays) | self.state(build))

    def state(self, build: Callable[[Any], Any]) -> dict[str, Array]:
        """Return numbers for the parameters and buffers of build(nn).

        They come from the cases and not from an initialization.
        """
        made = build(Ours.lib.nn)
        if not hasattr(made, "state_dict"):
            return {}
        parameters = dict(made.named_parameters())
        return {
            STATE + name: self.any_sign(*a.shape) if name in parameters else self.positive(*a.shape)
            for name, a in made.state_dict().items()
        }


STATE = "state "  # the names of arrays that are parameters and buffers begin with this


def with_state(side: Any, model: Any, given: dict[str, Array]) -> Any:
    """Return the model with the parameters and buffers in `given`. PyTorch takes the reference's names unchanged."""
    state = {name.removeprefix(STATE): a for name, a in given.items() if name.startswith(STATE)}
    if state:
        side.typed(model, next(iter(state.values())).dtype)
        model.load_state_dict({name: side.plain(a) for name, a in state.items()})
    return model


def _numbered(arrays: tuple[Array, ...]) -> dict[str, Array]:
    return {f"input {n}": a for n, a in enumerate(arrays)}


def cases(stem: str) -> list[Case]:
    """Return the cases of a module, with the same numbers on every call."""
    compare = Cases()
    importlib.import_module(f"modules.{stem}.pytorch").cases(compare)
    return compare.all


def code(stem: str) -> str:
    """Return the text of a file of cases."""
    return inspect.getsource(importlib.import_module(f"modules.{stem}.pytorch"))
