"""Select the files of a submission to grade, copied one by one by an allow list.

These are the Python files of its `tinytorch/`, and its answers to the open experiments, `tinytorch/answers/STEM.toml`.
A file that is not on the list is not copied, and is named in the report. Nothing of the submission is run or followed.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath

from ..errors import GraderError
from ..files import blob_id
from ..repository import RepositoryError, borrowed

PACKAGE = "tinytorch"
MAX_FILES = 100
MAX_FILE_SIZE = 512 * 1024
ANSWERS = f"{PACKAGE}/answers"
MAX_ANSWERS_SIZE = 16 * 1024
MAX_LISTED = 100
MAX_WALK = 20_000
MAX_SHOWN = 300

_MODULE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}\.py", re.ASCII)
_ANSWERS_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}\.toml", re.ASCII)
_NOTABLE = {
    "conftest.py": "only the course's own suite configures pytest",
    "pytest.ini": "only the course's own suite configures pytest",
    "tox.ini": "only the course's own suite configures pytest",
    "setup.cfg": "only the course's own suite configures pytest",
    "sitecustomize.py": "would run before the grader",
    "usercustomize.py": "would run before the grader",
}
_SHADOWED = {"numpy", "pytest", "_pytest", "msgpack", "checks"}
_ALIAS = (
    "import sys\n\nfrom . import {0}\n\nsys.modules[__name__] = {0}\n"  # makes one module importable under two names
)
_PASSED_OVER = {".git", "__pycache__", ".venv"}


class SubmissionError(GraderError):
    """Report that the submission cannot be read at all: no such folder, repository or commit."""


@dataclass(frozen=True)
class Found:
    """Hold a path of the submission before it is judged. problem: why it is not a regular file."""

    path: str
    size: int
    problem: str | None
    read: Callable[[], bytes]
    blob: Callable[[], str]  # git's id of the content


@dataclass(frozen=True)
class Submission:
    """Hold the files to grade, by path below the repository's top, and the files that were left out, with the reasons."""

    files: Mapping[str, bytes]
    ignored: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]

    @property
    def digest(self) -> str:
        return digest_of(self.files)

    def under_new_names(self, renamed: Mapping[str, str]) -> Submission:
        """Return the same work under the present stems of renamed modules, as `under_new_names` does."""
        return replace(self, files=under_new_names(self.files, renamed))


def under_new_names(files: Mapping[str, bytes], renamed: Mapping[str, str]) -> dict[str, bytes]:
    """Return files under the present stems of renamed modules. renamed: the present stem, by each earlier stem.

    A file with the earlier name is graded under the present name, and so are the answers to the module's experiment. The
    earlier name stays importable, since the student's other files may still use it.
    """
    named = dict(files)
    for old, now in renamed.items():
        _move(named, old, now)
    for old, now in renamed.items():
        if _path(now) in named:
            named.setdefault(_path(old), _alias(now))
    return named


def under_first_names(
    files: Mapping[str, bytes], renamed: Mapping[str, str], first_stems: Mapping[str, str]
) -> dict[str, bytes]:
    """Undo `under_new_names`: two submissions get the same files here exactly if they get the same files there.

    So a digest of these files does not change when a module is renamed, and not when the student then renames the file too.
    first_stems: the first stem of each renamed module, by its present stem
    """
    named = dict(files)
    for old, now in renamed.items():
        if named.get(_path(old)) == _alias(now):
            del named[_path(old)]
    for now, first in first_stems.items():
        _move(named, now, first)
    return named


def _move(files: dict[str, bytes], before: str, after: str) -> None:
    """Move a module's files to another stem, unless there are files with that stem already."""
    for path in (_path, _answers_path):
        if path(before) in files and path(after) not in files:
            files[path(after)] = files.pop(path(before))


def _path(stem: str) -> str:
    return f"{PACKAGE}/{stem}.py"


def _answers_path(stem: str) -> str:
    return f"{ANSWERS}/{stem}.toml"


def _alias(stem: str) -> bytes:
    return _ALIAS.format(stem).encode()


def write_package(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the files of a submission into `folder`, which the jail will see."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    (folder / PACKAGE).mkdir(parents=True, exist_ok=True)
    for name in (folder, *folder.rglob("*")):
        name.chmod(0o755 if name.is_dir() else 0o644)


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return one digest of paths and contents."""
    whole = hashlib.sha256()
    for path in sorted(files):
        content = hashlib.sha256(files[path]).hexdigest()
        whole.update(f"{path}\0{content}\n".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


def from_folder(folder: Path, given: frozenset[str] = frozenset()) -> Submission:
    """Read a submission from a folder as it is on disk. Links are not followed.

    given: git's ids of files that the course itself hands out, which the report need not mention
    """
    if not folder.is_dir():
        raise SubmissionError(
            f"{folder} is not a folder. Give a folder that holds {PACKAGE}/, or a git URL and a commit"
        )
    if not (folder / PACKAGE).is_dir() and folder.name == PACKAGE:
        folder = folder.parent
    found = list(islice(_walk(folder), MAX_WALK + 1))
    warning = f"More than {MAX_WALK:,} files: the others were not read." if len(found) > MAX_WALK else ""
    try:
        return _judge(found[:MAX_WALK], given).submission(warning)
    except OSError as error:
        raise SubmissionError(f"{folder} cannot be read: {error}") from error


def from_commit(source: str | Path, commit: str, given: frozenset[str] = frozenset()) -> Submission:
    """Read a submission from a commit of a repository, without a checkout. given: as for `from_folder`.

    Students decide which files they hand in. If the commit has a file that the repository cannot show, that is the grader's
    own error: RepositoryError.
    """
    contents: dict[str, bytes] = {}  # filled in one go, once the selection is known
    with borrowed(source, commit) as repository:
        inside: list[Found] = []
        found: list[Found] = []
        for e in repository.tree(commit):
            one = Found(e.path, e.size or 0, e.problem, partial(contents.__getitem__, e.id), e.id.__str__)
            found.append(one)
            if e.path.startswith(f"{PACKAGE}/"):
                if e.unreadable:
                    raise RepositoryError(
                        f"{source}: {_shown(e.path)!r} at commit {commit[:12]} cannot be read: object {e.id} is missing or "
                        "damaged"
                    )
                inside.append(one)
        judged = _judge(found, given)
        contents.update(repository.blobs(one.blob() for one in judged.taken))
        # a damaged file may look too large to be graded
        repository.check(one.blob() for one in inside if one.problem is None and one.size > MAX_FILE_SIZE)
    return judged.submission()


@dataclass(frozen=True)
class _Judged:
    taken: tuple[Found, ...]
    ignored: tuple[tuple[str, str], ...]
    elsewhere: int

    def submission(self, warning: str = "") -> Submission:
        warnings = [warning] if warning else []
        if self.elsewhere:
            warnings.append(f"{self.elsewhere} other files outside {PACKAGE}/ are not graded.")
        if len(self.ignored) > MAX_LISTED:
            warnings.append(f"{len(self.ignored)} files were left out; the first {MAX_LISTED} are listed.")
        if not self.taken:
            warnings.append(f"The submission has no Python files under {PACKAGE}/.")
        files = {one.path: one.read() for one in self.taken}
        listed = tuple((_shown(path), reason) for path, reason in self.ignored[:MAX_LISTED])
        return Submission(files, listed, tuple(warnings))


def _judge(found: Iterable[Found], given: frozenset[str]) -> _Judged:
    taken: dict[str, Found] = {}  # by path in lower case
    ignored: list[tuple[str, str]] = []
    elsewhere = 0
    for one in sorted(found, key=lambda f: f.path):
        reason = _reason_against(one, taken)
        if reason is None:
            taken[one.path.lower()] = one
        elif reason and not (one.problem is None and one.size <= MAX_FILE_SIZE and one.blob() in given):
            ignored.append((one.path, reason))
        else:
            elsewhere += 1
    return _Judged(tuple(taken.values()), tuple(ignored), elsewhere)


def _reason_against(one: Found, taken: Mapping[str, Found]) -> str | None:
    """Return None to take the file, "" to ignore it silently, or the reason to name in the report."""
    path = PurePosixPath(one.path)
    inside = path.parts[:1] == (PACKAGE,)
    if path.name in _NOTABLE:
        return _NOTABLE[path.name]
    if path.suffix == ".pth":
        return "would change what Python imports"
    if len(path.parts) == 1 and (path.stem in _SHADOWED or path.suffix == ".py"):
        return f"would replace a module of the same name; only {PACKAGE}/ is graded"
    if not inside:
        return one.problem or ""
    if one.problem is not None:
        return one.problem
    answers = str(path.parent) == ANSWERS and path.suffix == ".toml"
    if not answers and not all(
        _MODULE_NAME.fullmatch(name) for name in (*(f"{p}.py" for p in path.parts[:-1]), path.name)
    ):
        return "not a Python module: only NAME.py files are graded"
    if answers and not _ANSWERS_NAME.fullmatch(path.name):
        return f"not the answers of a module: these are in {ANSWERS}/STEM.toml"
    if one.path.lower() in taken:
        return "differs from another file only in upper and lower case"
    largest = MAX_ANSWERS_SIZE if answers else MAX_FILE_SIZE
    if one.size > largest:
        return f"larger than {largest // 1024} KiB"
    if len(taken) >= MAX_FILES:
        return f"more than {MAX_FILES} files"
    return None


def _shown(path: str) -> str:
    """Return a path for the record: valid Unicode, and short even if git has a name of megabytes."""
    valid = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return valid if len(valid) <= MAX_SHOWN else f"{valid[:MAX_SHOWN]}\u2026"


def _walk(folder: Path) -> Iterator[Found]:
    """Yield every path below a folder, graded files first, without following links, waiting on devices, or recursion."""
    waiting = [(str(folder), "")]
    if (folder / PACKAGE).is_dir() and not (folder / PACKAGE).is_symlink():
        waiting.append((str(folder / PACKAGE), f"{PACKAGE}/"))
    while waiting:
        top, shown = waiting.pop()
        try:
            with os.scandir(top) as entries:
                inside = sorted(islice(entries, MAX_WALK + 1), key=lambda entry: entry.name)
        except OSError as error:
            yield Found(shown or ".", 0, f"cannot be read: {error.strerror}", bytes, str)
            continue
        for entry in inside:
            name = shown + entry.name
            if not entry.is_dir(follow_symlinks=False):
                yield _found(Path(entry.path), name)
            elif name != PACKAGE and entry.name not in _PASSED_OVER:
                waiting.append((entry.path, f"{name}/"))


def _found(path: Path, shown: str) -> Found:
    try:
        status = path.lstat()
    except OSError as error:
        return Found(shown, 0, f"cannot be read: {error.strerror}", bytes, str)
    return Found(shown, status.st_size, _irregular(status.st_mode), partial(_read, path), partial(_blob_of, path))


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
