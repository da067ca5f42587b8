"""Join another list with ours. Two lines are the same student by id, else by e-mail, else by login.

The other list fills empty fields, and may change sections, pseudonyms and days of leaving. It never changes an id, a login or an
address that is already there, because those name folders, repositories and people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ..roster import COLUMNS, UNIQUE, Roster, RosterError, Student, clashes, made
from .formats import Listed, Listing

BELIEVED = ("section", "pseudonym", "dropped")
AS_BEFORE = ("kept", "left")  # words that begin lines about things which no list changes
FEW, PART = 2, 4  # this many, or a quarter of the class, may be dropped without a question
NOTHING = "-"  # in a list: remove the pseudonym, since an empty cell changes nothing


@dataclass(frozen=True)
class Options:
    """Hold how to merge. id_from: the column that gives a new student's id if the list has no ids.

    drop_missing: a student who is not on the list has left
    """

    today: date
    id_from: str | None = None
    drop_missing: bool = False


@dataclass
class Merged:
    """Hold the class list as it would become.

    rows: fields by column, in order; lines: by index, the line of each student whom the other list names
    """

    rows: list[dict[str, str]]
    lines: dict[int, int] = field(default_factory=dict)
    news: list[str] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)

    def find(self, facts: dict[str, str]) -> dict[str, int]:
        """Return, by column, the index of the student who has that id, address or login."""
        return {
            column: place
            for column in UNIQUE
            for place, row in enumerate(self.rows)
            if column in facts and facts[column].casefold() == row[column].casefold()
        }


def merge(
    existing: Sequence[tuple[int, Student]], listing: Listing, roster: Path, options: Options
) -> tuple[list[Student], list[str]]:
    """Return the class list (students by line) joined with `listing`, and one line for each change.

    Raise RosterError with every problem and its line in the listing.
    """
    merged = Merged([_fields(student) for _, student in existing])
    for listed in listing.rows:
        _join(merged, listed, listing, options)
    if options.drop_missing:
        _drop(merged, len(existing), options.today)
    places = [f"on line {line} of {roster}" for line, _ in existing]
    return _checked(merged, places, listing.path), merged.news


def _join(merged: Merged, listed: Listed, listing: Listing, options: Options) -> None:
    found = merged.find(listed.facts)
    places = set(found.values())
    if len(places) > 1:
        who = ", ".join(f"{merged.rows[place]['id']} by {column}" for column, place in found.items())
        merged.problems.append((listed.line, f"is more than one student of the class list: {who}"))
    elif places:
        place = places.pop()
        if place in merged.lines and listing.format.whole:
            merged.problems.append((listed.line, f"is {merged.rows[place]['id']}, as line {merged.lines[place]} is"))
        merged.lines[place] = listed.line
        _update(merged, merged.rows[place], listed, options.today)
    else:
        _add(merged, listed, options)


def _add(merged: Merged, listed: Listed, options: Options) -> None:
    facts = {key: value for key, value in listed.facts.items() if value != NOTHING}
    source = facts.get(options.id_from or "", "")
    row = dict.fromkeys(COLUMNS, "") | {"id": source.partition("@")[0]} | facts
    who = " or ".join(f"{column} {facts[column]!r}" for column in UNIQUE if column in facts) or "neither id nor login"
    for column, way in (("id", "; add a column `id`, or take it from another with --id-from"), ("name", "")):
        if not row[column]:
            text = f"nobody in the class list has {who}, and a new student needs {column}: import a list that has it first{way}"
            merged.problems.append((listed.line, text))
            return
    merged.lines[len(merged.rows)] = listed.line
    merged.rows.append(row)
    merged.news.append(f"added: {row['id']}, {row['name']}{'' if row['login'] else ', no login yet'}")


def _update(merged: Merged, row: dict[str, str], listed: Listed, today: date) -> None:
    for column, value in listed.facts.items():
        wanted = "" if value == NOTHING else value
        if (row[column].casefold() == wanted.casefold() and column in UNIQUE) or row[column] == wanted:
            continue
        if not row[column] or column in BELIEVED:
            merged.news.append(f"changed: {row['id']}, {column} {row[column] or 'nothing'} -> {wanted or 'nothing'}")
            row[column] = wanted
        elif column in UNIQUE:
            merged.news.append(f"kept: {row['id']}, {column} {row[column]}, which line {listed.line} gives as {wanted}")
    if _has_left(row, today) and "dropped" not in listed.facts:
        merged.news.append(
            f"left: {row['id']} since {row['dropped']}; empty `dropped` in the class list to take them back"
        )


def _drop(merged: Merged, existing: int, day: date) -> None:
    for place, row in enumerate(merged.rows[:existing]):
        if place not in merged.lines and not _has_left(row, day):
            row["dropped"] = day.isoformat()
            merged.news.append(f"dropped: {row['id']}, {row['name']}, who is not on the list")


def _has_left(row: dict[str, str], today: date) -> bool:
    """Compare days as text, which gives the order of the days."""
    return "" < row["dropped"] <= today.isoformat()


def _checked(merged: Merged, places: Sequence[str], path: Path) -> list[Student]:
    """Return all rows as students, or raise every problem with its line in the listing.

    places: where the earlier students are listed
    """
    problems = list(merged.problems)
    students: list[Student] = []
    for at, row in enumerate(merged.rows):
        student, wrong = made(row)
        problems += [(merged.lines.get(at, 0), text) for text in wrong]
        students += [student] if student else []
    if len(students) < len(merged.rows):
        raise RosterError(path, problems)

    def where(at: int) -> str:
        return places[at] if at < len(places) else f"on line {merged.lines[at]}"

    for clash in clashes(students):
        owner = "" if clash.at in merged.lines else f"{where(clash.at)}, "
        other = "" if clash.other is None else where(clash.other)
        line = merged.lines.get(clash.at) or (merged.lines.get(clash.other, 0) if clash.other is not None else 0)
        problems.append((line, f"{owner}{clash.told(other)}"))
    if problems:
        raise RosterError(path, problems)
    return students


def _fields(student: Student) -> dict[str, str]:
    return {column: str(getattr(student, column) or "") for column in COLUMNS}


def too_many(before: Sequence[Student], after: Sequence[Student], today: date) -> str:
    """Say why so many students should not be dropped without a question. Return "" if only few are."""
    enrolled = {student.id for student in Roster.of(before, today).enrolled}
    gone = len(enrolled - {student.id for student in Roster.of(after, today).enrolled})
    if gone <= FEW or gone * PART <= len(enrolled):
        return ""
    return (
        f"{gone} of the {len(enrolled)} students enrolled are not on this list, and would be dropped. Is it a list of this "
        "course? `--dry-run` names them; if they have left, add --drop-many"
    )


def summary(news: Iterable[str]) -> str:
    """Count the lines by their first word, with unchanged facts at the end: 3 added, 1 changed; as before: 2 left."""
    words = Counter(line.partition(":")[0] for line in news)
    new, old = (
        ", ".join(f"{number} {word}" for word, number in words.items() if (word in AS_BEFORE) is before)
        for before in (False, True)
    )
    return (new or "nothing new") + (f"; as before: {old}" if old else "")
