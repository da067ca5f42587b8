"""Define an operation's answer, and the wording of GitHub's refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DOCS = "https://docs.github.com/rest"


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_list: bool = False  # the answer is split into pages


class Refusal(Exception):
    """End an operation with this answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(f"{answer.status} {answer.body}")


def said(status: int, message: str, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"message": message, "documentation_url": DOCS, "status": str(status)}, named)


def not_found() -> Answer:
    return said(404, "Not Found")


def forbidden(message: str) -> Answer:
    return said(403, message)


def invalid(resource: str, message: str, field: str = "", code: str = "custom") -> Answer:
    one = {"resource": resource, "code": code, "message": message} | ({"field": field} if field else {})
    return Answer(422, {"message": "Validation Failed", "errors": [one], "documentation_url": DOCS})
