"""Convert files of the state from version 1 to version 2.

Version 1 used a module's number and stem, `02_tensor`, wherever it kept something; version 2 uses `tensor`. So a file of
version 1 is recognised by its path or by the modules that it names. No mark says which version a folder has. Therefore a
folder in which a conversion was stopped, or into which old files were copied, is recognised too.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from pydantic import ValidationError

from grader.errors import GraderError
from grader.gradebook import GradebookError
from grader.gradebook.decisions import Decisions, parse
from grader.grading.record import Record

_SCHEMA = "tinytorch/record/v1"
_NUMBERED = re.compile(r"\d\d+_([a-z][a-z0-9_]*)")
_DECIDED = re.compile(r"\bmodule:\s*['\"]?\d\d+_")
_PLACE = {"records": 2, "raw": 2, "reports": 2, "suites": 1}  # by folder: which part of the path below it is the module
STORES = ("", "tries/", "regrade/")  # the folders that hold records


class OldError(GraderError):
    """Report that a file of version 1 cannot be converted."""


def stem_of(module: str) -> str | None:
    """Return the stem in a module's name of version 1, or None if the name has another form."""
    found = _NUMBERED.fullmatch(module)
    return found[1] if found else None


def new_path(path: str) -> str | None:
    """Return the path in version 2 of a file that version 1 kept below a module's folder, or None for any other path."""
    prefix = next(one for one in reversed(STORES) if path.startswith(one))
    parts = list(PurePosixPath(path.removeprefix(prefix)).parts)
    place = _PLACE.get(parts[0], 0) if parts else 0
    if not place or len(parts) != place + 2 or not (stem := stem_of(parts[place])):
        return None
    parts[place] = stem
    return prefix + "/".join(parts)


def converted(path: str, content: bytes, secret: bytes) -> bytes:
    """Return the content in version 2 of a file with a `new_path`. Raise OldError if the content does not fit the path."""
    area = PurePosixPath(path.removeprefix("tries/").removeprefix("regrade/")).parts[0]
    if area == "records":
        return record(content, secret).to_json().encode()
    return _suite(content) if area == "suites" else content


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
        first = error.errors(include_url=False, include_input=False)[0]
        raise OldError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def ledger(content: bytes) -> bytes:
    """Convert the notes of what was posted to one repository. If two notes of one module differ, drop both."""
    notes = _json(content)
    found: dict[str, Any] = {}
    for module, digest in notes.items():
        found.setdefault(stem_of(module) or module, set()).add(digest)
    kept = {module: next(iter(digests)) for module, digests in found.items() if len(digests) == 1}
    return (json.dumps(kept, indent=1, sort_keys=True) + "\n").encode() if found.keys() != notes.keys() else content


def decisions(text: str, path: Path) -> Decisions:
    """Convert the file of decisions. A decision's content makes its id, so entries that name a decision get its new id."""
    old = parse(text, path)
    lines = text.splitlines(keepends=True)
    ends = [*(line - 1 for line in old.lines[1:]), len(lines)]
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


def remains(folder: Path, secret: Callable[[], bytes | None]) -> str:
    """Return a file below `folder` that `grader convert` would change, relative to it, or "" if there is none.

    A record that the secret has not signed stays as it is. secret: returns None if it is not known; then every record
    counts
    """
    for path in old_files(folder):
        name = path.relative_to(folder).as_posix()
        if not new_path(name):
            continue
        if "records/" not in name or (known := secret()) is None or _is_signed(path, known):
            return name
    path = folder / "decisions.yaml"
    old = path.is_file() and decided(path.read_text(encoding="utf-8-sig", errors="replace"), path)
    return path.name if old else ""


def old_files(folder: Path) -> Iterator[Path]:
    """Yield records and suites below `folder` in a module's folder of version 1."""
    for store in STORES:
        for pattern in ("records/*/[0-9]*_*/[!.]*.json", "suites/[0-9]*_*/[!.]*.json"):
            yield from sorted(folder.glob(store + pattern))


def _is_signed(path: Path, secret: bytes) -> bool:
    try:
        _signed(path.read_bytes(), secret)
    except OldError:
        return False
    return True


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


def _suite(content: bytes) -> bytes:
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
