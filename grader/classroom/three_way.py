"""Decide how a new version of a file reaches a repository whose owner may have changed the file.

    base    the file as last given to the student
    theirs  the file as the student has it
    ours    the file as it is given out now

All three are git's ids of the content, or None if there is no such file.
"""

from __future__ import annotations

from enum import StrEnum

PROGRESS_BEGINS, PROGRESS_ENDS = b"<!-- progress", b"<!-- /progress -->"


class Action(StrEnum):
    ADD = "add"
    UPDATE = "update"
    REMOVE = "remove"
    MOVE = "move"  # the student's file, as it is, under the name that the module has now
    SAME = "same"  # nothing to do
    THEIRS = "theirs"  # changed by the student and not by the course: left alone
    CONFLICT = "conflict"  # changed by both: left alone, and the pull request says how to take ours


def decide(base: str | None, theirs: str | None, ours: str | None) -> Action:
    """Decide what to do with one file. Only a file that the student has not changed is ever written."""
    if theirs == ours:
        return Action.SAME
    if theirs == base:
        return Action.REMOVE if ours is None else Action.ADD if theirs is None else Action.UPDATE
    return Action.THEIRS if ours == base else Action.CONFLICT


def merge_readme(base: bytes, theirs: bytes, ours: bytes) -> tuple[bytes, bool]:
    """Put the course's new progress block into the student's README.

    The rule applies separately to the text before the block, to the block, and to the text after it. Return the new text, and
    whether a part that both changed was left as the student has it.
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
    """Split into the text before the progress block, the block, and the text after.

    Return None unless there is exactly one pair of marks.
    """
    if text.count(PROGRESS_BEGINS) != 1 or text.count(PROGRESS_ENDS) != 1:
        return None
    start, end = text.index(PROGRESS_BEGINS), text.index(PROGRESS_ENDS)
    return (text[:start], text[start:end], text[end:]) if start < end else None
