"""What a full audit leaves in docs/audit/: one document a module for machines, one page for authors, one summary for all.

The same result gives the same bytes: no times and no durations. A release reads the summary and trusts it only for the
suite and the sources that it was made with.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..files import write_atomic
from .finding import Finding
from .full import FullAudit
from .material import Material
from .mutation import TriedMutant
from .page import page_of

SCHEMA = "tinytorch/audit/v1"
POINT = "the whole audit is on record"


def folder(root: Path) -> Path:
    return root / "docs" / "audit"


def command(module: str) -> str:
    return f"make audit MODULE={module}"


def write(found: FullAudit) -> list[Path]:
    """Write the three files; the summary keeps what it says of other modules. Returns their paths."""
    root, module = found.material.root, found.material.module.id
    facts = document(found)
    whole, page, summary = (folder(root) / name for name in (f"{module}.json", f"{module}.html", "summary.json"))
    write_atomic(whole, _json(facts))
    write_atomic(page, page_of(found, command(module)))
    with _alone(folder(root)):
        entries = {**_summary(root), module: facts["figures"]}
        write_atomic(summary, _json(dict(sorted(entries.items()))))
    return [whole, page, summary]


def figures(found: FullAudit) -> dict[str, Any]:
    """What the summary holds of a module. right_full_marks and wrong_caught: of `right` and `wrong` alternatives."""
    mutation, others = found.mutation, found.alternatives
    right, wrong = [one for one in others if one.right], [one for one in others if not one.right]
    return {
        "command": command(found.material.module.id),
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
    """Everything, as data."""
    return {
        "schema": SCHEMA,
        "module": found.material.module.id,
        "figures": figures(found),
        "points": [asdict(one) for one in found.audit.findings],
        "regions": [asdict(one) for one in found.moved],
        "survivors": [_mutant(one) for one in found.mutation.survivors],
        "equivalent": [asdict(one) for one in found.listed],
        "killed": [_mutant(one) for one in found.mutation.killed],
        "alternatives": [asdict(one) for one in found.alternatives],
        "strategies": [asdict(one) for one in found.strategies],
        "excused": [asdict(one) for one in found.excused],
    }


def recorded(root: Path, material: Material) -> Finding:
    """Does the summary hold a whole audit of this very module, in which every point holds? Says what to type if not."""
    mend = f"run `{command(material.module.id)}`"
    entry = _summary(root).get(material.module.id)
    if not isinstance(entry, dict):
        return Finding(POINT, False, f"docs/audit/summary.json has none of {material.module.id}: {mend}")
    for name, now in (("suite_digest", material.suite.digest), ("source_digest", material.source_digest)):
        if entry.get(name) != now:
            what = "suite" if name == "suite_digest" else "sources, alternatives or reviewed lists"
            return Finding(POINT, False, f"it is of another {what} than those here: {mend}")
    if entry.get("failed_points") != []:
        return Finding(
            POINT, False, f"it fails at: {'; '.join(entry.get('failed_points', ['?']))}: mend that, then {mend}"
        )
    told = entry["mutants"] - entry["equivalent"]
    return Finding(POINT, True, f"{entry['killed']} of {told} mutants killed, suite {material.suite.digest[:12]}")


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One at a time in this folder: audits of two modules may end together, and neither may lose the other's entry."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _summary(root: Path) -> dict[str, Any]:
    path = folder(root) / "summary.json"
    entries = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return entries if isinstance(entries, dict) else {}


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


def _json(facts: dict[str, Any]) -> str:
    return json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
