"""Define the mark that makes a test a check: title, points, who may see it, and which checks it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest

PUBLIC = "public"  # students have the test itself
HIDDEN = "hidden"  # students see its title, its sentence and whether it passed
AFTER_DUE = "after_due"  # hidden until the module's due date, public afterwards

Test = TypeVar("Test", bound=Callable[..., Any])


def check(
    title: str,
    *,
    points: int,
    visibility: str = PUBLIC,
    needs: Sequence[str] = (),
    capability: bool = False,
    seconds: float = 5.0,
) -> Callable[[Test], Test]:
    """Score the test below: it earns `points` whole points if all of its cases pass, and none otherwise.

    title       tells students what the check is about
    visibility  PUBLIC, HIDDEN or AFTER_DUE; a test inside a hidden block must say HIDDEN or AFTER_DUE
    needs       names of tests of this suite that must pass first; if one fails, this test does not run and says why
    capability  True for the one check of a suite that earns the module's badge
    seconds     time limit of one case; time in which the machine was busy with other work does not count

    The test's docstring is one sentence that a student may read even if the check is hidden. All arguments must be
    literals, because the build reads them without running the suite.
    """
    return pytest.mark.check(
        title=title, points=points, visibility=visibility, needs=tuple(needs), capability=capability, seconds=seconds
    )
