"""`.tinytorch.json`: what a student's repository knows of the course, and which version of each file it was given."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from grader.course import Course, Module
from grader.editions.suite import CheckSpec
from grader.files import blob_id

FACTS = ".tinytorch.json"
SCHEMA = "tinytorch/student/v1"
PLAIN_PATH = re.compile(r"[A-Za-z0-9_.-]{1,100}(/[A-Za-z0-9_.-]{1,100}){0,9}")
_ID = re.compile(r"[0-9a-f]{40}")


def module_facts(module: Module, public: Sequence[CheckSpec], whole: Sequence[CheckSpec]) -> dict[str, Any]:
    """What a student may know of a module. Hidden is what the whole suite has and the student's file has not."""
    held = {check.id for check in public}
    hidden = [check for check in whole if check.id not in held]
    return {
        "stem": module.stem,
        "title": module.title,
        "capability": module.capability.name,
        "points": module.points,
        "due": module.due.isoformat(),
        "public": {"checks": len(public), "points": sum(check.points for check in public)},
        "hidden": {"checks": len(hidden), "points": sum(check.points for check in hidden)},
    }


def facts(
    course: Course, modules: Mapping[str, dict[str, Any]], milestones: Sequence[str], files: Mapping[str, bytes]
) -> bytes:
    """The document. `milestones` are those whose script is among the files."""
    known = {
        module.milestone.name: {
            "title": module.milestone.title,
            "after": module.id,
            "released": module.milestone.name in milestones,
        }
        for module in course.modules
        if module.milestone is not None
    }
    document = {
        "schema": SCHEMA,
        "course": course.slug,
        "title": course.title,
        "term": course.term,
        "modules": dict(modules),
        "milestones": known,
        "files": {path: blob_id(content) for path, content in sorted(files.items())},
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def released_stems(document: bytes | None) -> set[str]:
    """Stems of the modules that a repository has been given. Stems, because a number changes when modules are moved."""
    modules = _read(document).get("modules")
    return {fact["stem"] for fact in modules.values()} if isinstance(modules, dict) else set()


def given_files(document: bytes | None) -> dict[str, str]:
    """The id of each file as last given.

    A student may have edited this. Files that then differ from it are left alone; entries that are not a plain path and
    an id are passed over, because both go to git and into a pull request.
    """
    files = _read(document).get("files")
    if not isinstance(files, dict):
        return {}
    named = {path: one for path, one in files.items() if isinstance(one, str)}  # forty digits are a number in JSON
    return {path: one for path, one in named.items() if PLAIN_PATH.fullmatch(path) and _ID.fullmatch(one)}


def _read(document: bytes | None) -> dict[str, Any]:
    try:
        content = json.loads(document or b"{}")
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def day(when: date) -> str:
    """A date as people write it down: 2027-01-11, or 2027-01-24 23:59 UTC."""
    return f"{when:%Y-%m-%d %H:%M} UTC" if isinstance(when, datetime) else when.isoformat()
