"""Check that a student's report tells nothing of a hidden check except its title, sentence, outcome and kind of error.

The same record is reported twice: once as it is, and once without anything that a hidden check's case left behind. If the
two reports differ, the report depends on these details, however they got into it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from ..grading.outcomes import result_of
from ..grading.record import CheckResult, Outcome, ReachedLevel, Record, Visibility
from ..grading.run_request import Run
from ..reports import data, html, markdown
from ..reports.redact import KNOWN_EXCEPTIONS
from .material import Material

REPORTS: dict[str, Callable[[Record], str]] = {
    "Markdown": markdown.for_student,
    "HTML": html.for_student,
    "JSON": data.for_student_json,
}
_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


def seen_of_hidden(material: Material, run: Run) -> list[str]:
    """Return a line for each report of this run that tells more than it may."""
    record = _record(material, run)
    bare = _changed(record, [_bare(check) for check in record.checks])
    whole = {name: report(record) for name, report in REPORTS.items()}
    found = [name for name, report in REPORTS.items() if whole[name] != report(bare)]
    said = "\n".join(whole.values())
    allowed = "\n".join(_allowed(check) for check in record.checks)
    return [f"the {name} report depends on what a hidden check left behind" for name in found] + [
        f"a hidden check's words in a report: {line[:60]!r}"
        for check in record.checks
        if check.visibility is not Visibility.PUBLIC
        for line in _telling(check)
        if line in said and line not in allowed
    ]


def _record(material: Material, run: Run) -> Record:
    """Return a record of these cases. Checks that were left out have not run."""
    ran = {case.check for case in run.cases}
    checks = [
        CheckResult(
            **result_of(spec, run.cases, run.problem)
            | ({} if spec.id in ran else {"outcome": Outcome.NOT_RUN, "message": ""})
        )
        for spec in material.suite.checks
    ]
    blank = Record(
        course=material.course.slug,
        module=material.module.stem,
        student="audit",
        repo="audit",
        commit="audit",
        graded_at=_ALWAYS,
        grader_version="audit",
        suite_digest=material.suite.digest,
        seed_id="",
        input_digest="",
        jail=ReachedLevel(level=run.confinement.level, name=run.confinement.name),
        complete=True,
        checks=(),
        max_points=0,
        capability=material.module.capability.name,
    )
    return _changed(blank, checks)


def _changed(record: Record, checks: list[CheckResult]) -> Record:
    sums = {"points": sum(c.points for c in checks), "max_points": sum(c.max_points for c in checks)}
    return Record.model_validate({**dict(record), "checks": tuple(checks), **sums})


def _bare(check: CheckResult) -> CheckResult:
    """Return the part of a result that a student may know. A type name made at run time is not part of it."""
    if check.visibility is Visibility.PUBLIC:
        return check
    kind = check.exception if check.exception is None or check.exception in KNOWN_EXCEPTIONS else "Unheard"
    return check.model_copy(update={"message": "", "detail": "", "output": "", "seconds": 0.0, "exception": kind})


def _telling(check: CheckResult) -> list[str]:
    """Return lines that would tell a student something: long enough, and more than the name of an error."""
    text = f"{check.message}\n{check.detail}\n{check.output}"
    return [line for line in (line.strip() for line in text.splitlines()) if len(line) >= 12]


def _allowed(check: CheckResult) -> str:
    public = check.visibility is Visibility.PUBLIC
    return f"{check.title}\n{check.about}\n" + (f"{check.message}\n{check.detail}\n{check.output}" if public else "")
