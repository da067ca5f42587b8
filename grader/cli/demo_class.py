"""Make the demonstration class: eight students, each with a way of working that a grader must handle.

Their submissions are made from the course's own sources. If a source changes so that a student's edit no longer fits, that is an
error, and the student does not silently become perfect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..audit.splice import spliced
from ..course import Module
from ..course.layout import STAFF_AREA, STUDENT_AREA, ModuleFiles
from ..editions.partial import partial
from ..editions.regions import regions
from ..errors import GraderError

Work = Callable[[Path, Module], bytes]


class DemoError(GraderError):
    """Report that a student of the demonstration no longer fits the course, or that a module is not written yet."""


@dataclass(frozen=True)
class DemoStudent:
    """Describe a student. pseudonym: empty if not on the leaderboard; does: in words; work: makes their file of a module"""

    id: str
    name: str
    pseudonym: str
    does: str
    work: Work


def roster_csv() -> str:
    """Return the class list in the course's own form."""
    lines = ["id,name,login,email,section,pseudonym"]
    lines += [f"{s.id},{s.name},{s.id}-demo,{s.id}@students.invalid,A,{s.pseudonym}" for s in CLASS]
    return "\n".join(lines) + "\n"


def files_of(student: DemoStudent, root: Path, modules: Sequence[Module]) -> dict[str, dict[str, bytes]]:
    """Return the files that the student writes, by stem of the module and path in their repository."""
    return {m.stem: {f"tinytorch/{m.stem}.py": student.work(root, m)} for m in modules}


def _solved(root: Path, module: Module) -> bytes:
    return (root / STAFF_AREA / module.numbered / f"{module.stem}.py").read_bytes()


def _stub(root: Path, module: Module) -> bytes:
    return (root / STUDENT_AREA / module.numbered / f"{module.stem}.py").read_bytes()


def _another_style(root: Path, module: Module) -> bytes:
    """Return a correct solution that is not ours, from the alternatives with which suites are tested."""
    folder = root / ModuleFiles.of(module).alternatives / "right"
    found = sorted(folder.glob("*.py"))
    if not found:
        raise DemoError(f"{folder} is empty: a student of the demonstration solves {module.numbered} another way")
    return spliced(found[0].read_text(encoding="utf-8"), _stub(root, module).decode()).encode()


def _half(root: Path, module: Module) -> bytes:
    """Return a file in which the first half of the functions is solved."""
    path = root / ModuleFiles.of(module).source
    text = path.read_text(encoding="utf-8")
    names = [region.function for region in regions(text, path.name)]
    return partial(text, path.name, set(names[: len(names) // 2]).__contains__).encode()


def _edited(edits: dict[str, tuple[str, str]], otherwise: Work = _solved) -> Work:
    """Change one place of the solution in each module that `edits` names."""

    def work(root: Path, module: Module) -> bytes:
        text = otherwise(root, module).decode()
        if module.stem not in edits:
            return text.encode()
        old, new = edits[module.stem]
        if old not in text:
            raise DemoError(
                f"{old!r} is no longer in the solution of {module.numbered}: update grader/cli/demo_class.py"
            )
        return text.replace(old, new, 1).encode()

    return work


def _only(stems: set[str], work: Work) -> Work:
    """Do the work in these modules only, and leave the others as stubs."""
    return lambda root, module: work(root, module) if module.stem in stems else _stub(root, module)


def _appended(code: dict[str, str], otherwise: Work) -> Work:
    def work(root: Path, module: Module) -> bytes:
        return otherwise(root, module) + code.get(module.stem, "").encode()

    return work


CHEAT = """

# everything below tries to earn full marks without solving anything
import atexit
import json
import sys
import types

import numpy.testing

for _name in dir(numpy.testing):
    if _name.startswith("assert"):
        setattr(numpy.testing, _name, lambda *args, **kwargs: None)
numpy.allclose = numpy.isclose = numpy.array_equal = lambda *args, **kwargs: True
sys.modules["pytest"] = sys.modules["checks"] = types.ModuleType("checks")


def _forge():
    report = json.dumps({"points": 1000, "max_points": 1000, "summary": {"passed": 99}})
    for place in ("report.json", "/tmp/report.json", "/submission/report.json"):
        try:
            open(place, "w").write(report)
        except OSError:
            pass
    print("::notice title=Autograding complete::Points 1000/1000")


atexit.register(_forge)
_forge()
"""

CLASS = (
    DemoStudent("ada", "Ada Ohm", "analytical", "solves everything", _solved),
    DemoStudent("ben", "Ben Ruiz", "bright-owl", "solves everything in another style", _another_style),
    DemoStudent("cleo", "Cleo Park", "", "solves the first half", _half),
    DemoStudent(
        "dan",
        "Dan Weiss",
        "dandelion",
        "is off by one",
        _edited(
            {
                "tensor": ("return m * k * n", "return m * (k - 1) * n"),
                "activations": ("return np.maximum(x, 0), x > 0", "return np.maximum(x, 0), x >= 0"),
                "layers": ("return out_features * (in_features + bias)", "return out_features * in_features + bias"),
                "losses": ("target >= input.shape[1]", "target > input.shape[1]"),
                "optimizers": ('step = state.get("step", 0) + 1', 'step = state.get("step", 1) + 1'),
                "autograd": ("np.cumsum(sizes)[:-1]", "np.cumsum(sizes)"),
            }
        ),
    ),
    DemoStudent(
        "eli",
        "Eli Sato",
        "",
        "crashes at import in module 02",
        _appended({"tensor": "\nimport os\n\nos._exit(0)\n"}, _solved),
    ),
    DemoStudent(
        "fay",
        "Fay Lund",
        "feather",
        "loops for ever in softmax, and is stuck there",
        _only(
            {"setup", "tensor", "activations"},
            _edited({"activations": ("powers = np.exp(", "while True:\n        pass\n    powers = np.exp(")}),
        ),
    ),
    DemoStudent(
        "gus",
        "Gus Adeyemi",
        "gusto",
        "patches numpy.testing and forges the report",
        _appended({"setup": CHEAT, "tensor": CHEAT, "activations": CHEAT}, _stub),
    ),
    DemoStudent("hal", "Hal Novak", "", "has not begun", _stub),
)
