"""Write the reports of one record as files: for a TA and for the student, each as HTML, Markdown and JSON."""

from __future__ import annotations

from pathlib import Path

from grader.files import write_atomic
from grader.gradebook.scores import Score
from grader.grading.record import Record
from grader.grading.store import safe_name

from . import data, html, markdown


def write_reports(
    folder: Path,
    record: Record,
    history: tuple[Record, ...] = (),
    *,
    past_due: bool = False,
    score: Score | None = None,
    trouble: Record | None = None,
) -> list[Path]:
    """Write the reports below `folder`/STUDENT/MODULE/.

    score: the gradebook's score; without it, as after a try, the reports speak only about this push
    trouble: a later grading that will be repeated
    """
    base = folder / safe_name(record.student) / safe_name(record.module)
    texts = {
        base / "ta.html": html.for_staff(record, history, score=score, trouble=trouble),
        base / "ta.md": markdown.for_staff(record, score=score, trouble=trouble),
        base / "ta.json": data.for_staff_json(record, score=score, trouble=trouble),
        base / "student.html": html.for_student(record, past_due=past_due, score=score, trouble=trouble),
        base / "student.md": markdown.for_student(record, past_due=past_due, score=score, trouble=trouble),
        base / "student.json": data.for_student_json(record, past_due=past_due, score=score, trouble=trouble),
    }
    for path, text in texts.items():
        write_atomic(path, text)
    return list(texts)
