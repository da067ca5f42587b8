"""Remember the suites that have graded, and ask staff what a withdrawal means in a suite that has changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ..counted import counted
from ..course import Module
from ..files import write_atomic
from ..gradebook.changes import changes, lines
from ..gradebook.check_code import codes_of
from ..gradebook.entries import Entry, Kind, in_force
from ..gradebook.gradebook import Gradebook
from ..gradebook.withdrawals import GONE, KnownSuite, Unsettled, expanded, goes_on, unsettled, without
from ..grading.course_secret import SecretError
from ..grading.store import Store
from ..grading.suite import SuiteError, suite_of
from .workspace import Workspace, WorkspaceError

FOLDER = "suites"


class UnsettledError(WorkspaceError):
    """Ask staff whether a withdrawal still holds, because the check has changed in a newer suite."""


def remember(workspace: Workspace, modules: Iterable[Module]) -> None:
    """Write down the digest of each check's code in the current suites, which are about to grade."""
    for module in modules:
        suite = _now(workspace, module)
        if suite and not (path := _path_of(workspace, suite)).exists():
            since = datetime.now(UTC).replace(microsecond=0).isoformat()
            known = {"module": suite.module, "digest": suite.digest, "since": since, "codes": dict(suite.codes)}
            write_atomic(path, json.dumps(known, indent=1, sort_keys=True) + "\n")


def _path_of(workspace: Workspace, suite: KnownSuite) -> Path:
    return workspace.state / FOLDER / suite.module / f"{suite.digest[:16]}.json"


def known_suites(workspace: Workspace, entries: Iterable[Entry]) -> list[KnownSuite]:
    """Return, for each module with a withdrawn check, the current suite and the earlier suites that have graded."""
    wanted = {entry.module or "" for entry in in_force(entries) if entry.kind is Kind.INCIDENT}
    found: list[KnownSuite] = []
    for module in workspace.course.written:
        for name in sorted(wanted.intersection(module.stems)):  # a decision may call the module by an earlier stem
            now = _now(workspace, module)
            folders = (workspace.state / FOLDER / stem for stem in module.stems)
            past = [_read(path) for folder in folders for path in sorted(folder.glob("[!.]*.json"))]
            suites = [now, *(suite for suite in past if suite.digest != now.digest)] if now else past
            found += [replace(suite, module=name) for suite in suites]
    return found


def about_to_grade(
    workspace: Workspace, book: Gradebook, entries: Sequence[Entry], modules: Sequence[Module]
) -> list[str]:
    """Remember the current suites. But first refuse if a withdrawn check has changed in one of them.

    book: holds all records. Return what staff should know, a line each.
    """
    settled(workspace, entries, book, modules)
    notes = [*_stays_withdrawn(workspace, entries, {module.stem for module in modules})]
    remember(workspace, modules)
    return notes


def _stays_withdrawn(workspace: Workspace, entries: Sequence[Entry], modules: Set[str]) -> Iterator[str]:
    """Yield, once for each new suite, a line for each withdrawn check whose code is the same in it."""
    for entry, check, suite in goes_on(entries, known_suites(workspace, entries)):
        if suite.module in modules and not _path_of(workspace, suite).exists():
            same = f"it is the same in suite {suite.digest[:12]}"
            yield f"{suite.module}: {check} stays withdrawn (decision {entry.id}): {same}"


def settled(
    workspace: Workspace, entries: Sequence[Entry], book: Gradebook, grading: Iterable[Module] = ()
) -> list[Entry]:
    """Return the decisions from which scores are computed, or raise UnsettledError if staff must decide first.

    grading: modules that the current suites are about to grade. Other current suites matter only if they have graded
    """
    suites = known_suites(workspace, entries)
    soon = {stem for module in grading for stem in module.stems}

    def matters(suite: KnownSuite) -> bool:
        return (suite.since is None and suite.module in soon) or suite.digest in book.suites(suite.module)

    questions = [question for question in unsettled(entries, suites) if matters(question.suite)]
    if questions:
        raise UnsettledError("\n".join(_asked(workspace, question, entries, book, suites) for question in questions))
    return expanded(entries, suites)


def read_records(workspace: Workspace, book: Gradebook) -> list[str]:
    """Read the records on disk into `book`. Return what staff should know, a line each.

    Staff may decide on a machine without the secret. Then the gradebook stays as it is.
    """
    records = Store(workspace.state).records
    if not records.is_dir():
        return []
    try:
        secret = workspace.secret
    except SecretError:
        return ["the course's secret is not here, so no record was read: what follows is from the gradebook alone"]
    refused = book.fill(records, secret).refused
    return [f"without {counted(len(refused), 'record')} that `grader report` refuses"] if refused else []


def _asked(
    workspace: Workspace, question: Unsettled, entries: Sequence[Entry], book: Gradebook, suites: Sequence[KnownSuite]
) -> str:
    """Write the question for staff: the decision, what has changed, the two commands, and who would lose points."""
    entry, module = question.entry, question.suite.module
    gone = question.code == GONE
    what = "is gone, or has another name," if gone else "has changed, and may be mended,"
    everybody = dict.fromkeys(book.students())
    kept = expanded([*entries, answer(question, carried=True, author=entry.author, reason=entry.reason)], suites)
    held = book.standings(workspace.course, everybody, kept)
    lost = list(
        changes(
            held,
            book.standings(workspace.course, everybody, expanded(without(entries, question.check, module), suites)),
        )
    )
    sign = "--by NAME --reason TEXT"
    name = " --check NEW_NAME" if gone else ""
    return "\n".join(
        [
            f"{module}: {question.check} is withdrawn (decision {entry.id} by {entry.author}: {entry.reason}). The check {what} "
            f"in suite {question.suite.digest[:12]}. No score has changed yet. Decide what holds now:",
            f"  grader decide carry {entry.id}{name} {sign}    the check stays withdrawn in the new suite too",
            f"  grader decide end {entry.id} {sign}    the check counts again in the new suite; earlier grades keep its points",
            "Students who have points from the withdrawal, and would lose them if the new suite does not give them:",
            *(lines(lost) or ["  nobody"]),
        ]
    )


def answer(question: Unsettled, *, carried: bool, author: str, reason: str, check: str | None = None) -> Entry:
    """Return the decision that answers the question. check: the name of the check in the new suite"""
    name = check or question.check
    return Entry(
        kind=Kind.CARRIED if carried else Kind.ENDED,
        decision=question.entry.id,
        check=name if name != question.entry.check else None,
        suite=question.suite.digest,
        code=question.suite.codes.get(name, question.code),
        at=datetime.now(UTC).replace(microsecond=0),
        author=author,
        reason=reason,
    )


def _now(workspace: Workspace, module: Module) -> KnownSuite | None:
    """Return the current suite of a module, or None if it has not been built."""
    try:
        suite = suite_of(workspace.root, workspace.course, module)
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
            f"{path} is damaged: it should describe a suite that has graded ({error!r}). Fetch it again, or delete it"
        ) from error
