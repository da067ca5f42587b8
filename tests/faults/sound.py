"""Check what must hold after faults and a rerun: nothing is lost, doubled, half-written or left over."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from grader.classroom.disk import DiskForge
from grader.grading.course_secret import course_secret
from grader.grading.record import Record
from tests.on_disk import comments_of, pulls_of

from .world import World

Scores = dict[tuple[str, str], tuple[tuple[str, str, int], ...]]


@dataclass(frozen=True)
class Outcome:
    """Hold what a term's round leaves behind, without times and digests."""

    scores: Scores
    posted: dict[str, dict[str, object]]
    reports: frozenset[str]


def outcome(world: World, state: Path) -> Outcome:
    records = [Record.model_validate_json(path.read_bytes()) for path in sorted((state / "records").rglob("*.json"))]
    scores = {
        (one.student, one.module): tuple((check.id, check.outcome.value, check.points) for check in one.checks)
        for one in records
    }
    posted = {student: _posted(world, state, student) for student in world.students}
    reports = frozenset(str(path.relative_to(state)) for path in (state / "reports").rglob("*") if path.is_file())
    return Outcome(scores, posted, reports)


def finished(state: Path) -> int:
    """Return how many records are complete."""
    return sum('"complete": true' in path.read_text() for path in (state / "records").rglob("[!.]*.json"))


def violations(world: World, state: Path, scratch: Path, expected: Outcome) -> list[str]:
    """Return every difference between the present state and the state after an undisturbed run."""
    return [
        *_records(world, state),
        *_gradebook(world, state),
        *_files(state, scratch),
        *_same(outcome(world, state), expected),
    ]


def _records(world: World, state: Path) -> Iterator[str]:
    secret = course_secret(state)
    found: Counter[tuple[str, str]] = Counter()
    for path in sorted((state / "records").rglob("*.json")):
        record = Record.model_validate_json(path.read_bytes())
        found[record.student, record.module] += 1
        if not record.complete:
            yield f"{path}: the record is not complete"
        if not record.is_signed_by(secret):
            yield f"{path}: the signature does not fit"
    for student in world.students:
        for module in world.modules:
            if found[student, module] != 1:
                yield f"{student} {module}: {found[student, module]} records"


def _gradebook(world: World, state: Path) -> Iterator[str]:
    with closing(sqlite3.connect(state / "gradebook.sqlite")) as book:
        (said,) = book.execute("PRAGMA integrity_check").fetchone()
        if said != "ok":
            yield f"gradebook: {said}"
        rows = Counter(book.execute("SELECT student, module FROM records WHERE clean"))
        checks = dict(book.execute("SELECT record_id, count(*) FROM checks GROUP BY record_id"))
        ids = [number for (number,) in book.execute("SELECT id FROM records")]
    for student in world.students:
        for module in world.modules:
            if rows[student, module] != 1:
                yield f"gradebook: {rows[student, module]} finished rows for {student} {module}"
    for number in ids:
        if checks.get(number) != 4:
            yield f"gradebook: record {number} has {checks.get(number)} checks"


def _files(state: Path, scratch: Path) -> Iterator[str]:
    for path in scratch.rglob("*"):
        yield f"left in the folder for temporary files: {path.relative_to(scratch)}"
    for path in state.rglob("*"):
        name = path.name
        if name.endswith((".tmp", ".lock", "-journal")) or name.startswith((".new-", "tmp_", "fast_import_crash_")):
            yield f"left over: {path.relative_to(state)}"
        elif path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".html" and not path.read_text(encoding="utf-8").rstrip().endswith("</html>"):
            yield f"half a page: {path.relative_to(state)}"
    for bare in sorted((state / "forge" / "repos").iterdir()):
        done = subprocess.run(
            ["git", f"--git-dir={bare}", "fsck", "--strict", "--no-dangling"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            yield f"{bare.name}: {done.stderr.strip()}"


def _same(found: Outcome, expected: Outcome) -> Iterator[str]:
    for key, checks in expected.scores.items():
        if found.scores.get(key) != checks:
            yield f"{key}: {found.scores.get(key)} instead of {checks}"
    for student, posted in expected.posted.items():
        if found.posted[student] != posted:
            yield f"{student}: posted {found.posted[student]} instead of {posted}"
    if found.reports != expected.reports:
        yield f"other reports: {sorted(found.reports ^ expected.reports)}"


def _posted(world: World, state: Path, student: str) -> dict[str, object]:
    """Return statuses, comments, pull requests and badges of one student, without times."""
    forge, repo = DiskForge(state / "forge"), world.repo(student)
    head = forge.head(repo)
    assert head is not None
    pulls = pulls_of(forge, repo)
    with forge.workspace(repo) as git:
        badges = git.refs().get("refs/heads/badges")
        commits = len(git.git("rev-list", badges).split()) if badges else 0
        files = {entry.path: entry.id for entry in git.tree(badges)} if badges else {}
    return {
        "statuses": sorted((one.context, one.state.value, one.description) for one in forge.statuses(repo, head)),
        "comments": {
            key: text.splitlines()[0] for p in pulls for key, text in comments_of(forge, repo, p.number).items()
        },
        "pulls": [(pull.number, pull.head, pull.base) for pull in pulls],
        "badge commits": commits,
        "badges": files,
    }
