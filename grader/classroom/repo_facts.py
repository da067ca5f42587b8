"""Write and read `.tinytorch.json`, the facts that a student's repository knows about the course and the files it was given."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from grader.course import Course, Module
from grader.editions.check_specs import CheckSpec
from grader.files import blob_id

FACTS = ".tinytorch.json"
SCHEMA = "tinytorch/student/v1"
PLAIN_PATH = re.compile(r"[A-Za-z0-9_.-]{1,100}(/[A-Za-z0-9_.-]{1,100}){0,9}")
_ID = re.compile(r"[0-9a-f]{40}")


def module_facts(module: Module, public: Sequence[CheckSpec], whole: Sequence[CheckSpec]) -> dict[str, Any]:
    """Return the facts that a student may know about a module.

    Hidden checks are in the whole suite and not in the student's file.
    """
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
    """Write the document. `milestones` names those whose script is among the files."""
    known = {
        module.milestone.name: {
            "title": module.milestone.title,
            "after": module.numbered,
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
    """Return the stems of the modules that a repository has been given.

    A number would not do: it changes when modules are moved.
    """
    modules = _read(document).get("modules")
    return {fact["stem"] for fact in modules.values()} if isinstance(modules, dict) else set()


def given_files(document: bytes | None) -> dict[str, str]:
    """Return the id of each file as it was last given.

    A student may have edited this document. A release leaves a file alone if the file differs from its entry. This function skips
    entries that are not a plain path and an id, because both go to git and into a pull request.
    """
    files = _read(document).get("files")
    if not isinstance(files, dict):
        return {}
    # an id of forty decimal digits without quotes is a number in JSON
    named = {path: one for path, one in files.items() if isinstance(one, str)}
    return {path: one for path, one in named.items() if PLAIN_PATH.fullmatch(path) and _ID.fullmatch(one)}


def _read(document: bytes | None) -> dict[str, Any]:
    try:
        content = json.loads(document or b"{}")
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def day(when: date) -> str:
    """Write a date as people do: 2027-01-11, or 2027-01-24 23:59 UTC."""
    return f"{when:%Y-%m-%d %H:%M} UTC" if isinstance(when, datetime) else when.isoformat()
