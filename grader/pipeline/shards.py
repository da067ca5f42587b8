"""Grade on the machines of a workflow, which have neither a token nor the secret, by way of a folder.

`submit` writes `plan.json` and, in `packs/`, the commit of each submission. `grade_shard` runs on each machine and writes its
records into `graded/NAME/`. `ended` reads these records back, and does not trust them: the step `record` checks them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..bounds import STUDENTS
from ..course import Course
from ..course.problem import first_problem
from ..errors import GraderError
from ..files import write_atomic
from ..grading.store import RecordError, document_at, record_in, safe_name
from ..repository import RepositoryError
from ..scratch import Scratch, sweep
from .commit_pack import pack
from .executor import Ended, OnStep, silent
from .processes import work_on
from .task import Task

PLAN = "plan.json"
MOST_SHARDS = 256  # GitHub's limit for the jobs of a matrix


class PlanError(GraderError):
    """Report that a plan cannot be made, read or carried out."""


class Shard(BaseModel):
    """Hold the tasks of one machine: all modules of some students."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    tasks: tuple[Task, ...]


class Plan(BaseModel):
    """Hold all shards of one round."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)

    schema_: Literal["tinytorch/plan/v2"] = Field(default="tinytorch/plan/v2", alias="schema")
    shards: tuple[Shard, ...]

    @property
    def tasks(self) -> tuple[Task, ...]:
        return tuple(task for shard in self.shards for task in shard.tasks)

    def shard(self, name: str) -> Shard:
        found = next((shard for shard in self.shards if shard.name == name), None)
        if found is None:
            there = f"they are {self.shards[0].name} to {self.shards[-1].name}" if self.shards else "it has none"
            raise PlanError(f"the plan has no shard {name!r}; {there}")
        return found


@dataclass(frozen=True)
class Shards:
    """Grade on other machines, by way of `folder`."""

    folder: Path
    per_shard: int = 30

    def submit(self, tasks: Sequence[Task]) -> Mapping[str, str]:
        """Write the plan. An earlier plan and its records stay until the new plan is complete."""
        failed: dict[str, str] = {}
        groups: list[list[Task]] = []
        by_student: dict[str, list[Task]] = {}
        for task in tasks:
            by_student.setdefault(task.student, []).append(task)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        sweep(self.folder.parent)
        with Scratch.make("plan", self.folder.parent) as draft:
            for student, own in by_student.items():
                try:
                    groups.append([_packed(task, draft) for task in own])
                except RepositoryError as error:
                    failed[student] = str(error)
            plan = Plan(shards=tuple(_shards(groups, self.per_shard)))
            write_atomic(draft / PLAN, plan.model_dump_json(by_alias=True, indent=1) + "\n")
            self._replace(draft)
        return failed

    def ended(self, on_step: OnStep = silent) -> Iterator[Ended]:
        """Read every record that the machines have written into the folder. on_step: not used"""
        asked = {task.id: task for task in read_plan(self.folder).tasks}
        for path in sorted((self.folder / "graded").rglob("records/*/*/[!.]*.json")):
            try:
                record = record_in(document_at(path))
            except RecordError as error:
                yield Ended(None, None, str(error), str(path))
                continue
            task = asked.get((record.student, record.module, record.commit))
            here = task.model_copy(update={"source": str(self.folder / task.source)}) if task else None
            yield Ended(here, record, place=str(path))

    def _replace(self, draft: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("packs", "graded"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for made in sorted(draft.iterdir()):  # packs/ comes before plan.json, which names the packs
            made.replace(self.folder / made.name)


def grade_shard(folder: Path, name: str, course: Course, root: Path, *, workers: int | None = None) -> Iterator[Ended]:
    """Grade one shard of the plan in `folder` on this machine, and write the records into that folder."""
    tasks = read_plan(folder).shard(name).tasks
    yield from work_on(tasks, course, root, packs=folder, kept=folder / "graded" / name, workers=workers)


def read_plan(path: Path) -> Plan:
    """Read the plan at `path`, which is the folder or its plan.json."""
    file = path / PLAN if path.is_dir() else path
    try:
        return Plan.model_validate_json(file.read_bytes())
    except FileNotFoundError as error:
        raise PlanError(f"there is no plan at {file}. `grader plan` makes one") from error
    except ValidationError as error:
        raise PlanError(f"{file} is not a plan: {first_problem(error)}. `grader plan` makes one") from error


def _packed(task: Task, folder: Path) -> Task:
    """Put the task's commit into `folder`, once for all modules, and name it as the task's source."""
    name = f"packs/{safe_name(task.student)}-{task.commit}.pack"
    if not (folder / name).exists():
        write_atomic(folder / name, pack(task.source, task.commit, STUDENTS.on(folder)))
    return task.model_copy(update={"source": name})


def _shards(groups: Sequence[Sequence[Task]], per_shard: int) -> Iterator[Shard]:
    """Divide the students into shards of nearly equal size: `per_shard` students, or more if there were too many shards."""
    count = min(-(-len(groups) // per_shard), MOST_SHARDS)
    for number in range(count):
        share = groups[len(groups) * number // count : len(groups) * (number + 1) // count]
        yield Shard(name=f"{number + 1:03d}", tasks=tuple(task for group in share for task in group))
