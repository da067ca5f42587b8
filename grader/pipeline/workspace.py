"""Where things are: the course's checkout, and the folder that holds what grading leaves behind."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import GraderError

if TYPE_CHECKING:
    from ..classroom.forge import Forge
    from ..classroom.roster import Roster, Student
    from ..classroom.staff import Helper
    from ..course import Course
    from ..gradebook.decisions import Decisions
    from ..gradebook.store import Gradebook
    from ..grading.grade import Grader
    from ..repository import Signature


class WorkspaceError(GraderError):
    """The command was given in the wrong place, or something it needs is not there yet."""


@dataclass(frozen=True)
class Workspace:
    """A checkout (`root`) and its state: secret, records, gradebook, reports, and the forge on disk by default."""

    root: Path
    state: Path

    @classmethod
    def here(cls, state: Path | None = None) -> Workspace:
        """The checkout that the current folder is in."""
        for folder in (Path.cwd(), *Path.cwd().parents):
            if (folder / "course.yaml").is_file() and (folder / "tinytorch_ref").is_dir():
                chosen = state or folder / ".grader"
                chosen.mkdir(parents=True, exist_ok=True, mode=0o700)
                _keep_out_others(chosen)
                return cls(folder, chosen)
        raise WorkspaceError("there is no course.yaml here or above. Run this inside a checkout of the course")

    @cached_property
    def course(self) -> Course:
        from ..course import load_course

        return load_course(self.root / "course.yaml")

    @cached_property
    def secret(self) -> bytes:
        from ..grading.secrets import course_secret

        return course_secret(self.state)

    def grader(self, *, required: int = 3, highest: int = 3, store: Path | None = None) -> Grader:
        """Grades into `store`; by default into the state folder, whose records are the course's."""
        from ..grading.grade import Grader
        from ..grading.store import Store

        return Grader(self.root, self.course, self.secret, Store(store or self.state), required, highest)

    @property
    def tries(self) -> Path:
        """Where `grader grade` keeps what it finds: never read by the gradebook, so a try is never a score."""
        return self.state / "tries"

    @property
    def regrades(self) -> Path:
        """Where a regrade keeps what it finds until it is made to count."""
        return self.state / "regrade"

    @property
    def reports(self) -> Path:
        return self.state / "reports"

    @property
    def gradebook_url(self) -> str:
        return f"sqlite:///{self.state / 'gradebook.sqlite'}"

    @cached_property
    def suites_now(self) -> dict[str, str]:
        """By module, the digest of the suite as it is now; without those that have not been built."""
        from ..grading.suite import SuiteError, suite_of

        found: dict[str, str] = {}
        for module in self.course.written:
            with suppress(SuiteError):  # grading says so; what was graded before can still be read
                found[module.id] = suite_of(self.root, module.id, module.stem).digest
        return found

    def gradebook(self) -> Gradebook:
        from ..gradebook.store import Gradebook

        return Gradebook(self.gradebook_url, suites_now=self.suites_now)

    def forge(self, where: str | None) -> Forge:
        """`github:ORG`, or a folder; by default the folder `forge` of the state."""
        if where and where.startswith("github:"):
            from ..classroom.github.connect import connect

            return connect(where, self.state / "github", os.environ)
        if where and ":" in where:
            raise WorkspaceError(f"--forge {where!r} is no folder, and an organisation is written github:ORG")
        from ..classroom.disk import DiskForge

        return DiskForge(Path(where) if where else self.state / "forge")

    @property
    def roster_file(self) -> Path:
        return self.state / "roster.csv"

    def staff(self, roster: Roster) -> tuple[Helper, ...] | None:
        """Who helps in which sections; None where there is no such file."""
        from ..classroom.staff import read_staff

        return read_staff(self.state / "staff.csv", roster)

    def roster(self, path: Path | None) -> Roster:
        from ..classroom.roster import read_roster

        chosen = path or self.roster_file
        if not chosen.is_file():
            raise WorkspaceError(
                f"there is no class list at {chosen}. Write one (id,name,login,email,section,pseudonym), make it from "
                "another system's with `grader roster import`, or name yours with --roster"
            )
        return read_roster(chosen)

    @property
    def decisions_file(self) -> Path:
        return self.state / "decisions.yaml"

    def decisions(self, roster: Roster) -> Decisions:
        """What staff have decided, if it fits this course and class."""
        from ..gradebook.decisions import read_decisions

        found = read_decisions(self.decisions_file)
        found.check(self.course, {student.id for student in roster.everyone})
        return found

    def signature(self) -> Signature:
        """Who makes the course's commits."""
        from datetime import UTC, datetime

        from ..repository import Signature

        return Signature(self.course.title, "course@invalid", datetime.now(UTC).replace(microsecond=0))


def find_student(roster: Roster, key: str) -> Student:
    """The student with this id or login, those who have dropped included."""
    from ..course.problem import nearest

    try:
        return roster.student(key)
    except KeyError as error:
        ids = [student.id for student in roster.everyone]
        mend = nearest(key, ids, "A student is named by id or login.")
        raise WorkspaceError(f"no student {key!r} in the class list. {mend}") from error


def in_section(roster: Roster, section: str | None) -> tuple[Student, ...]:
    """Who is enrolled in this section, or everybody if none is named."""
    from ..course.problem import did_you_mean

    chosen = tuple(student for student in roster.enrolled if section in (None, student.section))
    if section is not None and not chosen:
        known = sorted({student.section for student in roster.enrolled if student.section})
        raise WorkspaceError(f"nobody is in section {section!r}. {did_you_mean(section, known)}")
    return chosen


def _keep_out_others(state: Path) -> None:
    """Names, grades, hidden values: a state folder made by hand is as closed as one that we made, a staff group's aside."""
    status = state.stat()
    if status.st_mode & 0o007 and status.st_uid == os.geteuid():
        state.chmod(status.st_mode & 0o770)
