"""Check that answers to the open experiment are compared: the solution with one answer wrong or missing must lose points."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..editions.forms import form_at
from .finding import AuditError, Finding, finding
from .material import Material
from .trial_runs import Tried, Version

if TYPE_CHECKING:
    from checks.answers import Question

FAR = 3  # a wrong answer is this many times as far away as its question allows


def versions_of(material: Material) -> list[Version]:
    """Return the solution once for each answer that is missing, and for each measured answer that is wrong."""
    form = form_at(material.root, material.module.stem)
    if form is None:
        return []
    answers = form.read(material.answers.encode())
    if answers.missing():
        raise AuditError(f"{material.files.answers}: {' '.join(answers.missing())}")
    return [
        Version(f"{question.name} {how}", material.solution, _replaced(material.answers, question.name, line))
        for question in form.questions
        for how, line in (("is missing", ""), *_wrong(question, answers[question.name]))
    ]


def _wrong(question: Question, answer: str | float) -> Iterator[tuple[str, str]]:
    """Yield a wrong answer to a question of what was measured. No guess is wrong."""
    if question.guess:
        return
    if question.choices:
        for choice in question.choices:
            if choice != answer:
                yield f"is {choice}", f"{question.name} = {json.dumps(choice)}"
        return
    measured = float(answer)
    step = max(abs(measured) * question.within * FAR, 1.0 if question.whole else 0.0)
    for other in (measured - step, measured + step):
        if question.lowest <= other <= question.highest and other != measured:
            number = round(other) if question.whole else other
            yield f"is {number:g}", f"{question.name} = {number!r}"


def _replaced(text: str, name: str, line: str) -> str:
    return re.sub(rf"(?m)^{name} *=.*$", lambda _: line, text)


def findings(material: Material, tried: Sequence[Tried]) -> list[Finding]:
    if not tried:
        return []
    passed = [one.version.name for one in tried if not one.failing]
    return [finding("wrong answers to the experiment lose points", passed, f"all {len(tried)}")]
