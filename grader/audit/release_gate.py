"""Check what a release needs: the quick points now, and a recorded whole audit of this suite and source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

from ..course import Course, Module
from .finding import Audit
from .material import Material
from .quick_points import audit
from .results import recorded


def release_audit(root: Path, course: Course, module: Module) -> Audit:
    """Audit a module for its release. `.require()` on the result raises AuditError, which says what to type."""
    quick = audit(root, course, module)
    return Audit(module.numbered, (*quick.findings, recorded(root, Material.of(root, course, module))))


def release_audits(
    root: Path, course: Course, modules: Sequence[Module], workers: int | None = None
) -> Iterator[Audit]:
    """Audit several modules, in their order, with as many at a time as there are workers (default: the cores)."""
    if len(modules) == 1:  # starting another process would only cost time
        yield release_audit(root, course, modules[0])
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(release_audit, repeat(root), repeat(course), modules)
