"""Describe the score of record: what a module counts after lateness and decisions of staff. The reasons of staff stay out."""

from __future__ import annotations

from collections.abc import Iterator

from grader.gradebook.scores import Score


def score_words(score: Score | None) -> str:
    """Say the score and what changed it. Return "" before there is a score.

    "Score of record: 45 of 60 points (2 late days spent; 10 % taken off for lateness)."
    """
    if score is None:
        return ""
    if score.excused:
        return "Excused: this module counts neither for you nor against you."
    if score.points is None:
        return ""
    why = "; ".join(_reasons(score))
    return f"Score of record: {score.points} of {score.max_points} points{f' ({why})' if why else ''}."


def _reasons(score: Score) -> Iterator[str]:
    if score.override:
        yield "set by staff"
        return
    if score.extension and score.extension.until:
        yield f"deadline moved to {score.extension.until:%Y-%m-%d %H:%M} UTC"
    if score.late_days_spent:
        yield f"{score.late_days_spent} late day{'s' * (score.late_days_spent > 1)} spent"
    if score.penalty_percent:
        yield f"{score.penalty_percent} % taken off for lateness"
    if score.given:
        yield f"{score.given} points of a withdrawn check given"
    if score.pending:
        yield "a newer commit waits to be graded"
    if score.regrading:
        yield "waits to be graded by a newer suite"
