"""What there is to grade now, in shards: made where a token is, graded where no secret is, taken in where students' code is not.

A plan is a folder: `plan.json`, and in `packs/` the commit of each submission, so that whoever grades needs no forge. The
plan brings the seeds of the random inputs and a key of its own to sign with: neither is the course's secret.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..bounds import STUDENTS
from ..classroom.forge import Forge
from ..classroom.roster import Roster
from ..course import Course, Module
from ..errors import GraderError
from ..files import write_atomic
from ..grading.grade import Grader, Job
from ..grading.store import Store, safe_name
from ..grading.submission import SubmissionError
from ..grading.suite import suite_of
from ..repository import RepositoryError
from .collect import Submission, collect
from .packs import pack

PLAN = "plan.json"
MOST_SHARDS = 256  # jobs that a matrix may have


class PlanError(GraderError):
    """A plan cannot be made, read or carried out."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Task(_Part):
    """One module of one submission."""

    student: str
    repo: str
    commit: str
    module: str
    submitted_at: datetime | None
    seed: str = Field(repr=False)


class Shard(_Part):
    """What one machine grades: all modules of some students."""

    name: str
    tasks: tuple[Task, ...]


class Plan(_Part):
    schema_: Literal["tinytorch/plan/v1"] = Field(default="tinytorch/plan/v1", alias="schema")
    course: str
    made_at: datetime
    key: str = Field(repr=False)
    shards: tuple[Shard, ...]

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)

    @property
    def tasks(self) -> tuple[Task, ...]:
        return tuple(task for shard in self.shards for task in shard.tasks)

    @property
    def signing_key(self) -> bytes:
        return self.key.encode()

    def shard(self, name: str) -> Shard:
        found = next((shard for shard in self.shards if shard.name == name), None)
        if found is None:
            there = f"they are {self.shards[0].name} to {self.shards[-1].name}" if self.shards else "it has none"
            raise PlanError(f"the plan has no shard {name!r}; {there}")
        return found


def make_plan(
    course: Course,
    roster: Roster,
    forge: Forge,
    modules: Sequence[Module],
    folder: Path,
    *,
    root: Path,
    store: Store,
    secret: bytes,
    per_shard: int,
    again: bool = False,
) -> tuple[Plan, list[str]]:
    """Ask the forge what has moved, and write the plan into `folder`, with what it could not read, one line each.

    store: the records there are; again: also what they say has been graded with the suites as they are now
    """
    collected = collect(course, roster, forge)
    problems = [f"{student}: {reason}" for student, reason in collected.missing.items()]
    if problems and not collected.submissions:
        raise PlanError(f"nobody's repository could be read, so there is nothing to plan: {problems[0]}")
    grader = Grader(root, course, secret, store)
    digests = {module.id: suite_of(root, module.id, module.stem).digest for module in modules}
    groups: list[tuple[Task, ...]] = []
    folder.mkdir(parents=True, exist_ok=True)
    for one in collected.submissions:
        wanted = [m for m in modules if again or not store.complete_of(one.student, m.id, one.commit, digests[m.id])]
        if not wanted:
            continue
        try:
            tasks = tuple(_tasks(grader, one, wanted))
            write_atomic(pack_of(folder, one.student, one.commit), pack(one.url, one.commit, STUDENTS.on(folder)))
        except (RepositoryError, SubmissionError) as error:
            problems.append(f"{one.student}: {error}")
        else:
            groups.append(tasks)
    plan = Plan(
        course=course.slug,
        made_at=datetime.now(UTC).replace(microsecond=0),
        key=secrets.token_hex(32),
        shards=tuple(_shards(groups, per_shard)),
    )
    write_atomic(folder / PLAN, plan.model_dump_json(by_alias=True, indent=1) + "\n")
    return plan, problems


def read_plan(path: Path) -> Plan:
    """The plan at `path`: the folder, or its plan.json."""
    file = path / PLAN if path.is_dir() else path
    try:
        return Plan.model_validate_json(file.read_bytes())
    except FileNotFoundError as error:
        raise PlanError(f"there is no plan at {file}. `grader plan` makes one") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the document"
        raise PlanError(f"{file} is not a plan: {place}: {first['msg']}. `grader plan` makes one") from error


def pack_of(folder: Path, student: str, commit: str) -> Path:
    return folder / "packs" / f"{safe_name(student)}-{commit}.pack"


def _tasks(grader: Grader, one: Submission, modules: Sequence[Module]) -> Iterator[Task]:
    files = grader.submission(Job(one.student, one.url, one.commit, modules[0].id))
    for module in modules:
        yield Task(
            student=one.student,
            repo=one.repo,
            commit=one.commit,
            module=module.id,
            submitted_at=one.submitted_at,
            seed=grader.seed_of(one.student, module, files),
        )


def _shards(groups: Sequence[tuple[Task, ...]], per_shard: int) -> Iterator[Shard]:
    """So many students in each, or more where a matrix would get too long; of nearly the same size."""
    count = min(-(-len(groups) // per_shard), MOST_SHARDS)
    for number in range(count):
        share = groups[len(groups) * number // count : len(groups) * (number + 1) // count]
        yield Shard(name=f"{number + 1:03d}", tasks=tuple(task for group in share for task in group))
