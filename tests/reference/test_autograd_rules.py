"""The rules of the reference: each agrees with finite differences and, where PyTorch is installed, with PyTorch."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from tinytorch_ref import activations, layers, losses
from tinytorch_ref.autograd import gradcheck, rules
from tinytorch_ref.suites.checks import numeric_gradient
from tinytorch_ref.tensor import DIFFERENTIABLE, Tensor, apply

from .autograd_vs_pytorch import DTYPES, TABLE, TOLERANCE, Case, cases, compare, error, ours, torch_or_exit
from .framework_vs_pytorch import Walk, both, walks

ALL = cases()
COMPARED = [case for case in ALL if not case.differs]


def test_every_op_of_module_tensor_has_a_rule_and_every_rule_has_cases() -> None:
    assert set(DIFFERENTIABLE) <= set(rules)
    assert {case.op for case in ALL} == set(rules)


@pytest.mark.parametrize("case", [case for case in ALL if case.smooth], ids=str)
def test_a_rule_agrees_with_finite_differences(case: Case) -> None:
    """By the checks' own differences, which know nothing of the engine, and by gradcheck."""
    _, upstream, grads = ours(case, "float64")
    floats = [n for n, a in enumerate(case.arrays) if a.dtype.kind == "f"]

    def plain(*some: np.ndarray) -> np.ndarray:
        arrays = list(case.arrays)
        for n, a in zip(floats, some, strict=True):
            arrays[n] = a
        return np.asarray(case.op(*arrays, **case.options)[0])

    numeric = numeric_gradient(plain, [case.arrays[n] for n in floats], upstream)
    for n, want in zip(floats, numeric, strict=True):
        got = grads[n]
        if got is not None:  # None: a target that has no derivative by design
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-7, strict=True)
    inputs = [Tensor(a, a.dtype.kind == "f", a.dtype) for a in case.arrays]
    assert gradcheck(lambda *t: apply(case.op, *t, **case.options), inputs)


@pytest.mark.parametrize("name", ["MSELoss", "CrossEntropyLoss", "BCELoss", "BCEWithLogitsLoss"])
def test_a_network_and_its_loss_agree_with_finite_differences_by_every_weight_and_input(name: str) -> None:
    rng = np.random.default_rng(1)
    steps = [layers.Linear(3, 4), activations.Tanh(), layers.Linear(4, 4), activations.GELU(), layers.Linear(4, 2)]
    model = layers.Sequential(*steps, *([activations.Sigmoid()] if name == "BCELoss" else []))
    for parameter in model.parameters():
        parameter.data = rng.normal(size=parameter.shape)
    x = Tensor(rng.normal(size=(5, 3)), requires_grad=True, dtype=np.float64)
    target = rng.integers(0, 2, 5) if name == "CrossEntropyLoss" else rng.uniform(0, 1, (5, 2))
    loss = getattr(losses, name)()
    assert gradcheck(lambda *_: loss(model(x), target), [x, *model.parameters()], atol=1e-8)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", COMPARED, ids=str)
def test_a_rule_agrees_with_pytorch(case: Case, dtype: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install '.[torch]' to compare with it")
    assert compare(torch, case, dtype) <= TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("walk", walks(), ids=str)
def test_what_is_made_of_ops_agrees_with_pytorch(walk: Walk, dtype: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install '.[torch]' to compare with it")
    assert max(error(*pair) for pair in both(torch, walk, dtype)) <= TOLERANCE[dtype]


def test_where_pytorch_is_missing_the_comparison_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(SystemExit, match=r"-m pip install 'torch>="):
        torch_or_exit()


def test_an_error_is_relative_to_the_largest_number_and_infinite_where_nan_meets_a_number() -> None:
    right = np.array([100.0, 1.0, np.nan])
    assert error(np.array([100.0, 2.0, np.nan]), right) == 0.01
    assert error(np.array([100.0, 1.0, 1.0]), right) == np.inf
    with pytest.raises(AssertionError):
        error(right.astype(np.float32), right)


def test_the_kept_table_covers_every_rule_and_class_and_every_error_is_within_tolerance() -> None:
    kept = json.loads(TABLE.read_text())
    table = kept["table"]
    assert {name for named in table.values() for name in named} == {op.__name__ for op in rules} | {
        w.name for w in walks()
    }
    for row in (row for named in table.values() for row in named.values()):
        for dtype in DTYPES:
            assert row[dtype]["largest_relative_error"] <= TOLERANCE[dtype]
    assert kept["cases"] == (len(COMPARED) + len(walks())) * len(DTYPES)
