"""What a release asks: the quick points, now, and a whole audit of this very suite and source on record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

from ..course import Course, Module
from .finding import Audit
from .fitness import audit
from .material import Material
from .results import recorded


def release_audit(root: Path, course: Course, module: Module) -> Audit:
    """`.require()` of it raises AuditError that names each point which fails, and says what to type."""
    quick = audit(root, course, module)
    return Audit(module.numbered, (*quick.findings, recorded(root, Material.of(root, course, module))))


def release_audits(
    root: Path, course: Course, modules: Sequence[Module], workers: int | None = None
) -> Iterator[Audit]:
    """Those of several modules, in their order, as many at a time as there are workers (default: the cores)."""
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(release_audit, repeat(root), repeat(course), modules)
