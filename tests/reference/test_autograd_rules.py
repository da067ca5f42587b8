"""The rules of the reference: each agrees with finite differences and, where PyTorch is installed, with PyTorch."""

from __future__ import annotations

import json

import numpy as np
import pytest
from autograd_vs_pytorch import DTYPES, TABLE, TOLERANCE, Case, cases, compare, ours

from tinytorch_ref.autograd import gradcheck, rules
from tinytorch_ref.suites.checks import numeric_gradient
from tinytorch_ref.tensor import DIFFERENTIABLE, Tensor, apply

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


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", COMPARED, ids=str)
def test_a_rule_agrees_with_pytorch(case: Case, dtype: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install '.[torch]' to compare with it")
    assert compare(torch, case, dtype) <= TOLERANCE[dtype]


def test_the_kept_table_covers_every_rule_and_every_error_is_within_tolerance() -> None:
    table = json.loads(TABLE.read_text())
    assert set(table["ops"]) == {op.__name__ for op in rules}
    for row in table["ops"].values():
        for dtype in DTYPES:
            assert row[dtype]["largest_relative_error"] <= TOLERANCE[dtype]
    assert table["cases"] == len(COMPARED) * len(DTYPES)
