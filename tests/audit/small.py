"""Build a course of one very small module from its annotated source, sound or with a defect, for audits."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from grader.audit.finding import Finding
from grader.audit.full_audit import FullAudit, full_audit
from grader.audit.mutants import Mutant
from grader.course import Course, load_course
from grader.editions.build import build
from grader.editions.render import solution

ROOT = Path(__file__).parents[2]

COURSE = """
title: Small
term: Spring 2027
slug: small
textbook: A book
phases: [{name: only, title: Only}]
weeks: [{starts: 2027-01-11, topic: All of it}]
modules:
  - stem: small
    title: Small
    capability: {name: Cutting, question: "Can I cut?"}
    points: 10
    release: 2027-01-11
    due: 2027-01-24T23:59:00Z
    week: 1
    chapter: "1"
    phase: only
"""

SOURCE = '''\
"""Two functions to write."""

from __future__ import annotations

import numpy as np

LIMIT = 3


def double(x: np.ndarray) -> np.ndarray:
    """Twice x, as a new array."""
    #% solution "add it to itself"
    return x + x
    #% endsolution


def middle(x: np.ndarray, width: int) -> np.ndarray:
    """A copy of the `width` numbers in the middle."""
    #% solution "the same is cut from both ends"
    lost = (len(x) - width) // 2
    return x[lost : lost + width].copy()
    #% endsolution
'''

SUITE = '''\
"""Can I cut?"""

from __future__ import annotations

import numpy as np

from checks import HIDDEN, assert_close, check
from tinytorch.small import LIMIT, double, middle


@check("double doubles", points=4, seconds=1.5)
def test_double(rng: np.random.Generator) -> None:
    """Doubles random numbers."""
    x = rng.standard_normal(5)
    assert_close(double(x), 2 * x, what="double(x)")


#% hidden
@check("middle cuts both ends", points=6, visibility=HIDDEN, capability=True, seconds=1.5)
def test_middle(rng: np.random.Generator) -> None:
    """Takes the middle of random numbers."""
    x = rng.standard_normal(6)
    assert_close(middle(x, 2), x[2:4], what="middle of six")


#% endhidden
'''
HANDOUT = "# {{ module.title }}\n\nWrite two functions.\n"

BODIES = ("    return x + x\n", "    lost = (len(x) - width) // 2\n    return x[lost : lost + width].copy()\n")
RIGHT = {
    "right/product.py": ("    return 2 * x\n", BODIES[1]),
    "right/list.py": (BODIES[0], "    lost = len(x) - width\n    return np.array(x.tolist()[lost // 2 :][:width])\n"),
    "right/roll.py": (BODIES[0], "    return np.roll(x, -((len(x) - width) // 2))[:width].copy()\n"),
}
WRONG = {
    "wrong/square.py": ("twice is a square", "double(x) expected", ("    return x * x\n", BODIES[1])),
    "wrong/same.py": ("nothing is to be done", "double(x) expected", ("    return x\n", BODIES[1])),
    "wrong/float.py": ("an int will do", "dtype int64", ("    return (x + x).astype(int)\n", BODIES[1])),
    "wrong/left.py": ("the middle begins at 0", "middle of six", (BODIES[0], "    return x[:width].copy()\n")),
    "wrong/right.py": ("the middle is the end", "middle of six", (BODIES[0], "    return x[-width:].copy()\n")),
}
SLIPS = {
    "double:plus:1": ("return x + x", "return x - x"),
    "middle:minus:1": ("lost = (len(x) - width) // 2", "lost = (len(x) + width) // 2"),
    "middle:half:1": ("lost = (len(x) - width) // 2", "lost = (len(x) - width) // 1"),
}


def written(bodies: tuple[str, str]) -> str:
    """Return the module with these two bodies."""
    text = solution(SOURCE, "small.py")
    for old, new in zip(BODIES, bodies, strict=True):
        text = text.replace(old, new)
    return text


@dataclass(frozen=True)
class Small:
    """Build the course. For a defect, pass another source, another suite, or further files by path."""

    folder: Path
    course: Course

    @classmethod
    def build(cls, folder: Path, source: str = SOURCE, suite: str = SUITE, **others: str) -> Small:
        module = folder / "modules" / "small"
        texts = {
            folder / "course.yaml": COURSE,
            folder / "tinytorch_ref" / "__init__.py": "",
            folder / "tinytorch_ref" / "small.py": source,
            module / "handout.md": others.pop("handout", HANDOUT),
            module / "suite.py": suite,
            folder / "starter" / "README.md": others.pop("starter", "Welcome.\n"),
        }
        for name in ("equivalent.yaml", "excused.yaml", "helpers.py"):
            if text := others.pop(name.partition(".")[0], ""):
                texts[module / name] = text
        alternatives = module / "alternatives"
        for name, bodies in RIGHT.items():
            texts[alternatives / name] = written(bodies)
        for name, (misconception, symptom, bodies) in WRONG.items():
            head = f"# misconception: {misconception}\n# symptom: {symptom}\n"
            texts[alternatives / name] = head + written(bodies)
        texts |= {alternatives / f"{name.replace('_', '/', 1)}.py": text for name, text in others.items()}
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        library = Path("starter", "modules", "checks")
        shutil.copytree(ROOT / library, folder / library, ignore=shutil.ignore_patterns("__pycache__"))
        small = cls(folder, load_course(folder / "course.yaml"))
        build(folder, small.course)
        return small

    def audit(self, slips: dict[str, tuple[str, str]] = SLIPS, seeds: int = 1) -> FullAudit:
        """Run the whole audit, with these slips instead of the operators' mutants."""
        (module,) = self.course.modules
        with patch("grader.audit.full_audit.mutants_of", lambda text, name: mutants(text, slips)):
            return full_audit(self.folder, self.course, module, seeds=seeds, workers=2)


def mutants(source: str, slips: dict[str, tuple[str, str]]) -> list[Mutant]:
    """Return a mutant for each slip: a statement and its replacement. The first word of the id names the function."""
    text = solution(source, "small.py")
    lines = [line.strip() for line in source.splitlines()]
    found = []
    for name, (before, after) in slips.items():
        function, operator, _ = name.split(":")
        line = lines.index(before) + 1
        found.append(Mutant(name, function, operator, line, before, after, text.replace(before, after)))
    return found


def failed(found: FullAudit) -> dict[str, str]:
    """Return the points that fail, with their details."""
    return {one.point: one.detail for one in found.audit.failed}


def point(found: FullAudit, name: str) -> Finding:
    return next(one for one in found.audit.findings if one.point == name)
