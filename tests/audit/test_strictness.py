"""Test that assertions which hold for a wrong shape or dtype are found in a suite's text, and others are not."""

from __future__ import annotations

import pytest

from grader.audit.strictness import lax_assertions


@pytest.mark.parametrize(
    "line",
    [
        "np.testing.assert_allclose(got, want)",
        "assert np.allclose(got, want)",
        "assert np.all(got == want)",
        "assert (got == want).all()",
        "assert abs(got - want).max() < 1e-6",
        "assert np.max(np.abs(got - want)) < 1e-6",
        "assert got == pytest.approx(want)",
        "assert got == want",
        "assert np.array_equal(got, want)",
        "if got != want: raise AssertionError('different')",
        "if not (got == want).all(): raise AssertionError('different')",
    ],
)
def test_a_comparison_that_broadcasts_or_takes_any_type_is_found_with_its_line(line: str) -> None:
    found = list(lax_assertions(f"x = 1\n{line}\n", "test_x.py"))
    assert found != []
    assert all(one.startswith("test_x.py:2: ") and "assert_close" in one for one in found)


@pytest.mark.parametrize(
    "line",
    [
        "assert_close(got, want)",
        "assert_same(got, want)",
        "assert len(got) == 2",
        "assert type(got) is int",
        "assert text in str(error.value)",
        "assert rows < loops / 4",
        "want = (a - b).max()",
        "if number == 1: raise KeyError('inside the block')",
    ],
)
def test_plain_comparisons_and_other_statements_are_not_reported(line: str) -> None:
    assert list(lax_assertions(line, "test_x.py")) == []
