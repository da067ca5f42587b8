"""Hold what a release would do, as data: a dry run prints it, `apply` carries it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from grader.course import Module
from grader.repository import NewCommit

from .forge import PullRequest
from .three_way import Action


class Verb(StrEnum):
    CREATE = "create"  # a new repository with the whole content on main
    OFFER = "offer"  # a branch and a pull request
    RESUME = "resume"  # the branch exists without its pull request, because an earlier run was stopped
    REFRESH = "refresh"  # only the branch `starter`, which holds the course's files as handed out
    NOTHING = "nothing"
    BROKEN = "broken"  # the release cannot reach it; `note` says why


@dataclass(frozen=True)
class RepoPlan:
    """Hold what a release does to one repository."""

    repo: str
    verb: Verb
    writers: tuple[str, ...] = ()
    actions: Mapping[str, Action] = field(default_factory=dict)
    changes: tuple[NewCommit, ...] = ()
    pull: PullRequest | None = None  # the number is not known yet
    note: str = ""

    @property
    def conflicts(self) -> tuple[str, ...]:
        return tuple(path for path, action in self.actions.items() if action is Action.CONFLICT)

    def text(self) -> str:
        """Return one line: what would be done, and the files that stay as the student has them."""
        counts = Counter(self.actions.values())
        words = {
            Action.ADD: "add",
            Action.UPDATE: "update",
            Action.REMOVE: "remove",
            Action.MOVE: "move",
            Action.CONFLICT: "leave",
        }
        parts = [f"{word} {counts[action]}" for action, word in words.items() if counts[action]]
        kept = f" ({', '.join(self.conflicts)})" if self.conflicts else ""
        return " ".join(filter(None, [f"{self.repo}: {self.verb}", ", ".join(parts) + kept, self.note]))


@dataclass(frozen=True)
class ReleasePlan:
    """Hold what a release would do. `module` is None if it only updates the course's own files."""

    module: Module | None
    released: tuple[Module, ...]
    template: RepoPlan
    students: tuple[RepoPlan, ...]

    @property
    def empty(self) -> bool:
        return all(one.verb is Verb.NOTHING for one in (self.template, *self.students))

    def text(self) -> str:
        what = self.module.numbered if self.module else "the course's own files"
        return "\n".join([f"release of {what}", *(f"  {one.text()}" for one in (self.template, *self.students))])


@dataclass(frozen=True)
class Applied:
    """Hold what was done, and what failed. Trouble with one repository does not stop the others."""

    done: tuple[str, ...]
    failed: Mapping[str, str]
    pulls: Mapping[str, PullRequest]
