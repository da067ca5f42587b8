"""Check that the suite accepts every right solution, and tells the author of a wrong solution what is wrong.

Each file holds the functions that differ (splice.py):

right/*.py   solves the module in another way. It must get full marks
wrong/*.py   holds one mistake that students make. It is put into the solution, or, with a line `# in: right/….py`, into that
    alternative. Its first lines are `# misconception: …` and `# symptom: …`. It must lose points, and the message of
    a failing check must contain the words of the symptom
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..editions.check_specs import CheckSpec
from .finding import AuditError, Finding, finding
from .material import INTO, SYMPTOM, Material
from .splice import SpliceError, spliced
from .trial_runs import Tried, Version

RIGHT, WRONG = "right/", "wrong/"  # folders; the names of alternatives begin with these
MIN_RIGHT, MIN_WRONG = 3, 5
_LINES = ("# misconception: ", SYMPTOM)


@dataclass(frozen=True)
class Alternative:
    """Hold a graded alternative. failed: checks that did not pass; told: whether a message contained the symptom."""

    name: str
    points: int
    failed: tuple[str, ...]
    misconception: str
    symptom: str
    told: bool

    @property
    def right(self) -> bool:
        return self.name.startswith(RIGHT)


def versions_of(material: Material) -> list[Version]:
    """Return each alternative as a whole module."""
    folder = material.root / material.files.alternatives
    names = [path.relative_to(folder).as_posix() for path in material.alternatives]
    for name in names:
        if not name.startswith((RIGHT, WRONG)):
            raise AuditError(f"{folder / name}: move it to {RIGHT} or {WRONG}, so that the audit knows what to expect")
    return [Version(name, _whole(folder / name, material), material.answers) for name in names]


def _whole(path: Path, material: Material) -> str:
    text = path.read_text(encoding="utf-8")
    named = next((line.removeprefix(INTO).strip() for line in text.splitlines() if line.startswith(INTO)), None)
    if named and not (path.parents[1] / named).is_file():
        raise AuditError(f"{path}: there is no {named} in {path.parents[1]}")
    if path.parent.name == "right":
        base, where = material.stub, "the stub"
    elif named:
        base, where = _whole(path.parents[1] / named, material), named
    else:
        base, where = material.solution, "the solution"
    try:
        return spliced(text, base)
    except (SpliceError, SyntaxError) as error:
        raise AuditError(f"{path}, put into {where}: {error}") from error


def alternatives(material: Material, tried: Sequence[Tried]) -> tuple[Alternative, ...]:
    return tuple(_alternative(one, material.suite.checks) for one in tried)


def symptom_of(source: str, name: str) -> tuple[str, str]:
    """Return the misconception and the symptom of a wrong alternative."""
    lines = source.splitlines()[:2]
    for line, wanted in zip([*lines, "", ""], _LINES, strict=False):
        if not line.removeprefix(wanted).strip() or not line.startswith(wanted):
            raise AuditError(f"{name}: its first two lines must be `{_LINES[0]}…` and `{_LINES[1]}…`")
    return lines[0].removeprefix(_LINES[0]).strip(), lines[1].removeprefix(_LINES[1]).strip()


def _alternative(tried: Tried, checks: Sequence[CheckSpec]) -> Alternative:
    name = tried.version.name
    earned = sum(check.points for check in checks if check.id in tried.passed)
    failed = tuple(check.id for check in checks if check.id not in tried.passed)
    if name.startswith(RIGHT):
        return Alternative(name, earned, failed, "", "", False)
    misconception, symptom = symptom_of(tried.version.source, name)
    said = [" ".join(case.message.split()) for case in tried.failing]
    told = any(" ".join(symptom.split()) in text for text in said)
    return Alternative(name, earned, failed, misconception, symptom, told)


def findings(found: Sequence[Alternative], max_points: int) -> list[Finding]:
    right, wrong = [one for one in found if one.right], [one for one in found if not one.right]
    lost = [f"{one.name} gets {one.points} of {max_points}: {', '.join(one.failed)}" for one in right if one.failed]
    passed = [f"{one.name} gets full marks" for one in wrong if not one.failed]
    silent = [f"{one.name}: no failing check says `{one.symptom}`" for one in wrong if one.failed and not one.told]
    few = [
        f"{len(some)} {kind}, at least {wanted} are needed"
        for some, kind, wanted in ((right, "right", MIN_RIGHT), (wrong, "wrong", MIN_WRONG))
        if len(some) < wanted
    ]
    return [
        finding("there are enough alternatives", few, f"{len(right)} right, {len(wrong)} wrong"),
        finding("right alternatives get full marks", lost, f"all {len(right)}"),
        finding("wrong alternatives lose points", passed, f"all {len(wrong)}"),
        finding("messages name the symptom", silent, f"of all {len(wrong)} wrong alternatives"),
    ]
