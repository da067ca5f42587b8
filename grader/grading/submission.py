"""What of a submission is graded: the Python files of its `tinytorch/`, copied one by one by an allow list.

Whatever is not on the list is not copied, and is named in the report. Nothing of the submission is run or followed.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from ..files import blob_id

PACKAGE = "tinytorch"
MAX_FILES = 100
MAX_FILE_SIZE = 512 * 1024
MAX_LISTED = 100
MAX_WALK = 20_000

_MODULE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}\.py", re.ASCII)
_NOTABLE = {
    "conftest.py": "only the course's own suite configures pytest",
    "pytest.ini": "only the course's own suite configures pytest",
    "tox.ini": "only the course's own suite configures pytest",
    "setup.cfg": "only the course's own suite configures pytest",
    "sitecustomize.py": "would run before the grader",
    "usercustomize.py": "would run before the grader",
}
_SHADOWED = {"numpy", "pytest", "_pytest", "msgpack", "checks"}


class SubmissionError(Exception):
    """The submission cannot be read at all: no such folder, repository or commit."""


@dataclass(frozen=True)
class Found:
    """A path of the submission before it is judged. problem: why it is not even a regular file."""

    path: str
    size: int
    problem: str | None
    read: Callable[[], bytes]
    blob: Callable[[], str]  # git's id of the content


@dataclass(frozen=True)
class Submission:
    """Files to grade, by path below the repository's top, and what was left out, with the reason."""

    files: Mapping[str, bytes]
    ignored: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]

    @property
    def digest(self) -> str:
        return digest_of(self.files)

    def write(self, folder: Path, replaced: Mapping[str, bytes]) -> None:
        """Put the package into `folder`, which the jail will see; `replaced` stands in for files of the same path."""
        for path, content in {**self.files, **replaced}.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        (folder / PACKAGE).mkdir(parents=True, exist_ok=True)
        for name in (folder, *folder.rglob("*")):
            name.chmod(0o755 if name.is_dir() else 0o644)


def digest_of(files: Mapping[str, bytes]) -> str:
    """One digest of paths and contents."""
    whole = hashlib.sha256()
    for path in sorted(files):
        content = hashlib.sha256(files[path]).hexdigest()
        whole.update(f"{path}\0{content}\n".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


def from_folder(folder: Path, given: frozenset[str] = frozenset()) -> Submission:
    """Read a submission from a folder as it is on disk. Links are not followed.

    given: git's ids of files that the course itself hands out, which need no word in the report
    """
    if not folder.is_dir():
        raise SubmissionError(
            f"{folder} is not a folder. Give a folder that holds {PACKAGE}/, or a git URL and a commit"
        )
    if not (folder / PACKAGE).is_dir() and folder.name == PACKAGE:
        folder = folder.parent
    return _judge(_walk(folder), given)


def from_commit(source: str | Path, commit: str, given: frozenset[str] = frozenset()) -> Submission:
    """Read a submission from a commit of a repository, without a checkout. given: as for `from_folder`."""
    from ..repository import borrowed  # not above: it costs a start that only grades a folder

    with borrowed(source, commit) as repository:
        entries = sorted(repository.tree(commit), key=lambda entry: entry.path)
        # judged once without contents, so that only what is taken is read, and in one go
        chosen = _judge((Found(e.path, e.size, e.problem, bytes, e.id.__str__) for e in entries), given).files
        contents = repository.blobs(e.id for e in entries if e.path in chosen)
        found = (Found(e.path, e.size, e.problem, partial(contents.__getitem__, e.id), e.id.__str__) for e in entries)
        return _judge(found, given)


def _judge(found: Iterator[Found], given: frozenset[str]) -> Submission:
    files: dict[str, bytes] = {}
    ignored: list[tuple[str, str]] = []
    elsewhere = 0
    for one in sorted(found, key=lambda f: f.path):
        reason = _reason_against(one, files)
        if reason is None:
            files[one.path] = one.read()
        elif reason and not (one.problem is None and one.size <= MAX_FILE_SIZE and one.blob() in given):
            ignored.append((one.path, reason))
        else:
            elsewhere += 1
    warnings = []
    if elsewhere:
        warnings.append(f"{elsewhere} other files outside {PACKAGE}/ are not graded.")
    if len(ignored) > MAX_LISTED:
        warnings.append(f"{len(ignored)} files were left out; the first {MAX_LISTED} are listed.")
    if not files:
        warnings.append(f"The submission has no Python files under {PACKAGE}/.")
    return Submission(files, tuple(ignored[:MAX_LISTED]), tuple(warnings))


def _reason_against(one: Found, taken: Mapping[str, bytes]) -> str | None:
    """None to take the file, "" to pass over it without a word, or the reason to name in the report."""
    path = PurePosixPath(one.path)
    inside = path.parts[:1] == (PACKAGE,)
    if path.name in _NOTABLE:
        return _NOTABLE[path.name]
    if path.suffix == ".pth":
        return "would change what Python imports"
    if len(path.parts) == 1 and (path.stem in _SHADOWED or path.suffix == ".py"):
        return f"would stand in for a module of the same name; only {PACKAGE}/ is graded"
    if not inside:
        return one.problem or ""
    if one.problem is not None:
        return one.problem
    if not all(_MODULE_NAME.fullmatch(f"{part}.py") for part in path.parent.parts) or not _MODULE_NAME.fullmatch(
        path.name
    ):
        return "not a Python module: only NAME.py files are graded"
    if any(path.as_posix().lower() == other.lower() for other in taken):
        return "differs from another file only in upper and lower case"
    if one.size > MAX_FILE_SIZE:
        return f"larger than {MAX_FILE_SIZE // 1024} KiB"
    if len(taken) >= MAX_FILES:
        return f"more than {MAX_FILES} files"
    return None


def _walk(folder: Path) -> Iterator[Found]:
    """Every path below a folder, without following links and without waiting on devices."""
    seen = 0
    for top, folders, names in os.walk(folder, followlinks=False):
        links = [name for name in folders if Path(top, name).is_symlink()]
        folders[:] = sorted(n for n in folders if n not in links and n not in (".git", "__pycache__", ".venv"))
        for name in sorted(names + links):
            seen += 1
            if seen > MAX_WALK:
                return
            path = Path(top, name)
            status = path.lstat()
            shown = path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            yield Found(
                shown, status.st_size, _irregular(status.st_mode), partial(_read, path), partial(_blob_of, path)
            )


def _read(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        return file.read(MAX_FILE_SIZE)


def _blob_of(path: Path) -> str:
    return blob_id(_read(path))


def _irregular(mode: int) -> str | None:
    if stat.S_ISREG(mode):
        return None
    return "a symbolic link" if stat.S_ISLNK(mode) else "not a regular file"
