"""Write the results of a whole audit: modules/STEM/audit.json, which is committed, and a page for authors in build/audit/.

The same result gives the same bytes: the files hold no times and no durations. A release reads audit.json and trusts it only
for the suite and the sources with which it was made.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from ..counted import counted
from ..files import write_atomic
from .finding import Finding
from .full_audit import SEEDS, FullAudit
from .material import Material
from .mutation import TriedMutant
from .page import page_of

_Schema = Literal["tinytorch/audit/v1"]
SCHEMA: _Schema = "tinytorch/audit/v1"
POINT = "the whole audit is on record"
PAGES = Path("build", "audit")


class _Figures(BaseModel, strict=True):
    """Read the figures of audit.json that a release asks for."""

    suite_digest: str
    source_digest: str
    failed_points: list[str]
    seeds: int
    mutants: int
    equivalent: int
    killed: int


class _Document(BaseModel, strict=True):
    schema_: _Schema = Field(alias="schema")
    figures: _Figures


def command(module: str) -> str:
    return f"make audit MODULE={module}"


def write(found: FullAudit) -> list[Path]:
    """Write the document and the page. Return their paths."""
    material = found.material
    facts = json.dumps(document(found), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    written = {
        material.root / material.files.audit: facts,
        material.root / PAGES / f"{material.module.stem}.html": page_of(found, command(material.module.numbered)),
    }
    for path, text in written.items():
        write_atomic(path, text)
    return list(written)


def figures(found: FullAudit) -> dict[str, Any]:
    """Return the figures for a reader. right_full_marks and wrong_caught count the alternatives in `right` and `wrong`."""
    mutation, others = found.mutation, found.alternatives
    right, wrong = [one for one in others if one.right], [one for one in others if not one.right]
    return {
        "command": command(found.material.module.stem),
        "equivalent": len(mutation.equivalent),
        "failed_points": [one.point for one in found.audit.failed],
        "killed": len(mutation.killed),
        "killed_hidden": mutation.killed_hidden,
        "killed_public": mutation.killed_public,
        "max_points": sum(check.points for check in found.material.suite.checks),
        "mutants": len(mutation.outcomes),
        "right": len(right),
        "right_full_marks": sum(not one.failed for one in right),
        "seeds": found.seeds,
        "solution_points": found.solution_points,
        "source_digest": found.source_digest,
        "strategies": {one.name: one.points for one in found.strategies},
        "stub_points": found.stub_points,
        "suite_digest": found.suite_digest,
        "wrong": len(wrong),
        "wrong_caught": sum(bool(one.failed) for one in wrong),
    }


def document(found: FullAudit) -> dict[str, Any]:
    """Return the results as data. It only counts the killed mutants: they are many, and a new audit finds them."""
    return {
        "schema": SCHEMA,
        "module": found.material.module.stem,
        "figures": figures(found),
        "points": [asdict(one) for one in found.audit.findings],
        "regions": [asdict(one) for one in found.moved],
        "survivors": [_mutant(one) for one in found.mutation.survivors],
        "equivalent": [asdict(one) for one in found.listed],
        "alternatives": [asdict(one) for one in found.alternatives],
        "strategies": [asdict(one) for one in found.strategies],
        "excused": [asdict(one) for one in found.excused],
    }


def recorded(root: Path, material: Material) -> Finding:
    """Check for a whole audit of exactly this module in which every point holds. Say what to type if there is none."""
    mend = f"run `{command(material.module.numbered)}`"
    path = root / material.files.audit
    if not path.is_file():
        return Finding(POINT, False, f"there is no {material.files.audit}: {mend}")
    try:
        entry = _Document.model_validate_json(path.read_bytes()).figures
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the document"
        return Finding(POINT, False, f"{material.files.audit} is damaged: {place}: {first['msg']}: {mend}")
    if entry.suite_digest != material.suite.digest:
        return Finding(POINT, False, f"the suite has changed since it was made: {mend}")
    if entry.source_digest != material.source_digest:
        return Finding(
            POINT, False, f"the sources, alternatives or reviewed lists have changed since it was made: {mend}"
        )
    if entry.failed_points:
        return Finding(POINT, False, f"these points fail: {'; '.join(entry.failed_points)}: mend that, then {mend}")
    if entry.seeds < SEEDS:
        return Finding(
            POINT, False, f"it was made with {counted(entry.seeds, 'seed')}, at least {SEEDS} are needed: {mend}"
        )
    told = entry.mutants - entry.equivalent
    return Finding(POINT, True, f"{entry.killed} of {told} mutants killed, suite {material.suite.digest[:12]}")


def _mutant(one: TriedMutant) -> dict[str, Any]:
    mutant = one.mutant
    return {
        "id": mutant.id,
        "line": mutant.line,
        "before": mutant.before,
        "after": mutant.after,
        "public": one.public,
        "hidden": one.hidden,
    }
