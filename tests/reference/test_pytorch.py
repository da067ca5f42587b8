"""Test that the reference agrees with PyTorch's recorded answers, its rules with finite differences."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest

from checks import numeric_gradient
from modules.pytorch import STEMS, Case, Ours, cases
from modules.recorded import DTYPES, TOLERANCE, Recording, error, largest_error, path, record, torch_or_exit, trouble
from tinytorch_ref import activations, layers, losses
from tinytorch_ref.autograd import gradcheck, rules
from tinytorch_ref.tensor import DIFFERENTIABLE, Tensor, apply, mul

ALL = {stem: cases(stem) for stem in STEMS}
RECORDED = {stem: Recording.read(path(stem)) for stem in STEMS if path(stem).exists()}
OPS = [case for some in ALL.values() for case in some if case.op is not None]
COMPARED = [pytest.param(stem, c, id=f"{stem}-{c}") for stem, some in ALL.items() for c in some if not c.differs]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("stem", "case"), COMPARED)
def test_the_reference_agrees_with_pytorch(stem: str, case: Case, dtype: str) -> None:
    assert largest_error(case.ask(Ours(), dtype), RECORDED[stem].answer(case, dtype)) <= TOLERANCE[dtype]


@pytest.mark.parametrize("stem", STEMS)
def test_a_recording_belongs_to_the_cases_of_its_module(stem: str) -> None:
    assert not trouble(RECORDED[stem], stem, ALL[stem]), "type `make compare` where PyTorch is installed"


@pytest.mark.parametrize("stem", STEMS)
def test_pytorchs_answers_in_both_dtypes_agree_with_each_other(stem: str) -> None:
    """So a number that went wrong in a recording disagrees with the other dtype, whatever the reference says."""
    for case in ALL[stem]:
        if not case.differs:
            half, full = (RECORDED[stem].answer(case, dtype) for dtype in DTYPES)
            narrow = {name: a if a is None else a.astype(half[name].dtype) for name, a in full.items()}  # type: ignore[union-attr]
            assert largest_error(half, narrow) <= TOLERANCE["float32"], case.name


def test_every_op_of_module_tensor_has_a_rule_and_every_rule_has_cases() -> None:
    assert set(DIFFERENTIABLE) <= set(rules)
    assert {case.op for case in OPS} == set(rules)


@pytest.mark.parametrize("case", [case for case in OPS if case.smooth], ids=str)
def test_a_rule_agrees_with_finite_differences(case: Case) -> None:
    """The checks' own differences, which do not use the engine, and gradcheck both confirm the rule."""
    arrays = list(case.arrays.values())
    inputs = [Tensor(a, a.dtype.kind == "f", a.dtype) for a in arrays]
    result = apply(case.op, *inputs, **case.options)
    upstream = np.asarray(np.random.default_rng(11).normal(size=result.shape))
    result.backward(upstream)
    floats = [n for n, a in enumerate(arrays) if a.dtype.kind == "f"]

    def plain(*some: np.ndarray) -> np.ndarray:
        for n, a in zip(floats, some, strict=True):
            arrays[n] = a
        return np.asarray(case.op(*arrays, **case.options)[0])

    numeric = numeric_gradient(plain, [arrays[n] for n in floats], upstream)
    for n, want in zip(floats, numeric, strict=True):
        got = inputs[n].grad
        if got is not None:  # None: a target that has no derivative by design
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-7, strict=True)
    again = [Tensor(a, a.dtype.kind == "f", a.dtype) for a in case.arrays.values()]
    assert gradcheck(lambda *t: apply(case.op, *t, **case.options), again)


@pytest.mark.parametrize("name", ["MSELoss", "CrossEntropyLoss", "BCELoss", "BCEWithLogitsLoss"])
def test_a_network_and_its_loss_agree_with_finite_differences_for_every_weight_and_input(name: str) -> None:
    rng = np.random.default_rng(1)
    steps = [layers.Linear(3, 4), activations.Tanh(), layers.Linear(4, 4), activations.GELU(), layers.Linear(4, 2)]
    model = layers.Sequential(*steps, *([activations.Sigmoid()] if name == "BCELoss" else []))
    for parameter in model.parameters():
        parameter.data = rng.normal(size=parameter.shape)
    x = Tensor(rng.normal(size=(5, 3)), requires_grad=True, dtype=np.float64)
    target = rng.integers(0, 2, 5) if name == "CrossEntropyLoss" else rng.uniform(0, 1, (5, 2))
    loss = getattr(losses, name)()
    assert gradcheck(lambda *_: loss(model(x), target), [x, *model.parameters()], atol=1e-8)


def test_a_rule_that_is_slightly_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    case = next(case for case in ALL["tensor"] if case.op is mul)
    right = rules[mul]
    monkeypatch.setitem(rules, mul, lambda grad, saved: tuple(1.0001 * one for one in right(grad, saved)))
    assert largest_error(case.ask(Ours(), "float32"), RECORDED["tensor"].answer(case, "float32")) > 9e-5


def test_a_recording_gives_back_every_bit_of_its_arrays() -> None:
    recording = record(Ours(), "activations", {})
    for case in ALL["activations"]:
        for dtype in DTYPES:
            for name, array in case.ask(Ours(), dtype).items():
                kept = recording.answer(case, dtype)[name]
                assert kept is array or np.array_equal(kept, array, equal_nan=True), (case.name, name)
    assert not trouble(recording, "activations", ALL["activations"])


def test_a_recording_of_other_cases_or_numbers_or_with_a_changed_answer_is_reported() -> None:
    kept, wanted = RECORDED["layers"], ALL["layers"]
    first, second, *rest = wanted
    moved = dataclasses.replace(first, arrays={name: a + 1 for name, a in first.arrays.items()})
    (problem,) = trouble(kept, "layers", [moved, second, *rest])
    assert problem == f"recorded for other numbers: {first}"
    assert trouble(kept, "layers", [second, *rest]) == [f"recorded, and no longer a case: {first}"]
    renamed = dataclasses.replace(first, name="Linear-other")
    assert trouble(kept, "layers", [first, renamed, second, *rest]) == ["not recorded: Linear-other"]
    other = dataclasses.replace(kept, cases=kept.cases | {first.name: kept.cases[second.name]})
    assert "an answer has changed since it was recorded: its digest differs" in trouble(other, "layers", wanted)
    assert "code of modules/tensor/pytorch.py has changed" in trouble(kept, "tensor", wanted)[0]


def test_without_pytorch_the_comparison_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(SystemExit, match=r"-m pip install 'torch>="):
        torch_or_exit()


def test_an_error_is_relative_to_the_largest_number_and_infinite_where_nan_meets_a_number() -> None:
    right = np.array([100.0, 1.0, np.nan])
    assert error(np.array([100.0, 2.0, np.nan]), right) == 0.01
    assert error(np.array([100.0, 1.0, 1.0]), right) == np.inf
    with pytest.raises(AssertionError):
        error(right.astype(np.float32), right)
