"""Bring state of version 1 up to date: the state folder, the gradebook, and the staff's repository on the forge.

Each new file is written before the old file is removed. So a conversion that was killed can be run again.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..classroom import state_repository, version_1
from ..classroom.forge import Forge
from ..classroom.names import staff_repo
from ..classroom.version_1 import Converted
from ..files import alone, write_atomic
from ..gradebook.decisions import read_decisions
from ..gradebook.upgrade import upgrade
from ..grading.course_secret import existing_secret
from .term import signature
from .workspace import Workspace


@dataclass(frozen=True)
class Conversion:
    """Hold the result of a conversion, or of a dry run: for the state folder, the gradebook and the staff's repository."""

    decisions: int
    state: Converted
    gradebook: Converted
    repository: Converted


def convert(workspace: Workspace, forge: Forge, *, dry_run: bool = False) -> Conversion:
    """Convert everything of version 1. dry_run: change nothing

    A dry run comes first in any case, so that whatever is refused is refused before anything is written.
    """
    secret = existing_secret(workspace.state)
    with alone(workspace.state):
        tried = _convert(workspace, forge, secret, dry_run=True)
        tried.state.refuse_wrong_secret(str(workspace.state))
        tried.gradebook.refuse_wrong_secret("the gradebook")
        tried.repository.refuse_wrong_secret(staff_repo(workspace.course))
        if dry_run:
            return tried
        return _convert(workspace, forge, secret, dry_run=False, first={path for path, _ in tried.state.aside})


def _convert(
    workspace: Workspace, forge: Forge, secret: bytes, *, dry_run: bool, first: Collection[str] = ()
) -> Conversion:
    repo, by = staff_repo(workspace.course), signature(workspace.course)
    if not dry_run:
        _remove_reports(workspace.reports)
    return Conversion(
        _decisions(workspace, dry_run),
        _files(workspace.state, secret, dry_run, first),
        _gradebook(workspace, secret, dry_run),
        state_repository.convert(forge, repo, secret, by, dry_run=dry_run),
    )


def _remove_reports(reports: Path) -> None:
    """Remove reports in folders with a module's number. `grader report` writes them again, in folders without."""
    for folder in reports.glob("*/[0-9]*_*"):
        if version_1.stem_of(folder.name):
            shutil.rmtree(folder)


def _decisions(workspace: Workspace, dry_run: bool) -> int:
    before = read_decisions(workspace.decisions_file)
    after = version_1.decisions(before.text, before.path)
    changed = sum(old != new for old, new in zip(before.entries, after.entries, strict=True))
    if changed and not dry_run:
        write_atomic(after.path, after.text)
    return changed


def _files(state: Path, secret: bytes, dry_run: bool, first: Collection[str]) -> Converted:
    """Convert the files of the state folder. first: the paths that will be set aside

    They come first, so that a run that is killed leaves records that the secret has signed, and the next run can go on.
    """
    found = Converted()
    places = version_1.by_new_path(version_1.old_files(state))
    for new in sorted(places, key=lambda new: set(places[new]).isdisjoint(first)):
        old = {path: (state / path).read_bytes() for path in places[new]}
        there = (state / new).read_bytes() if (state / new).is_file() else None
        one = version_1.converted(new, old, there, secret)
        if not dry_run:
            _write(state, one.files, mode=(state / places[new][0]).stat().st_mode & 0o777)
        one.files.clear()  # the files of a whole class need not be in memory
        found.add(one)
    return found


def _write(state: Path, files: dict[str, bytes | None], mode: int) -> None:
    for path, content in files.items():
        if content is not None:
            write_atomic(state / path, content, mode=mode)
            continue
        (state / path).unlink()
        folder = (state / path).parent
        if not any(folder.iterdir()):
            folder.rmdir()


def _gradebook(workspace: Workspace, secret: bytes, dry_run: bool) -> Converted:
    url = workspace.gradebook_url
    found = Converted()
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_file():
        return found

    def keep(student: str, document: str) -> None:
        content = document.encode()
        write_atomic(workspace.state / version_1.set_aside_path(student, content), content)

    done = upgrade(url, partial(version_1.record, secret=secret), keep, dry_run=dry_run)
    found.signed, found.records = done.converted, done.converted + len(done.refused)
    for student, document, reason in done.refused:
        found.set_aside(f"a record of {student}", student, document.encode(), reason)
    return found
