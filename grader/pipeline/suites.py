"""The suites that have graded, remembered in the state folder; and the question what a withdrawal means in a changed one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ..counted import counted
from ..course import Module
from ..files import write_atomic
from ..gradebook.book import Gradebook
from ..gradebook.changes import changes, lines
from ..gradebook.entries import Entry, Kind, in_force
from ..gradebook.own_code import codes_of
from ..gradebook.withdrawals import GONE, KnownSuite, Unsettled, expanded, goes_on, unsettled, without
from ..grading.course_secret import SecretError
from ..grading.store import Store
from ..grading.suite import SuiteError, suite_of
from .workspace import Workspace, WorkspaceError

FOLDER = "suites"


class UnsettledError(WorkspaceError):
    """A check is withdrawn, it is another one in a newer suite, and nobody has said what that means."""


def remember(workspace: Workspace, modules: Iterable[Module]) -> None:
    """Note what the checks of the suites as they are now are made of: these suites grade now."""
    for module in modules:
        suite = _now(workspace, module)
        if suite and not (path := _path_of(workspace, suite)).exists():
            since = datetime.now(UTC).replace(microsecond=0).isoformat()
            known = {"module": suite.module, "digest": suite.digest, "since": since, "codes": dict(suite.codes)}
            write_atomic(path, json.dumps(known, indent=1, sort_keys=True) + "\n")


def _path_of(workspace: Workspace, suite: KnownSuite) -> Path:
    return workspace.state / FOLDER / suite.module / f"{suite.digest[:16]}.json"


def known_suites(workspace: Workspace, entries: Iterable[Entry]) -> list[KnownSuite]:
    """Of modules in which a check is withdrawn: the suites as they are now, and the others that have graded."""
    wanted = {entry.module or "" for entry in in_force(entries) if entry.kind is Kind.INCIDENT}
    found: list[KnownSuite] = []
    for module in workspace.course.written:
        for name in sorted(wanted.intersection(module.stems)):  # a decision may call the module by an earlier stem
            now = _now(workspace, module)
            folders = (workspace.state / FOLDER / stem for stem in module.stems)
            past = [_read(path) for folder in folders for path in sorted(folder.glob("[!.]*.json"))]
            suites = [now, *(it for it in past if it.digest != now.digest)] if now else past
            found += [replace(suite, module=name) for suite in suites]
    return found


def about_to_grade(workspace: Workspace, entries: Sequence[Entry], modules: Sequence[Module]) -> list[str]:
    """Refuse where a check is withdrawn and is another one in the suite as it is now; else remember the suites that grade.

    Returns what staff should know, a line each.
    """
    notes: list[str] = []
    if any(entry.kind is Kind.INCIDENT for entry in entries):
        with workspace.gradebook() as book:
            notes += read_records(workspace, book)
            settled(workspace, entries, book, modules)
        notes += _stays_withdrawn(workspace, entries, {module.stem for module in modules})
    remember(workspace, modules)
    return notes


def _stays_withdrawn(workspace: Workspace, entries: Sequence[Entry], modules: Set[str]) -> Iterator[str]:
    """Name, once for each new suite, the withdrawn checks that have stayed the same in it."""
    for entry, check, suite in goes_on(entries, known_suites(workspace, entries)):
        if suite.module in modules and not _path_of(workspace, suite).exists():
            same = f"it is the same in suite {suite.digest[:12]}"
            yield f"{suite.module}: {check} stays withdrawn (decision {entry.id}): {same}"


def settled(
    workspace: Workspace, entries: Sequence[Entry], book: Gradebook, grading: Iterable[Module] = ()
) -> list[Entry]:
    """The decisions as scores follow from them; UnsettledError where staff have to decide before scores may change.

    grading: modules that are about to be graded by the suites as they are now; else asked are those that have graded
    """
    suites = known_suites(workspace, entries)
    soon = {stem for module in grading for stem in module.stems}
    asked = [
        one
        for one in unsettled(entries, suites)
        if (one.suite.since is None and one.suite.module in soon) or one.suite.digest in book.suites(one.suite.module)
    ]
    if asked:
        raise UnsettledError("\n".join(_asks(workspace, one, entries, book, suites) for one in asked))
    return expanded(entries, suites)


def read_records(workspace: Workspace, book: Gradebook) -> list[str]:
    """Read the records on disk into `book`. Returns what staff should know, a line each.

    Staff may decide on a machine that has not the secret: then the gradebook is taken as it is.
    """
    records = Store(workspace.state).records
    if not records.is_dir():
        return []
    try:
        secret = workspace.secret
    except SecretError:
        return ["the course's secret is not here, so no record is read: changes are told as far as the gradebook knows"]
    refused = book.fill(records, secret).refused
    return [f"without {counted(len(refused), 'record')} that `grader report` refuses"] if refused else []


def _asks(
    workspace: Workspace, one: Unsettled, entries: Sequence[Entry], book: Gradebook, suites: Sequence[KnownSuite]
) -> str:
    """The decision, what has changed, who loses what, and the two commands."""
    entry, module = one.entry, one.suite.module
    gone = one.code == GONE
    what = "is gone, or has another name," if gone else "has changed, and may be mended,"
    everybody = dict.fromkeys(book.students())
    kept = expanded([*entries, answer(one, carried=True, author=entry.author, reason=entry.reason)], suites)
    held = book.standings(workspace.course, everybody, kept)
    lost = list(
        changes(
            held, book.standings(workspace.course, everybody, expanded(without(entries, one.check, module), suites))
        )
    )
    sign = "--by NAME --reason TEXT"
    name = " --check NEW_NAME" if gone else ""
    return "\n".join(
        [
            f"{module}: {one.check} is withdrawn (decision {entry.id} by {entry.author}: {entry.reason}). The check {what} in "
            f"suite {one.suite.digest[:12]}. No score has changed yet. Say what holds now:",
            f"  grader decide carry {entry.id}{name} {sign}    it stays withdrawn in the new suite too",
            f"  grader decide end {entry.id} {sign}    it counts again in the new suite; what was graded before keeps the points",
            "Who has points by it, and would lose them where the new suite does not give them:",
            *(lines(lost) or ["  nobody"]),
        ]
    )


def answer(one: Unsettled, *, carried: bool, author: str, reason: str, check: str | None = None) -> Entry:
    """The decision that settles it. check: the name that the check has in the new suite"""
    name = check or one.check
    return Entry(
        kind=Kind.CARRIED if carried else Kind.ENDED,
        decision=one.entry.id,
        check=name if name != one.entry.check else None,
        suite=one.suite.digest,
        code=one.suite.codes.get(name, one.code),
        at=datetime.now(UTC).replace(microsecond=0),
        author=author,
        reason=reason,
    )


def _now(workspace: Workspace, module: Module) -> KnownSuite | None:
    """None where the suite has not been built."""
    try:
        suite = suite_of(workspace.root, module)
    except SuiteError:
        return None
    return KnownSuite(module.stem, suite.digest, codes_of(suite))


def _read(path: Path) -> KnownSuite:
    try:
        facts = json.loads(path.read_bytes())
        codes = {str(check): str(code) for check, code in facts["codes"].items()}
        since = datetime.fromisoformat(facts["since"])
        return KnownSuite(str(facts["module"]), str(facts["digest"]), codes, since.astimezone(UTC))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WorkspaceError(
            f"{path} does not say what a suite was made of ({error!r}). Fetch it anew, or delete it"
        ) from error
