"""Grade on this machine: each task in its own process, as many at a time as there are cores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..classroom.forge import own_trouble
from ..course import Course
from ..grading.batch import grade_all
from ..grading.grade import Grader, Job
from ..grading.store import Store
from ..repository import RepositoryError
from ..scratch import Scratch
from .commit_pack import repository_at
from .executor import Ended, OnStep, Step, silent
from .task import Task, suites_here


@dataclass
class Processes:
    """Grade in jails on this machine.

    grader: its secret signs the records, and its store keeps them; workers: tasks at a time, by default the number of cores;
    folder: the sources of the tasks are relative to it
    """

    grader: Grader
    workers: int | None = None
    folder: Path = Path()
    _tasks: list[Task] = field(default_factory=list)

    def submit(self, tasks: Sequence[Task]) -> Mapping[str, str]:
        self._tasks += tasks
        return {}

    def ended(self, on_step: OnStep = silent) -> Iterator[Ended]:
        with Scratch.make("tasks") as scratch:
            by_job: dict[Job, Task] = {}
            for task in sorted(self._tasks, key=lambda task: task.module):  # so a suite is read once for all its tasks
                try:
                    source = repository_at(self.folder / task.source, scratch)
                    by_job[task.job(source)] = task
                except (RepositoryError, OSError) as error:
                    yield Ended(task, None, own_trouble(error))
            graded = grade_all(
                self.grader,
                list(by_job),
                workers=self.workers,
                on_progress=lambda step: on_step(Step(by_job[step.job], step.check, step.outcome)),
            )
            for result in graded:
                yield Ended(by_job[result.job], result.record, result.problem or "")


def work_on(
    tasks: Sequence[Task],
    course: Course,
    root: Path,
    *,
    packs: Path,
    kept: Path,
    workers: int | None = None,
) -> Iterator[Ended]:
    """Grade tasks of one round on a worker machine, which has the tasks, their packs and a checkout of the course at `root`.

    packs: the sources of the tasks are relative to this folder; kept: the folder for the records, signed with the tasks' key
    """
    fit: list[Task] = []
    wanted = {task.module for task in tasks}
    suites = suites_here(root, course, [module for module in course.written if module.stem in wanted])
    for task in tasks:
        if trouble := task.misfit(course, suites):
            yield Ended(task, None, trouble)
        else:
            fit.append(task)
    if fit:
        first = fit[0]
        grader = Grader(root, course, first.signing_key, Store(kept), first.required, limits=first.limits)
        executor = Processes(grader, workers, packs)
        executor.submit(fit)
        yield from executor.ended()
