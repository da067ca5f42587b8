"""Collect the data about one student in files that the student can read, and find where it is stored, to remove it.

The files show of hidden checks the same as the student's reports do. Inputs and expected values belong to the course.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.classroom.roster import COLUMNS, Student
from grader.classroom.roster import written as as_csv
from grader.gradebook.entries import Entry, revoked
from grader.gradebook.scores import Earned, Score, Standing
from grader.grading.record import Record
from grader.grading.store import file_name, safe_name
from grader.reports.clean import one_line
from grader.reports.data import for_student_json
from grader.reports.score import score_words

PLACES = (
    "records",
    "raw",
    "reports",
    "tries/records",
    "tries/raw",
    "tries/reports",
    "regrade/records",
    "regrade/raw",
    "unconverted",
)
# These folders hold everybody's data, and the commands make them again when they need them: the plan of a grading with its
# submissions, copies of repositories and of GitHub's answers, and the list of what has been posted.
COPIES = ("plan", "github", "posted")
LIMIT = 1_000


def folders_of(state: Path, student: str) -> list[Path]:
    """Return the folders of a state folder that exist and are only about this student."""
    return [place for place in (state / part / safe_name(student) for part in PLACES) if place.is_dir()]


def copies(state: Path) -> list[Path]:
    """Return the folders of a state folder that exist and hold only copies, of everybody's data."""
    return [place for place in (state / part for part in COPIES) if place.is_dir()]


def personal(
    student: Student, standing: Standing | None, entries: Sequence[Entry], records: Sequence[Record]
) -> dict[str, str]:
    """Return the files by path. entries: the student's own; records: all of the student's, newest first."""
    files = {"class-list.csv": as_csv([student]), "README.txt": _readme(student, standing, entries, records)}
    files["decisions.json"] = _json([entry.model_dump(mode="json", exclude_none=True) for entry in entries])
    if standing is not None:
        files["scores.json"] = _json({module: _score(score) for module, score in standing.scores.items()})
    for record in sorted(
        records, key=lambda it: (it.complete, it.graded_at)
    ):  # for one input, a later grade overwrites a record of trouble
        score = standing.scores.get(record.module) if standing else None
        files[f"gradings/{safe_name(record.module)}/{file_name(record)}"] = for_student_json(record, score=score)
    return files


def _readme(student: Student, standing: Standing | None, entries: Sequence[Entry], records: Sequence[Record]) -> str:
    """Return an overview in plain text."""
    wide = max(map(len, COLUMNS))
    gone = revoked(entries)
    parts: dict[str, list[str]] = {
        "The class list": [f"{name:<{wide}}  {_said(str(getattr(student, name) or '(empty)'))}" for name in COLUMNS],
        "Scores": [_said(line) for line in _scores(standing)],
        "Decisions of staff": [_said(_decision(entry)) + " (revoked)" * (entry.id in gone) for entry in entries],
        "Gradings, each as gradings/MODULE/COMMIT-INPUT.json, with every check": [
            _said(_grading(it)) for it in records
        ],
    }
    lines = [_said(f"What the course holds on {student.name}")]
    for title, said in parts.items():
        lines += ["", title, "", *(f"  {line}" for line in said or ["None."])]
    lines += [
        "",
        "This does not include your repository, which you have, with its statuses, comments and badges; nor the",
    ]
    lines += ["hidden inputs of checks, which belong to the course and say nothing about you.", ""]
    return "\n".join(lines)


def _said(line: str) -> str:
    return one_line(line, LIMIT)


def _scores(standing: Standing | None) -> Iterator[str]:
    for module, score in (standing.scores if standing else {}).items():
        if words := score_words(score):
            yield f"{module}: {words}"
        for name, by in (("Capability", score.capability_by), ("Milestone", score.milestone_by)) if score else ():
            if by:
                yield f"{module}: {name} earned on {by.on:%Y-%m-%d} at {by.commit[:12]}."
    if standing:
        yield f"Total: {standing.total} of {standing.max_points} points."


def _decision(entry: Entry) -> str:
    facts = entry.model_dump(mode="json", exclude_none=True, exclude={"student", "at", "author", "reason", "kind"})
    what = ", ".join(f"{name} {value}" for name, value in facts.items())
    return f"{entry.at:%Y-%m-%d}, {entry.kind.value} {what}, by {entry.author}: {entry.reason}"


def _grading(record: Record) -> str:
    when = f"{record.graded_at:%Y-%m-%d %H:%M} UTC"
    points = f"{record.points} of {record.max_points}" if record.complete else "not complete, to be graded again"
    return f"{when}, {record.module}, commit {record.commit[:12]}: {points}"


def _score(score: Score | None) -> dict[str, object] | None:
    if score is None:
        return None
    plain = (
        "points",
        "max_points",
        "raw_points",
        "commit",
        "late_days",
        "late_days_spent",
        "penalty_percent",
        "pending",
        "regrading",
    )
    facts: dict[str, object] = {name: getattr(score, name) for name in plain}
    facts["handed_in"] = score.handed_in.isoformat() if score.handed_in else None
    facts |= {"capability": score.capability, "capability_earned": _earned(score.capability_by)}
    facts |= {"milestone": score.milestone, "milestone_met": _earned(score.milestone_by)}
    return {**facts, "excused": score.excused is not None, "points_given": score.given}


def _earned(by: Earned | None) -> dict[str, str] | None:
    return {"commit": by.commit, "on": by.on.isoformat()} if by else None


def _json(content: object) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
