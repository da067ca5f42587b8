"""Hold the sentences that all reports share.

A sentence added to `opening` or `closing` stands in every report: on the terminal, in Markdown and in HTML. Write it inside
`if view.for_staff` if only staff may read it.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from grader.grading.record import Outcome, Visibility
from grader.reports.redact import DID_NOT_RAISE, CheckView, Feat, View

OUTCOMES = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.ERROR: "could not be run",
    Outcome.NOT_RUN: "not run",
}
VISIBILITIES = {
    Visibility.PUBLIC: "public",
    Visibility.HIDDEN: "hidden",
    Visibility.AFTER_DUE: "hidden until due",
}
CONFINEMENT = {
    3: "bubblewrap, seccomp and resource limits",
    2: "Landlock, seccomp and resource limits",
    1: "resource limits only",
    0: "not confined",
}
PENDING = "This grading is not complete: the grader itself had trouble. It is not a score, and it will be repeated."
FAILURES_OF_ONE_CAUSE = 3  # so many failed checks with one cause are worth a sentence at the top
WITHHELD = "Hidden check: its inputs and values are not shown."


def opening(view: View) -> list[str]:
    """Return the sentences that stand at the top of every report."""
    said = []
    if view.pending:
        said.append(PENDING)
    if view.waiting:
        said.append(_waiting(view))
    if first := _mend_first(view):
        said.append(first)
    return said


def closing(view: View) -> list[str]:
    """Return the sentences that stand at the end of every report."""
    return [] if view.for_staff else ["For hidden checks you see the title, one sentence and the result."]


def points(view: View) -> str:
    return f"{view.points} / {view.max_points} points"


def tallies(view: View) -> str:
    """Return "public checks 8/9, hidden 3/6"."""
    return f"public checks {view.public}, hidden {view.hidden}"


def earned(view: View) -> str:
    """Return "earned on 2027-01-20 at c0ffee000000; this push does not pass"."""
    return _said(view, view.capability, "earned")


def met(view: View) -> str:
    return _said(view, view.milestone, "met") if view.milestone else ""


def _said(view: View, feat: Feat, done: str) -> str:
    """Say what the gradebook knows, and add this push if it differs. Without a gradebook, speak only about this push."""
    if feat.earned is None:
        return _this_push(view, feat)
    if not feat.on:
        return f"not yet {done}"
    said = f"{done} on {feat.on:%Y-%m-%d} at {feat.commit[:12]}"
    return said if feat.passed and feat.commit == view.commit else f"{said}; {_this_push(view, feat)}"


def _this_push(view: View, feat: Feat) -> str:
    if view.pending:
        return "this push is not graded yet"
    return "this push passes" if feat.passed else "this push does not pass"


def _waiting(view: View) -> str:
    """Say that a later grading could not be done, so that this grading still stands."""
    what = "this commit by a newer suite" if view.waiting == view.commit else f"the newer push {view.waiting[:12]}"
    return f"The grader had trouble with {what} and will try again. The grade below stands until then."


def _mend_first(view: View) -> str:
    """Name the one place, or the one check, behind most of the failures. Return "" if it is behind fewer than three."""
    failed = {check.title: check for check in view.checks if check.outcome is Outcome.FAILED}
    causes = Counter(_cause(check, failed) for check in failed.values())
    if not causes:
        return ""
    cause, count = causes.most_common(1)[0]
    if count < FAILURES_OF_ONE_CAUSE:
        return ""
    if cause in failed:
        return f"{count - 1} of {len(failed)} failed checks wait for: {cause}. Mend that check first."
    return f"{count} of {len(failed)} failed checks have one cause: {cause}. Mend that first."


def _cause(check: CheckView, failed: dict[str, CheckView]) -> str:
    """Follow a check to the check that it waits for in the end, and return that check's exception and place, or its title."""
    for _ in failed:
        check = failed.get(check.blocked_by, check)
    return f"{check.exception} {check.place}" if check.place else check.title


def confinement(view: View) -> str:
    return f"level {view.jail_level} ({CONFINEMENT[view.jail_level]})"


def prerequisites(view: View) -> str:
    if view.prerequisites == "reference":
        return "the reference's, where already published"
    return "the student's own" if view.for_staff else "your own"


def moment(when: datetime | None) -> str:
    return when.strftime("%Y-%m-%d %H:%M UTC") if when else "not known"


def needs_details(check: CheckView) -> bool:
    """Say whether there is more to tell about a check than its line in the table."""
    return check.outcome in (Outcome.FAILED, Outcome.ERROR) and not check.blocked_by


def reason(check: CheckView) -> str:
    """Say in one line, in our own words, why a check has no points.

    Only the exception's name may come from the submission.
    """
    if check.blocked_by:
        return f"waits for: {check.blocked_by}"
    if check.outcome is Outcome.FAILED and check.exception:
        return "no exception was raised" if check.exception == DID_NOT_RAISE else check.exception
    return ""
