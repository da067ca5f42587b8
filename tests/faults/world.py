"""Make a class on a forge on disk: two small modules, and ten students whose work covers every case that a batch must handle."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from grader.classroom.disk import DiskForge
from grader.classroom.names import student_repo, template_repo
from grader.classroom.repo_facts import FACTS
from grader.classroom.roster import Roster, read_roster
from grader.course import Course, load_course
from grader.repository import NewCommit, Signature
from tests.trial import COURSE, HELPERS, SOLUTION, SUITE, Trial

MODULES = ("trial", "second")
_SECOND = COURSE[COURSE.index("  - stem: trial") :].replace("stem: trial", "stem: second").replace("Trial", "Second")
_STAFF = Signature("Trial", "staff@example.edu", datetime(2027, 1, 11, 9, tzinfo=UTC))
_PUSHED = Signature("Student", "student@example.edu", datetime(2027, 1, 20, 9, tzinfo=UTC))


def _in(function: str, first: str) -> str:
    """Return the solution with one more statement at the start of a function."""
    head = next(line for line in SOLUTION.splitlines() if line.startswith(f"def {function}("))
    assert head in SOLUTION
    return SOLUTION.replace(head, f"{head}\n    {first}")


WORK = {
    "all": SOLUTION,
    "other": SOLUTION.replace("return x + x", "return 2 * x"),
    "third": SOLUTION.replace("return x * x", "return x**2"),
    "half": SOLUTION.replace("return x * x", "return x"),
    "off": SOLUTION.replace("return function(value)", "return function(value + 1)"),
    "hangs": _in("through", "while True: pass"),
    "crashes": _in("square", "import os; os._exit(3)"),
    "gone": "import os\nos._exit(0)\n",
    "loud": _in("double", "print('words ' * 20_000)"),
    "empty": "def double(x):\n    raise NotImplementedError('double: add')\n",
}


@dataclass(frozen=True)
class World:
    """Hold the staff's checkout, and a forge and class list as they are before anything has been graded."""

    folder: Path
    course: Course
    roster: Roster
    modules: tuple[str, ...]  # the released modules

    @property
    def students(self) -> list[str]:
        return [student.id for student in self.roster.students]

    @property
    def jobs(self) -> int:
        return len(self.students) * len(self.modules)

    @property
    def checkout(self) -> Path:
        return self.folder / "course"

    @property
    def pristine(self) -> Path:
        return self.folder / "pristine"

    @property
    def _kept(self) -> Path:
        return self.folder / "kept"

    def repo(self, student: str) -> str:
        return student_repo(self.course, self.roster.student(student))

    def fresh(self, state: Path) -> Path:
        """Make a state folder with only a forge and a class list."""
        shutil.copytree(self.pristine, state, dirs_exist_ok=True)
        return state

    def keep(self) -> World:
        """Remember the checkout and its state as they are now, for `put_back`. Many tests can then use one graded class."""
        shutil.copytree(self.checkout, self._kept, symlinks=True)
        return self

    def put_back(self) -> World:
        """Undo everything that happened in the checkout since `keep`. Paths stay the same, because state names them."""
        shutil.rmtree(self.checkout)
        shutil.copytree(self._kept, self.checkout, symlinks=True)
        return self

    def push(self, student: str, text: str, second: str = "") -> None:
        """Push one more commit of a student to the forge of the checkout's own state folder.

        second: change the second module.
        """
        by = replace(_PUSHED, when=_PUSHED.when + timedelta(days=1))
        with DiskForge(self.checkout / ".grader" / "forge").workspace(self.repo(student)) as git:
            tip = git.refs()["refs/heads/main"]
            files = {"tinytorch/trial.py": text.encode()} | ({"tinytorch/second.py": second.encode()} if second else {})
            git.write([NewCommit("refs/heads/main", (tip,), "more\n", files)], by)


def build(folder: Path, students: Sequence[str] = tuple(WORK), released: Sequence[str] = MODULES) -> World:
    """Make a world of these students, by their names in `WORK`, and of these modules."""
    checkout = Trial.build(folder / "course").folder
    suite = SUITE.replace("seconds=1.5", "seconds=3")  # these tests are not about the faults of a busy machine
    (checkout / "solutions" / "01_trial" / "test_trial.py").write_text(suite)
    (checkout / "course.yaml").write_text(COURSE + _SECOND)
    second = checkout / "solutions" / "02_second"
    second.mkdir()
    (second / "test_second.py").write_text(suite.replace("trial", "second"))
    (second / "second_helpers.py").write_text(HELPERS)
    (second / "second.py").write_text(SOLUTION)
    course = load_course(checkout / "course.yaml")
    pristine = folder / "pristine"
    pristine.mkdir()
    rows = [f"{name},{name.title()} Student,{name}-login,{name}@students.invalid,A,nick-{name}" for name in students]
    (pristine / "roster.csv").write_text("id,name,login,email,section,pseudonym\n" + "\n".join(rows) + "\n")
    roster = read_roster(pristine / "roster.csv")
    forge = DiskForge(pristine / "forge")
    modules = ", ".join(f'"{stem}": {{"stem": "{stem}"}}' for stem in released)
    _commit(forge, template_repo(course), {FACTS: f'{{"modules": {{{modules}}}}}'.encode()}, _STAFF)
    for name in students:
        files = {f"tinytorch/{stem}.py": WORK[name].encode() for stem in MODULES}
        repo = student_repo(course, roster.student(name))
        _commit(forge, repo, {"tinytorch/__init__.py": b"", **files}, _PUSHED)
    return World(folder, course, roster, tuple(released))


def _commit(forge: DiskForge, repo: str, files: dict[str, bytes], by: Signature) -> None:
    forge.create_repo(repo)
    with forge.workspace(repo) as git:
        (start,) = git.write([NewCommit("refs/heads/feedback", (), "begin\n", {"README.md": b""})], by)
        git.write([NewCommit("refs/heads/main", (start,), "work\n", files)], by)
