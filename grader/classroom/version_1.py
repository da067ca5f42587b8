"""Convert files of the state from version 1 to version 2.

Version 1 named a module by number and stem, `02_tensor`; version 2 names it by stem, `tensor`. A file of version 1 is
recognised by its path or by the names of modules in it. No mark says which version a folder has, so that a folder is also
recognised if a conversion was stopped in it, or if old files were copied into it.

What cannot be converted, such as a record that the secret has not signed, is set aside: it goes to `unconverted/`, where no
command reads it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from pydantic import ValidationError

from grader.counted import counted
from grader.course.problem import first_problem
from grader.errors import GraderError
from grader.gradebook import GradebookError
from grader.gradebook.decisions import Decisions, parse
from grader.grading.record import Record
from grader.grading.store import RecordError, gives_way, safe_name, signed_record

_SCHEMA = "tinytorch/record/v1"
_NUMBERED = re.compile(r"\d\d+_([a-z][a-z0-9_]*)")
_DECIDED = re.compile(r"\bmodule:\s*['\"]?\d\d+_")
_PLACE = {"records": 2, "raw": 2, "suites": 1}  # by folder: which part of the path below it is the module
_STORES = ("", "tries/", "regrade/")  # the folders that hold records


class OldError(GraderError):
    """Report that a file of version 1 cannot be converted."""


def stem_of(module: str) -> str | None:
    """Return the stem in a module's name of version 1, or None if the name has another form."""
    found = _NUMBERED.fullmatch(module)
    return found[1] if found else None


def new_path(path: str) -> str | None:
    """Return the path in version 2 of a file that version 1 kept below a module's folder, or None for any other path."""
    store, parts = _split(path)
    place = _PLACE.get(parts[0], 0) if parts else 0
    if not place or len(parts) != place + 2 or not (stem := stem_of(parts[place])):
        return None
    parts[place] = stem
    return store + "/".join(parts)


def set_aside_path(owner: str, content: bytes) -> str:
    """Return where content that cannot be converted is kept: in a folder of its student, so that `grader forget` finds it."""
    return f"unconverted/{safe_name(owner)}/{hashlib.sha256(content).hexdigest()[:16]}.json"


@dataclass
class Converted:
    """Hold what becomes of files of version 1.

    files: what to write, by path; None: remove the file, after all others are written; done: the paths that were converted;
    aside: what was set aside, and why; records, signed: how many records there were, and how many of them
    the secret has signed
    """

    files: dict[str, bytes | None] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    aside: list[tuple[str, str]] = field(default_factory=list)
    records: int = 0
    signed: int = 0

    def set_aside(self, path: str, owner: str, content: bytes, reason: str) -> None:
        there = set_aside_path(owner, content)
        self.files[there] = content
        self.aside.append((path, f"{reason}. It goes to {there}"))

    def add(self, other: Converted) -> None:
        self.files |= other.files
        self.done += other.done
        self.aside += other.aside
        self.records += other.records
        self.signed += other.signed

    def refuse_wrong_secret(self, place: str) -> None:
        """Raise OldError if there were records and the secret has signed none of them. place: where they are"""
        if self.records and not self.signed:
            raise OldError(
                f"{place} has {counted(self.records, 'record')} of version 1, and the course's secret has signed none of them. "
                "Nothing was changed. Run this again with the secret that signed them. If that secret is lost, nobody can tell "
                "whether these records are true: remove them, and grade again"
            )


def by_new_path(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return the paths of version 1 by their path in version 2. A module that had two numbers may give two for one."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        if new := new_path(path):
            found[new].append(path)
    return found


def converted(new: str, old: Mapping[str, bytes], there: bytes | None, secret: bytes) -> Converted:
    """Convert the files of version 1 that belong at the path `new`. Keep one of them there, and set the others aside.

    there: what is at `new` already, because a conversion was stopped or somebody copied files
    """
    found = Converted()
    candidates = {} if there is None else {new: there}
    parts = _split(new)[1]
    area, owner = parts[0], parts[_PLACE[parts[0]] - 1]
    is_record = area == "records"
    for path, content in old.items():
        found.records += is_record
        try:
            candidates[path] = record(content, secret).to_json().encode() if is_record else _renamed(area, content)
        except OldError as error:
            found.set_aside(path, owner, content, str(error))
        else:
            found.signed += is_record
    kept = None
    for content in candidates.values():
        if kept is None or _comes_before(area, content, kept, secret):
            kept = content
    for path, content in candidates.items():
        if content != kept:
            found.set_aside(path, owner, content, f"another one that belongs at {new} is kept there")
        elif path in old:
            found.done.append(path)
    if kept is not None and kept != there:
        found.files[new] = kept
    found.files |= dict.fromkeys(old)
    return found


def record(content: bytes | str, secret: bytes) -> Record:
    """Convert a record of version 1 that the secret has signed, and sign the result with the secret."""
    found = _signed(content, secret)
    stem = stem_of(str(found.get("module")))
    if stem is None:
        raise OldError(f"its module {found.get('module')!r} is not a name of version 1")
    try:
        return Record.model_validate(
            {**found, "schema": Record.model_fields["schema_"].default, "module": stem}
        ).signed(secret)
    except ValidationError as error:
        raise OldError(first_problem(error)) from error


def decisions(text: str, path: Path) -> Decisions:
    """Convert the file of decisions. A decision's content makes its id, so entries that name a decision get its new id."""
    old = parse(text, path)
    lines = text.splitlines(keepends=True)
    ends = [*(line - 1 for line in old.lines[1:]), len(lines)][: len(old.lines)]
    ids: dict[str, str] = {}
    wanted = []
    for entry, line, end in zip(old.entries, old.lines, ends, strict=True):
        new = {"module": stem_of(entry.module or "")}
        new |= {name: ids.get(getattr(entry, name) or "") for name in ("revokes", "decision")}
        said = {name: value for name, value in new.items() if value not in (None, getattr(entry, name))}
        wanted.append(entry.model_copy(update=said))
        ids[entry.id] = wanted[-1].id
        span = slice(line - 1, max(line, end))
        for name, value in said.items():
            before = re.compile(rf"(\b{name}:\s*)(['\"]?){re.escape(getattr(entry, name))}\2(?!\w)")
            plain = value if yaml.safe_load(value) == value else f"'{value}'"
            lines[span] = before.sub(rf"\g<1>{plain}", "".join(lines[span]), count=1).splitlines(keepends=True)
    made = parse("".join(lines), path)
    for was, now, line in zip(wanted, made.entries, made.lines, strict=True):
        if was != now:
            raise OldError(
                f"{path}:{line}: this decision is written in a way that only you can change: write its module's stem"
            )
    return made


def decided(text: str, path: Path) -> bool:
    """Return whether a file of decisions names a module as version 1 did."""
    if not _DECIDED.search(text):
        return False
    try:
        return any(stem_of(entry.module or "") for entry in parse(text, path).entries)
    except GradebookError:  # a file with a mistake in it; the command that reads it names the mistake
        return False


def remains(folder: Path) -> str:
    """Return a file below `folder` that `grader convert` would change, relative to it, or "" if there is none."""
    found = next(old_files(folder), "")
    path = folder / "decisions.yaml"
    if not found and path.is_file() and decided(path.read_text(encoding="utf-8-sig", errors="replace"), path):
        return path.name
    return found


def old_files(folder: Path) -> Iterator[str]:
    """Yield the paths of files below `folder` that have a `new_path`."""
    for store in _STORES:
        for pattern in ("raw/*/[0-9]*_*/[!.]*.json", "records/*/[0-9]*_*/[!.]*.json", "suites/[0-9]*_*/[!.]*.json"):
            for path in sorted(folder.glob(store + pattern)):
                name = path.relative_to(folder).as_posix()
                if new_path(name) and path.is_file() and not path.is_symlink():
                    yield name


def _split(path: str) -> tuple[str, list[str]]:
    """Return the store that a path is in, and the parts of the path below it."""
    store = next(one for one in reversed(_STORES) if path.startswith(one))
    return store, list(PurePosixPath(path.removeprefix(store)).parts)


def _comes_before(area: str, one: bytes, other: bytes, secret: bytes) -> bool:
    """Tell whether of two files for one path the first is to be kept: the better record, or the earlier note of a suite."""
    if area == "records":
        try:
            return gives_way(signed_record(other, secret), signed_record(one, secret))
        except RecordError:  # the other one was there already, and the secret has not signed it
            return True
    return area == "suites" and _since(one) < _since(other)


def _since(note: bytes) -> str:
    try:
        return str(_json(note).get("since"))
    except OldError:
        return "never"  # sorts after every time


def _signed(content: bytes | str, secret: bytes) -> dict[str, Any]:
    """Return the document if it is a record of version 1 that the secret has signed."""
    found = _json(content)
    if found.get("schema") != _SCHEMA:
        raise OldError("not a record of version 1")
    unsigned = json.dumps({**found, "signature": ""}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    signature = str(found.get("signature")).encode(errors="replace")
    mac = hmac.new(secret, b"tinytorch record\n" + unsigned.encode(errors="replace"), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signature, mac.encode()):
        raise OldError("not signed with this course's secret: it was edited, or graded with another secret")
    return found


def _renamed(area: str, content: bytes) -> bytes:
    """Return a file other than a record, with the stem of its module. pytest's raw reports do not name it."""
    if area != "suites":
        return content
    facts = _json(content)
    facts["module"] = stem_of(str(facts.get("module"))) or facts.get("module")
    return (json.dumps(facts, indent=1, sort_keys=True) + "\n").encode()


def _json(content: bytes | str) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise OldError("not a JSON document") from error
    if not isinstance(found, dict):
        raise OldError("not a JSON document of the form that is kept here")
    return found
