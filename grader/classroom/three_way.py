"""The rule by which a new version of a file reaches a repository whose owner may have changed it.

    base    the file as last given to the student
    theirs  the file as the student has it
    ours    the file as it is now given out

All three by git's id of the content; None where there is no such file.
"""

from __future__ import annotations

from enum import StrEnum

PROGRESS_BEGINS, PROGRESS_ENDS = b"<!-- progress", b"<!-- /progress -->"


class Action(StrEnum):
    ADD = "add"
    UPDATE = "update"
    REMOVE = "remove"
    SAME = "same"  # nothing to do
    THEIRS = "theirs"  # changed by the student, not by the course: left alone
    CONFLICT = "conflict"  # changed by both: left alone, and the student is told how to take ours


def decide(base: str | None, theirs: str | None, ours: str | None) -> Action:
    """What to do with one file. Only a file the student has not touched is ever written."""
    if theirs == ours:
        return Action.SAME
    if theirs == base:
        return Action.REMOVE if ours is None else Action.ADD if theirs is None else Action.UPDATE
    return Action.THEIRS if ours == base else Action.CONFLICT


def merge_readme(base: bytes, theirs: bytes, ours: bytes) -> tuple[bytes, bool]:
    """The student's README with the course's new progress block: the rule for each of before, block and after.

    Returns the text, and whether a part changed by both was left as the student has it.
    """
    parts = [_split(text) for text in (base, theirs, ours)]
    if any(part is None for part in parts):
        return theirs, True
    merged, conflict = b"", False
    for was, mine, new in zip(*(part for part in parts if part is not None), strict=True):
        clash = mine not in (was, new) and new != was
        conflict |= clash
        merged += new if mine == was else mine
    return merged, conflict


def _split(text: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Before the progress block, the block, after it; None when its marks are missing or not exactly one pair."""
    if text.count(PROGRESS_BEGINS) != 1 or text.count(PROGRESS_ENDS) != 1:
        return None
    start, end = text.index(PROGRESS_BEGINS), text.index(PROGRESS_ENDS)
    return (text[:start], text[start:end], text[end:]) if start < end else None
