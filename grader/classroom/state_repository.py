"""Keep the course's state in its own repository on the forge, for machines that keep nothing from one run to the next.

The repository keeps the files that staff write (class list, decisions) and the results of grading (records, what was posted,
which suites graded). It does not keep the secret, nor anything that can be made again from these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from grader.bounds import STAFFS
from grader.counted import counted
from grader.errors import GraderError
from grader.files import blob_id, write_atomic
from grader.gradebook import GradebookError
from grader.gradebook.decisions import parse
from grader.grading.record import Record
from grader.grading.store import gives_way
from grader.repository import NewCommit, Repository, RepositoryError, Signature, TreeEntry

from . import version_1
from .forge import MAIN, Forge, refused_as_public
from .posted_ledger import in_both

DECISIONS = "decisions.yaml"
BY_STAFF = ("roster.csv", "staff.csv", DECISIONS)
BY_GRADING = ("records", "posted", "suites")  # folders of JSON documents
BATCH_BYTES = 32 << 20  # bytes that git sends in one answer
_REF = f"refs/heads/{MAIN}"


class StateError(GraderError):
    """Report that the state on the forge and the state here contradict each other."""


@dataclass(frozen=True)
class Fetched:
    """Hold the paths that were written, and the paths of staff's files that differ here and were left alone."""

    written: tuple[str, ...]
    differ: tuple[str, ...]


def fetch(forge: Forge, repo: str, folder: Path, *, replace: bool = False) -> Fetched:
    """Bring the state from the forge into `folder`. replace: overwrite staff's files too, if they differ here."""
    if repo not in forge.repos():
        raise StateError(
            f"there is no repository {repo} on the forge. `grader state save` makes it from the state here"
        )
    written: list[str] = []
    differ: list[str] = []
    with forge.workspace(repo, MAIN, bound=STAFFS) as git:
        tip = git.refs(_REF).get(_REF)
        wanted: list[TreeEntry] = []
        entries = git.tree(tip) if tip else []
        _refuse_version_1(repo, git, entries)
        for entry in _kept(repo, entries):
            if _id_here(folder / entry.path) == entry.id:
                continue
            if entry.path in BY_STAFF and (folder / entry.path).exists() and not replace:
                differ.append(entry.path)
            else:
                wanted.append(entry)
        for batch in _batches(wanted):
            for path, content in _contents(git, batch).items():
                here = folder / path
                before = here.read_bytes() if here.is_file() else None
                after = content if before is None else _fetched(path, before, content)
                if after != before:
                    write_atomic(here, after)
                    written.append(path)
    return Fetched(tuple(written), tuple(differ))


def save(
    forge: Forge, repo: str, folder: Path, by: Signature, *, grades_only: bool = False, dry_run: bool = False
) -> tuple[str, ...]:
    """Put the state of `folder` on the forge in one commit. Return the paths that are new or changed there; remove nothing.

    grades_only: leave staff's files on the forge as they are; dry_run: only return the paths
    """
    if repo in forge.public_repos():
        raise StateError(refused_as_public(repo, "names, addresses and grades"))
    names = () if grades_only else BY_STAFF
    if repo not in forge.repos():
        if dry_run:
            return tuple(_new(folder, names, {}))
        forge.create_repo(repo)
    with forge.workspace(repo, MAIN, bound=STAFFS) as git:
        tip = git.refs(_REF).get(_REF)
        there = {entry.path: entry for entry in git.tree(tip)} if tip else {}
        _refuse_version_1(repo, git, there.values())
        new = _new(folder, names, {path: entry.id for path, entry in there.items()})
        for batch in _batches(there[path] for path in new.keys() & there.keys()):
            for path, before in _contents(git, batch).items():
                if path == DECISIONS:
                    _refuse_to_lose(repo, before, new[path])
                if not _gives_way(path, before, new[path]):
                    del new[path]
        if new and not dry_run:
            git.write([NewCommit(_REF, (tip,) if tip else (), f"State: {counted(len(new), 'file')}\n", new)], by)
    return tuple(new)


def convert(forge: Forge, repo: str, secret: bytes, by: Signature, *, dry_run: bool = False) -> version_1.Converted:
    """Bring a state of version 1 on the forge up to date, in one commit."""
    found = version_1.Converted()
    if repo not in forge.repos():
        return found
    with forge.workspace(repo, MAIN, bound=STAFFS) as git:
        tip = git.refs(_REF).get(_REF)
        there = {entry.path: entry for entry in _kept(repo, git.tree(tip))} if tip else {}
        places = version_1.by_new_path(there)
        needed = {path for new, old in places.items() for path in (*old, new)} | {DECISIONS}
        contents: dict[str, bytes] = {}
        for batch in _batches(there[path] for path in needed & there.keys()):
            contents |= _contents(git, batch)
        for new, old in places.items():
            found.add(version_1.converted(new, {path: contents[path] for path in old}, contents.get(new), secret))
        if DECISIONS in contents:
            _convert_decisions(found, repo, contents[DECISIONS])
        if found.files and not dry_run:
            git.write([NewCommit(_REF, (tip,) if tip else (), "State of version 2\n", found.files)], by)
    return found


def _convert_decisions(found: version_1.Converted, repo: str, content: bytes) -> None:
    name = f"{repo}/{DECISIONS}"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StateError(f"{name} is not UTF-8 at byte {error.start}. Nothing was changed. Mend it there") from error
    after = version_1.decisions(text, Path(name)).text
    if after != text:
        found.files[DECISIONS] = after.encode()
        found.done.append(DECISIONS)


def _refuse_version_1(repo: str, git: Repository, entries: Iterable[TreeEntry]) -> None:
    """State of two versions beside each other would give a student two records of one grading."""
    for entry in filter(_is_kept, entries):
        old = version_1.new_path(entry.path) is not None
        if entry.path == DECISIONS:
            text = _contents(git, [entry])[entry.path].decode("utf-8-sig", errors="replace")
            old = version_1.decided(text, Path(entry.path))
        if old:
            raise StateError(
                f"{repo} holds state of version 1 ({entry.path}). Nothing was changed. Run `grader convert --forge …` once, on a "
                "machine that has the course's secret"
            )


def _fetched(path: str, here: bytes, there: bytes) -> bytes:
    """Return the content of a file after a fetch.

    Of two lists of posts, keep only the entries that do not contradict each other.
    """
    if path.startswith("posted/"):
        return in_both(here, there)
    return there if _gives_way(path, here, there) else here


def _gives_way(path: str, before: bytes, after: bytes) -> bool:
    """Decide whether the new content may replace the old.

    Trouble never replaces a grade. Two notes of one suite differ only in the time.
    """
    if path.startswith("suites/"):
        return False
    if not path.startswith("records/"):
        return True
    try:
        old = Record.model_validate_json(before)
    except ValidationError:
        return True
    try:
        return gives_way(old, Record.model_validate_json(after))
    except ValidationError:
        return False


def _refuse_to_lose(repo: str, there: bytes, here: bytes) -> None:
    """Refuse to save a list of decisions that lacks some of those on the forge. Nothing is ever removed from that file."""
    gone = _decided(f"{repo}/{DECISIONS}", there) - _decided(DECISIONS, here)
    if gone:
        raise StateError(
            f"{DECISIONS} on the forge has {counted(len(gone), 'decision')} that the one here lacks: "
            f"{', '.join(sorted(gone)[:5])}. Nothing was saved. "
            "Fetch first: `grader state fetch --replace` takes the forge's files; then enter again what "
            "you have decided here since then"
        )


def _decided(name: str, content: bytes) -> set[str]:
    """Return the ids of the decisions in a file."""
    try:
        return {entry.id for entry in parse(content.decode("utf-8-sig"), Path(name)).entries}
    except (ValueError, GradebookError) as error:
        raise StateError(f"{name} cannot be read, so nothing was saved. Mend it there: {error}") from error


def _new(folder: Path, names: Iterable[str], there: Mapping[str, str]) -> dict[str, bytes]:
    """Return path and content of the kept files in `folder` that differ from those `there`. `there` holds git's ids by path."""
    found: dict[str, bytes] = {}
    for path in _here(folder, names):
        content = path.read_bytes()
        name = path.relative_to(folder).as_posix()
        if there.get(name) != blob_id(content):
            found[name] = content
    return found


def _here(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    """List the files that are kept, in order."""
    by_grading = (sorted((folder / area).rglob("[!.]*.json")) for area in BY_GRADING)
    for path in chain((folder / name for name in names), *by_grading):
        if path.is_file() and not path.is_symlink():
            yield path


def _kept(repo: str, entries: Iterable[TreeEntry]) -> Iterator[TreeEntry]:
    """Yield the entries that belong to the state. Raise RepositoryError if one of them cannot be read."""
    for entry in entries:
        if entry.unreadable and _is_kept_path(entry.path):
            raise RepositoryError(
                f"{repo}: {entry.path} cannot be read: object {entry.id} is missing or damaged. Nothing was changed. Run "
                "this again; if that does not help, restore the repository from a backup"
            )
        if _is_kept(entry):
            yield entry


def _is_kept(entry: TreeEntry) -> bool:
    return entry.problem is None and _is_kept_path(entry.path)


def _is_kept_path(name: str) -> bool:
    path = PurePosixPath(name)
    return name in BY_STAFF or (path.parts[0] in BY_GRADING and path.suffix == ".json" and len(path.parts) > 1)


def _id_here(path: Path) -> str:
    return blob_id(path.read_bytes()) if path.is_file() else ""


def _batches(entries: Iterable[TreeEntry]) -> Iterator[list[TreeEntry]]:
    batch: list[TreeEntry] = []
    size = 0
    for entry in entries:
        if batch and size + (entry.size or 0) > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.size or 0
    if batch:
        yield batch


def _contents(git: Repository, batch: Iterable[TreeEntry]) -> Mapping[str, bytes]:
    entries = list(batch)
    blobs = git.blobs(entry.id for entry in entries)
    return {entry.path: blobs[entry.id] for entry in entries}
