"""Write a record as GitHub Markdown, for the comment that a student reads and the summary that staff read.

Text of a submission stands in a fence that is longer than any run of backticks inside it, or in a code span made the same
way. Inside, Markdown, HTML and mentions have no effect. Text of the course is escaped. To stay below GitHub's limit, the
document leaves out whole blocks and never cuts a block.
"""

from __future__ import annotations

import re

from grader.gradebook.scores import Score
from grader.grading.record import Outcome, Record
from grader.reports import words
from grader.reports.audience import Audience
from grader.reports.redact import CheckView, FileView, View, redact

LIMIT = 60_000  # GitHub takes 65,535; counted in bytes, which are never fewer than characters
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:])")
_MARKS = {Outcome.PASSED: "pass", Outcome.FAILED: "**FAIL**", Outcome.ERROR: "error", Outcome.NOT_RUN: "not run"}
_CUT = "_More did not fit here; staff have the complete report._\n"


def for_student(
    record: Record, *, past_due: bool = False, score: Score | None = None, trouble: Record | None = None
) -> str:
    return _document(redact(record, Audience.STUDENT, past_due=past_due, score=score, trouble=trouble))


def for_staff(record: Record, *, score: Score | None = None, trouble: Record | None = None) -> str:
    return _document(redact(record, Audience.STAFF, score=score, trouble=trouble))


def text(words_of_the_course: str) -> str:
    """Escape words of the course for running text and table cells."""
    safe = words_of_the_course.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", safe).replace("@", "@\u200b")


def code(written: str) -> str:
    """Return a code span on one line, whatever `written` holds. A bar is replaced, since in a table it would end the cell."""
    inside = " ".join(written.split()).replace("|", "\u00a6") or " "
    ticks = "`" * (_longest_run(inside) + 1)
    pad = " " if inside.startswith("`") or inside.endswith("`") else ""
    return f"{ticks}{pad}{inside}{pad}{ticks}"


def fence(written: str, language: str = "text") -> str:
    """Return a fenced block that no text inside it can end."""
    ticks = "`" * max(3, _longest_run(written) + 1)
    return f"{ticks}{language}\n{written}\n{ticks}\n"


def _longest_run(written: str) -> int:
    return max(map(len, re.findall("`+", written)), default=0)


def _document(view: View) -> str:
    blocks = [_heading(view), _table(view)]
    blocks += [_details(check) for check in view.checks if words.needs_details(check)]
    blocks += [_ignored(view.ignored), _warnings(view), _facts(view)]
    return _within(LIMIT, [block for block in blocks if block])


def _within(limit: int, blocks: list[str]) -> str:
    """Join as many whole blocks as fit, always with the first block. Add a note if some did not fit."""
    room = limit - len(_CUT.encode())
    kept: list[str] = []
    for block in blocks:
        size = len(block.encode()) + 1
        if size <= room:
            kept.append(block)
            room -= size
    return "\n".join(kept if len(kept) == len(blocks) else [*kept, _CUT])


def _heading(view: View) -> str:
    lines = [f"## {code(view.module)}: {words.points(view)}", ""]
    if view.for_staff:
        lines += [f"{code(view.student)} at {code(view.commit)} of {code(view.repo)}", ""]
    for sentence in words.opening(view):
        lines += [f"> {text(sentence)}", ""]
    milestone = f" Milestone **{text(view.milestone.name)}**: {text(words.met(view))}." if view.milestone else ""
    capability = f"Capability **{text(view.capability.name)}**: {text(words.earned(view))}."
    lines += [f"{words.tallies(view).capitalize()}. {capability}{milestone}", ""]
    return "\n".join(lines)


def _table(view: View) -> str:
    rows = ["| | Check | Points | | |", "| --- | --- | ---: | --- | --- |"]
    for check in view.checks:
        star = " (capability)" if check.capability else ""
        seen = words.VISIBILITIES[check.visibility]
        points = f"{check.points}/{check.max_points}"
        rows.append(f"| {_MARKS[check.outcome]} | {text(check.title)}{star} | {points} | {seen} | {_reason(check)} |")
    return "\n".join(rows) + "\n"


def _reason(check: CheckView) -> str:
    why = words.reason(check)
    return code(why) if why and why == check.exception else text(why)


def _details(check: CheckView) -> str:
    lines = [f"<details><summary>{words.OUTCOMES[check.outcome]}: {text(check.title)}</summary>", ""]
    lines += [text(check.about), ""]
    if check.withheld:
        lines += [words.PENDING if check.outcome is Outcome.ERROR else words.WITHHELD, ""]
    for name, written in (("", check.message), ("Where", check.detail), ("Printed", check.output)):
        if written:
            lines += ([f"{name}:", ""] if name else []) + [fence(written)]
    return "\n".join([*lines, "</details>", ""])


def _ignored(files: tuple[FileView, ...]) -> str:
    if not files:
        return ""
    shown = [f"- {code(file.path)}: {code(file.note)}" for file in files[:50]]
    more = [f"- and {len(files) - 50} more"] if len(files) > 50 else []
    return "\n".join(["Files that were not graded:", "", *shown, *more, ""])


def _warnings(view: View) -> str:
    return "\n".join(["Notes:", "", *(f"- {code(note)}" for note in view.warnings[:50]), ""]) if view.warnings else ""


def _facts(view: View) -> str:
    lines = [
        f"Commit {code(view.short_commit)}, handed in {words.moment(view.submitted_at)}, graded "
        f"{words.moment(view.graded_at)} at confinement {words.confinement(view)}; earlier modules: "
        f"{words.prerequisites(view)}.",
        "",
    ]
    if view.for_staff:
        facts = ("suite", view.suite_digest), ("seed", view.seed_id), ("input", view.input_digest)
        lines += [", ".join(f"{name} {code(value)}" for name, value in facts) + f", {view.seconds:.1f} s", ""]
    for sentence in words.closing(view):
        lines += [text(sentence), ""]
    return "\n".join(lines)
