"""Provide everything that a suite imports: `check` to score a test, and assertions that compare shape, dtype and numbers.

A suite imports nothing else of the course's machinery. So the same file runs in a student's editor and in the grader, where
`tinytorch` lives in another process.
"""

from .assertions import assert_array, assert_close, assert_same, tried
from .gradients import assert_gradients, exact_gradient, numeric_gradient
from .scoring import AFTER_DUE, HIDDEN, PUBLIC, check
from .showing import shown

__all__ = [
    "AFTER_DUE",
    "HIDDEN",
    "PUBLIC",
    "assert_array",
    "assert_close",
    "assert_gradients",
    "assert_same",
    "check",
    "exact_gradient",
    "numeric_gradient",
    "shown",
    "tried",
]
