"""Make the content of a release, and compare it with one repository. This file only reads and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grader.course import Course, Module
from grader.files import blob_id
from grader.repository import NewCommit, Repository, Signature, TreeEntry

from .forge import FEEDBACK, HEADS, MAIN, RELEASES, STARTER, Forge, ForgeError, PullRequest
from .pull_request_text import pull_body, pull_title
from .release_plan import RepoPlan, Verb
from .repo_facts import FACTS, given_files
from .roster import Student
from .three_way import Action, decide, merge_readme

README = "README.md"
MAX_RELEASES = 100  # the course makes one branch for each module, and the release looks at each


@dataclass(frozen=True)
class _Seen:
    """Hold a student's repository as a release finds it. `documents` has the facts file of each of these commits."""

    git: Repository
    main: str
    starter: str | None
    releases: Mapping[str, str]
    documents: Mapping[str, bytes | None]

    @classmethod
    def of(cls, git: Repository, refs: Mapping[str, str]) -> _Seen:
        main, starter = refs[HEADS + MAIN], refs.get(HEADS + STARTER)
        releases = {ref: tip for ref, tip in refs.items() if ref.startswith(RELEASES)}
        if len(releases) > MAX_RELEASES:
            raise ForgeError(f"it has {len(releases)} branches release/…; delete those that the course did not make")
        names = {tip: f"{tip}:{FACTS}" for tip in (main, starter, *releases.values()) if tip}
        found = git.look_up(names.values())
        return cls(git, main, starter, releases, {tip: found[name] for tip, name in names.items()})


@dataclass(frozen=True)
class Offer:
    """Hold the content of a release, and compare it with one repository."""

    course: Course
    module: Module | None
    released: tuple[Module, ...]
    files: Mapping[str, bytes]
    by: Signature

    @property
    def branch(self) -> str:
        return f"release/{self.module.stem if self.module else 'course'}"

    @property
    def message(self) -> str:
        return f"Release {self.module.numbered}: {self.module.title}" if self.module else "The course's own files"

    @property
    def facts(self) -> bytes:
        return self.files[FACTS]

    def to_template(self, repo: str, tip: str | None, before: list[TreeEntry]) -> RepoPlan:
        """Plan the template. It belongs to the course, so its main becomes exactly these files."""
        old = {entry.path: entry.id for entry in before}
        new = {path: blob_id(content) for path, content in self.files.items()}
        if tip is not None and old == new:
            return RepoPlan(repo, Verb.NOTHING)
        paths = sorted(old.keys() | new.keys())
        actions = {path: decide(old.get(path), old.get(path), new.get(path)) for path in paths}
        verb = Verb.OFFER if tip else Verb.CREATE
        return RepoPlan(repo, verb, actions=_visible(actions), changes=(self._whole(HEADS + MAIN, tip),))

    def to_student(self, repo: str, student: Student, forge: Forge, existing: set[str]) -> RepoPlan:
        if repo not in existing:
            return self._create(repo, student)
        with forge.workspace(repo) as git:
            refs = git.refs()
            if not refs:
                return self._create(repo, student)
            if HEADS + MAIN not in refs:
                return RepoPlan(
                    repo, Verb.BROKEN, note="it has no branch main; push a branch main, or rename the present branch"
                )
            seen = _Seen.of(git, refs)
            starter = seen.starter and seen.documents[seen.starter]
            changes = () if starter == self.facts else (self._whole(HEADS + STARTER, seen.starter),)
            up_to_date = {commit for commit, document in seen.documents.items() if document == self.facts}
            own = seen.releases.get(HEADS + self.branch)
            if own in up_to_date and seen.main not in up_to_date:
                return self._resume(repo, forge, seen, changes)
            if seen.main in up_to_date or up_to_date & set(seen.releases.values()):
                return RepoPlan(repo, Verb.REFRESH if changes else Verb.NOTHING, changes=changes)
            return self._offer(repo, seen, changes)

    def _create(self, repo: str, student: Student) -> RepoPlan:
        """Plan a new repository with everything released so far.

        `starter` and `feedback` start at the same commit as main.
        """
        whole = self._whole(HEADS + MAIN, None, also=(HEADS + STARTER, HEADS + FEEDBACK))
        actions = dict.fromkeys(self.files, Action.ADD)
        return RepoPlan(repo, Verb.CREATE, writers=(student.login,), actions=actions, changes=(whole,))

    def _offer(self, repo: str, seen: _Seen, changes: tuple[NewCommit, ...]) -> RepoPlan:
        """Plan a branch that the student can merge.

        It starts at the student's main, or at their own work on that branch.
        """
        git, ref = seen.git, HEADS + self.branch
        pending = {name: tip for name, tip in seen.releases.items() if not git.is_ancestor(tip, seen.main)}
        ours = {name: tip for name, tip in pending.items() if git.committer_email(tip) == self.by.email}
        start = pending[ref] if ref in pending and ref not in ours else seen.main
        actions, files = self._meet(git, start, given_files(seen.documents[start]))
        parents = (start, *_tops(git, set(ours.values()) - {start}, start))
        change = NewCommit(ref, parents, f"{self.message}\n", {**files, FACTS: self.facts})
        return RepoPlan(repo, Verb.OFFER, actions=actions, changes=(*changes, change), pull=self._pull(actions))

    def _resume(self, repo: str, forge: Forge, seen: _Seen, changes: tuple[NewCommit, ...]) -> RepoPlan:
        """Plan the pull request of a branch that is already there.

        The request may be missing because an earlier run was stopped.
        """
        if forge.pull_request(repo, self.branch, MAIN) is not None:
            return RepoPlan(repo, Verb.REFRESH if changes else Verb.NOTHING, changes=changes)
        actions, _ = self._meet(seen.git, seen.main, given_files(seen.documents[seen.main]))
        return RepoPlan(repo, Verb.RESUME, changes=changes, pull=self._pull(actions))

    def _pull(self, actions: Mapping[str, Action]) -> PullRequest:
        body = pull_body(self.module, self.released, actions)
        return PullRequest(0, self.branch, MAIN, pull_title(self.course, self.module), body)

    def _meet(
        self, git: Repository, start: str, given: Mapping[str, str]
    ) -> tuple[dict[str, Action], dict[str, bytes | None]]:
        """Apply the rule of three_way.py to each file, against the files of commit `start`."""
        have = {entry.path: entry for entry in git.tree(start)}
        folders = {folder for path in have for folder in _folders(path)}
        actions: dict[str, Action] = {}
        files: dict[str, bytes | None] = {}
        for path in sorted((self.files.keys() | given.keys()) - {FACTS}):
            ours = self.files.get(path)
            entry = have.get(path)
            action = decide(given.get(path), entry.id if entry else None, None if ours is None else blob_id(ours))
            in_the_way = path in folders or any(folder in have for folder in _folders(path))
            if in_the_way or (entry and entry.problem):  # a folder for a file, a file for a folder, a link, a submodule
                action = Action.CONFLICT
            elif path == README and action is Action.CONFLICT and entry and ours is not None and path in given:
                action, ours = _readme(git, given[path], entry.id, ours)
            if action in (Action.ADD, Action.UPDATE, Action.REMOVE):
                files[path] = ours
            actions[path] = action
        for old, new in self._renamed():
            mine = have.get(old)
            if mine is not None and actions.get(old) is Action.CONFLICT and actions.get(new) is Action.ADD:
                # the student's work continues under the module's new name
                files |= {new: git.blobs([mine.id])[mine.id], old: None}
                actions |= {old: Action.REMOVE, new: Action.MOVE}
        return _visible(actions), files

    def _renamed(self) -> Iterator[tuple[str, str]]:
        """Yield the earlier path and the present path of the files of renamed modules."""
        for module in self.released:
            yield from ((f"tinytorch/{old}.py", f"tinytorch/{module.stem}.py") for old in module.renamed_from)

    def _whole(self, ref: str, tip: str | None, also: tuple[str, ...] = ()) -> NewCommit:
        return NewCommit(ref, (tip,) if tip else (), f"{self.message}\n", self.files, empty=True, also=also)


def _readme(git: Repository, given: str, theirs: str, ours: bytes) -> tuple[Action, bytes]:
    """Merge the README, in which the course owns a block. Only that block has to be as it was given."""
    found = git.look_up([given, theirs])
    base, mine = found[given], found[theirs]
    if base is None or mine is None:
        return Action.CONFLICT, ours
    merged, conflict = merge_readme(base, mine, ours)
    if merged == mine:
        return Action.CONFLICT if conflict else Action.THEIRS, ours
    return Action.UPDATE, merged


def _tops(git: Repository, tips: set[str], start: str) -> list[str]:
    """Return the commits among `tips` that neither `start` nor another of them contains."""
    return sorted(git.independent({*tips, start}) & tips) if tips else []


def _folders(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _visible(actions: Mapping[str, Action]) -> dict[str, Action]:
    return {path: action for path, action in actions.items() if action is not Action.SAME}
