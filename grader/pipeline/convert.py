"""Bring state of version 1 up to date.

Each new file is written before the old file is removed. So a conversion that was killed can be run again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path

from ..classroom import version_1
from ..files import alone, write_atomic
from ..gradebook.decisions import read_decisions
from ..gradebook.upgrade import upgrade
from ..grading.store import safe_name
from .workspace import Workspace

SET_ASIDE = "unconverted"  # the folder for records of the gradebook that cannot be converted


@dataclass
class Conversion:
    """Hold the result of a conversion, or of a dry run.

    done: paths in the state folder; left: by path, why a file stays as it is; decisions, rows: how many were converted
    """

    done: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    decisions: int = 0
    rows: int = 0


def convert(workspace: Workspace, *, dry_run: bool = False) -> Conversion:
    """Convert everything in the state folder, and the gradebook. dry_run: change nothing

    The records come after all other files. As long as one record is old, every command sees that the conversion is not finished.
    """
    state, done = workspace.state, Conversion()
    with alone(state):
        for path in sorted((state / "posted").glob("[!.]*.json")):
            _rewrite(done, state, path, version_1.ledger, dry_run)
        _decisions(done, workspace, dry_run)
        moved = (
            state.glob(f"{store}{area}/*/[0-9]*_*/[!.]*") for store in version_1.STORES for area in ("raw", "reports")
        )
        for path in chain(*map(sorted, moved), version_1.old_files(state)):
            _move(done, state, path, workspace.secret, dry_run)
        _gradebook(done, workspace, dry_run)
    return done


def _rewrite(done: Conversion, state: Path, path: Path, change: Callable[[bytes], bytes], dry_run: bool) -> None:
    name, before = path.relative_to(state).as_posix(), path.read_bytes()
    try:
        after = change(before)
    except version_1.OldError as error:
        done.left[name] = str(error)
        return
    if after != before:
        done.done.append(name)
        if not dry_run:
            write_atomic(path, after)


def _decisions(done: Conversion, workspace: Workspace, dry_run: bool) -> None:
    before = read_decisions(workspace.decisions_file)
    after = version_1.decisions(before.text, before.path)
    done.decisions = sum(old != new for old, new in zip(before.entries, after.entries, strict=True))
    if done.decisions and not dry_run:
        write_atomic(after.path, after.text)


def _move(done: Conversion, state: Path, path: Path, secret: bytes, dry_run: bool) -> None:
    """Convert one file and move it into the folder of its module's stem. If a different file is there, leave both."""
    name = path.relative_to(state).as_posix()
    new = version_1.new_path(name)
    if new is None or not path.is_file() or path.is_symlink():
        return
    try:
        content = version_1.converted(name, path.read_bytes(), secret)
    except version_1.OldError as error:
        done.left[name] = str(error)
        return
    there = (state / new).read_bytes() if (state / new).is_file() else content
    if there != content:
        done.left[name] = f"{new} is there already with different content"
        return
    done.done.append(name)
    if not dry_run:
        write_atomic(state / new, content, mode=path.stat().st_mode & 0o777)
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()


def _gradebook(done: Conversion, workspace: Workspace, dry_run: bool) -> None:
    url = workspace.gradebook_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_file():
        return
    folder = workspace.state / SET_ASIDE
    change = partial(version_1.record, secret=workspace.secret)
    found = upgrade(
        url, change, lambda who, document: write_atomic(_aside(folder, who, document), document), dry_run=dry_run
    )
    done.rows = found.converted
    for student, document, reason in found.refused:
        name = _aside(folder, student, document).relative_to(workspace.state).as_posix()
        done.left[name] = f"a record of the gradebook, kept in this file: {reason}"


def _aside(folder: Path, student: str, document: str) -> Path:
    """Return a path below a folder of the student, so that `grader forget` finds it."""
    return folder / safe_name(student) / f"{hashlib.sha256(document.encode()).hexdigest()[:16]}.json"
