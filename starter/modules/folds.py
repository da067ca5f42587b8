"""Find the folded parts of a page, so that a terminal can show the page without them, and each part when it is asked for."""

from __future__ import annotations

import inspect
import re
import textwrap
from dataclasses import dataclass

FOLD = re.compile(r"<details><summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
HEADING = re.compile(r"^##+ (.+)$", re.MULTILINE)
BLOCK = re.compile(r"\n(?=[ \t]*(?:\n|\d+\. |- ))")  # a blank line, or the beginning of an item of a list
WIDTH = 100


@dataclass(frozen=True)
class Fold:
    """Hold one folded part. section: the heading above it; about: how the text directly before it begins"""

    number: int
    title: str
    section: str
    about: str
    text: str


def folds(page: str) -> list[Fold]:
    """Return the folded parts of a page, in order, counted from 1."""
    found = []
    for number, part in enumerate(FOLD.finditer(page), 1):
        before = page[: part.start()]
        headings = HEADING.findall(before)
        section = plain(headings[-1]) if headings else ""
        found.append(Fold(number, plain(part[1]), section, _about(before), inspect.cleandoc(part[2]).strip()))
    return found


def closed(page: str) -> str:
    """Return the page with a line in place of each folded part."""
    numbers = iter(range(1, page.count("<details>") + 1))
    return FOLD.sub(lambda part: f"[folded part {next(numbers)}: {plain(part[1])}]", page)


def shown(text: str) -> str:
    """Write the text of a hint for a terminal: long lines are wrapped, but lines of code stay as they are."""
    if text.startswith("```"):
        return "\n".join(text.split("\n")[1:-1])
    return textwrap.fill(text, WIDTH)


def plain(text: str) -> str:
    """Return the text without the signs with which Markdown and HTML mark it."""
    return re.sub(r"</?\w+>|\*\*|[`*]", "", text).strip()


def _about(before: str) -> str:
    block = plain(BLOCK.split(before.rstrip())[-1])
    is_text = not block.startswith(("#", "|", "[", "</", "!"))
    return textwrap.shorten(block, 60, placeholder=" …") if is_text else ""
