"""Test that the guides are right: their links lead somewhere, their commands exist, and their generated parts are fresh."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from grader.cli.verbs import GRADER, Verbs
from grader.grading.record import json_schema

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
MAKEFILES = (ROOT / "Makefile", ROOT / "starter" / "Makefile")  # the guides speak of both
LARGEST_PICTURE = 250_000

_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_TARGET = re.compile(r"^([a-z][a-z -]*):", re.MULTILINE)
_MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")
_GRADER = re.compile(r"\bgrader ((?:course|decide|roster|state) [a-z-]+|[a-z][a-z-]*)\b([^\n`]*)")
_OPTION = re.compile(r"(?<!\S)--[a-z-]+")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def code(page: Path) -> str:
    """Return all text of a page that is set as code."""
    return "\n".join(_CODE.findall(page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings get on GitHub."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def verbs() -> Iterator[tuple[str, set[str]]]:
    """Yield every command of the command line, with its options."""
    for name in GRADER.commands:
        command = GRADER.load(name)
        below = (
            {f"{name} {inner}": command.load(inner) for inner in command.commands} if isinstance(command, Verbs) else {}
        )
        for path, one in {name: command, **below}.items():
            yield path, {"--help", *(option for p in one.params for option in (*p.opts, *p.secondary_opts))}


@each_page
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for link in _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8"))):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if re.match(r"[a-z]+:", link):
            continue
        if not target.is_relative_to(ROOT) or not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@each_page
def test_every_make_target_in_the_guides_exists(page: Path) -> None:
    known = {
        name
        for file in MAKEFILES
        for line in _TARGET.findall(file.read_text(encoding="utf-8"))
        for name in line.split()
    }
    assert [name for name in _MAKE.findall(code(page)) if name not in known] == []


@each_page
def test_every_command_in_the_guides_exists_with_its_options(page: Path) -> None:
    known = dict(verbs())
    unknown = []
    for name, rest in _GRADER.findall(code(page)):
        if name not in known:
            unknown.append(f"grader {name}")
        else:
            unknown += [f"grader {name} {option}" for option in _OPTION.findall(rest) if option not in known[name]]
    assert unknown == []


def test_the_published_schema_equals_the_schema_of_records() -> None:
    published = (ROOT / "docs" / "schema" / "record-2.json").read_text(encoding="utf-8")
    assert published == json_schema(), "run: .venv/bin/grader schema > docs/schema/record-2.json"
    Draft202012Validator.check_schema(json.loads(published))


def test_the_table_of_attacks_is_fresh() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "attack_table.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_picture_is_shown_and_small() -> None:
    pictures = sorted((ROOT / "docs" / "pictures").glob("*"))
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [picture.name for picture in pictures if picture.name not in text] == []
    assert [picture.name for picture in pictures if picture.stat().st_size > LARGEST_PICTURE] == []
