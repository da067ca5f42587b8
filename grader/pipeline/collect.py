"""Collect: find out what students have pushed, and make the tasks that grade it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from ..classroom.forge import AT_ONCE, own_trouble
from ..classroom.pushes import Push, find_pushes
from ..classroom.roster import Roster
from ..course import Module
from ..editions.stale import require_built
from ..grading.store import Store
from ..grading.submission import SubmissionError
from ..repository import RepositoryError
from ..scratch import sweep_drafts
from .known_suites import about_to_grade, read_records
from .task import Task, TaskMaker, suites_here
from .term import Term
from .workspace import WorkspaceError


@dataclass(frozen=True)
class Collection:
    """Hold the tasks to grade. missing: by student, why there is no task; notes: what staff should know before grading"""

    tasks: tuple[Task, ...]
    missing: Mapping[str, str]
    notes: tuple[str, ...]


def collect(
    term: Term, modules: Sequence[Module] | None = None, roster: Roster | None = None, *, new_only: bool = False
) -> Collection:
    """Make a task for each student and module.

    modules: by default, all released modules; roster: by default, the whole class
    new_only: leave out commits that have a grade by the current suites
    """
    workspace = term.workspace
    sweep_drafts(workspace.state)
    with workspace.gradebook() as book:  # report mistakes now, not after an hour of grading
        notes = read_records(workspace, book)  # a workflow begins with an empty gradebook
        book.require_known(term.course)
        _ = term.decisions
        chosen = _chosen(term, modules)
        require_built(workspace.root, chosen)
        notes += about_to_grade(workspace, book, term.decisions.entries, chosen)
    if not chosen:
        notes.append(
            "no module has been released yet, so there is nothing to grade: `grader release` releases the first"
        )
    pushes = find_pushes(term.course, roster or term.roster, term.forge)
    missing = dict(pushes.missing)
    maker = TaskMaker(workspace.grader(), suites_here(workspace.root, term.course, chosen))
    kept = Store(workspace.state)
    tasks: list[Task] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = pool.map(partial(_tasks, maker, chosen, kept if new_only else None), pushes.found)
        for push, found in zip(pushes.found, made, strict=True):
            if isinstance(found, str):
                missing[push.student] = found
            else:
                tasks += found
    return Collection(tuple(tasks), missing, tuple(notes))


def _chosen(term: Term, modules: Sequence[Module] | None) -> tuple[Module, ...]:
    released = term.released()
    early = [module.numbered for module in modules or () if module not in released]
    if early:
        raise WorkspaceError(f"{', '.join(early)} has not been released: nobody can have handed it in")
    return released if modules is None else tuple(modules)


def _tasks(maker: TaskMaker, modules: Sequence[Module], kept: Store | None, push: Push) -> list[Task] | str:
    """Return the tasks of one push, or why the push cannot be read. kept: no task is made for a grade in this store"""
    wanted = [
        module
        for module in modules
        if kept is None
        or not any(
            kept.complete_of(push.student, stem, push.commit, maker.suites[module.stem]) for stem in module.stems
        )
    ]
    try:
        return maker.tasks(push, wanted)
    except (RepositoryError, SubmissionError, OSError) as error:
        return own_trouble(error)
