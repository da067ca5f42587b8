"""Test objects that git cannot show, or shows wrong. They are the grader's own trouble, reported in one line, and never a score.

The tests also show that the student's own choices, to hand in something or not, are graded as they are.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import zlib
from collections.abc import Callable
from hashlib import sha1
from pathlib import Path

import pytest
from selection import first_of_each

from grader.classroom import release, state_repository
from grader.classroom.pushes import find_pushes
from grader.classroom.repo_facts import FACTS
from grader.grading.submission import MAX_FILE_SIZE, from_commit
from grader.pipeline.commit_pack import pack, unpack
from grader.repository import NewCommit, Repository, RepositoryError
from tests.command import run, said
from tests.faults.sound import outcome
from tests.faults.world import build

from .forges import Disk, GitHub
from .world import BY, ON_BOTH, Classroom

WORK = {
    "tinytorch/__init__.py": b"",
    "tinytorch/tensor.py": b"x = 1\n" * 40,
    "tinytorch/nested/deep.py": b"y = 2\n" * 40,
    "notes/diary.txt": b"today\n" * 40,
}
MAIN = "refs/heads/main"


class Bare:
    """Offer a student's repository, and ways for a disk to spoil it."""

    def __init__(self, folder: Path) -> None:
        self.git = Repository.create(folder)
        (self.commit,) = self.git.write([NewCommit(MAIN, (), "work\n", WORK)], BY)

    def id(self, path: str) -> str:
        """Return the id of a file or folder, or of the commit itself without a path."""
        name = f"{self.commit}:{path}" if path != "." else f"{self.commit}^{{tree}}"
        return self.git.git("rev-parse", name if path else self.commit).decode().strip()

    def file(self, path: str) -> Path:
        name = self.id(path)
        found = self.git.path / "objects" / name[:2] / name[2:]
        found.chmod(0o644)
        return found

    def packed(self) -> Path:
        """Return the pack that holds everything, after packing all loose objects."""
        self.git.git("repack", "-a", "-d", "-q")
        (found,) = (self.git.path / "objects/pack").glob("*.pack")
        found.chmod(0o644)
        return found


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    return Bare(tmp_path / "eve.git")


def flip(file: Path, at: int) -> None:
    content = bytearray(file.read_bytes())
    content[at] ^= 0xFF
    file.write_bytes(content)


def stands_for(kind: str, content: bytes, size: int | None = None) -> bytes:
    """Write a loose object that git accepts as sound, under any id."""
    return zlib.compress(f"{kind} {len(content) if size is None else size}\0".encode() + content)


SPOILED: dict[str, Callable[[Path], object]] = {
    "removed": Path.unlink,
    "empty": lambda file: file.write_bytes(b""),
    "its first byte flipped": lambda file: flip(file, 0),
    "a byte of its head flipped": lambda file: flip(file, 4),
    "a byte of its content flipped": lambda file: flip(file, -8),
    "its check sum flipped": lambda file: flip(file, -1),
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:-6]),
}


@pytest.mark.parametrize(
    "path", ["tinytorch/tensor.py", "tinytorch/nested/deep.py", "tinytorch/nested", "tinytorch", ".", ""]
)
@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_a_damaged_loose_object_is_an_error(bare: Bare, path: str, spoil: Callable[[Path], object]) -> None:
    spoil(bare.file(path))
    with pytest.raises(RepositoryError):
        from_commit(bare.git.path, bare.commit)


OTHER: dict[str, tuple[str, bytes]] = {
    "tinytorch/tensor.py": ("blob", b"x = 2\n"),
    "tinytorch/nested": ("tree", b""),
    "tinytorch": ("tree", b""),
    ".": ("tree", b""),
}


@pytest.mark.parametrize("path", OTHER)
def test_sound_content_under_another_id_is_an_error(bare: Bare, path: str) -> None:
    """With an empty folder in place of the package, the submission would have no files and get a complete zero."""
    bare.file(path).write_bytes(stands_for(*OTHER[path]))
    with pytest.raises(RepositoryError, match=r"damaged|hash mismatch"):
        from_commit(bare.git.path, bare.commit)


def test_another_commit_under_a_commits_id_is_an_error(bare: Bare) -> None:
    (other,) = bare.git.write([NewCommit("refs/heads/x", (), "none\n", {"README.md": b""})], BY)
    bare.file("").write_bytes((bare.git.path / "objects" / other[:2] / other[2:]).read_bytes())
    with pytest.raises(RepositoryError, match=r"damaged|hash mismatch"):
        from_commit(bare.git.path, bare.commit)


def test_a_file_whose_header_claims_too_large_a_size_is_an_error_and_not_left_out(bare: Bare) -> None:
    bare.file("tinytorch/tensor.py").write_bytes(stands_for("blob", WORK["tinytorch/tensor.py"], MAX_FILE_SIZE + 1))
    with pytest.raises(RepositoryError, match="damaged"):
        from_commit(bare.git.path, bare.commit)


PACKS: dict[str, Callable[[Path], object]] = {
    "cut off": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "empty": lambda file: file.write_bytes(b""),
    "removed": Path.unlink,
    "without its index": lambda file: file.with_suffix(".idx").unlink(),
    "zeros in the middle": lambda file: file.write_bytes(
        file.read_bytes()[:40] + bytes(file.stat().st_size - 80) + file.read_bytes()[-40:]
    ),
}


@pytest.mark.parametrize("spoil", PACKS.values(), ids=PACKS)
def test_a_damaged_pack_is_an_error(bare: Bare, spoil: Callable[[Path], object]) -> None:
    spoil(bare.packed())
    with pytest.raises(RepositoryError):
        from_commit(bare.git.path, bare.commit)


def test_a_flipped_byte_of_a_pack_never_changes_what_is_graded(bare: Bare) -> None:
    """Flip every seventh byte, in turn. The files read are those handed in, or none."""
    file = bare.packed()
    sound = from_commit(bare.git.path, bare.commit)
    errors = 0
    for at in range(0, file.stat().st_size, 7):
        flip(file, at)
        try:
            assert from_commit(bare.git.path, bare.commit) == sound, at
        except RepositoryError:
            errors += 1
        flip(file, at)
    assert errors
    assert from_commit(bare.git.path, bare.commit) == sound


def test_a_commit_of_a_partial_clone_is_an_error(bare: Bare) -> None:
    """Git would fetch the missing files from the address in its configuration."""
    bare.file("tinytorch/tensor.py").unlink()
    for key, value in (("promisor", "true"), ("url", "/nowhere")):
        bare.git.git("config", f"remote.origin.{key}", value)
    bare.git.git("config", "core.repositoryFormatVersion", "1")
    bare.git.git("config", "extensions.partialClone", "origin")
    with pytest.raises(RepositoryError):
        from_commit(bare.git.path, bare.commit)
    assert [entry.path for entry in bare.git.tree(bare.commit) if entry.unreadable] == ["tinytorch/tensor.py"]


def test_damage_outside_the_package_costs_no_grade(bare: Bare) -> None:
    bare.file("notes/diary.txt").unlink()
    assert "tinytorch/tensor.py" in from_commit(bare.git.path, bare.commit).files


CHOSEN: dict[str, tuple[dict[str, bytes | None], set[str]]] = {
    "a file removed": ({"tinytorch/tensor.py": None}, {"tinytorch/__init__.py", "tinytorch/nested/deep.py"}),
    "no package at all": (dict.fromkeys(path for path in WORK if path.startswith("tiny")), set()),
    "a file too large": (
        {"tinytorch/tensor.py": b"#" * (MAX_FILE_SIZE + 1)},
        {"tinytorch/__init__.py", "tinytorch/nested/deep.py"},
    ),
    "an empty file": ({"tinytorch/tensor.py": b""}, {path for path in WORK if path.endswith(".py")}),
}


@pytest.mark.parametrize(("files", "graded"), CHOSEN.values(), ids=CHOSEN)
def test_a_students_own_choice_is_graded_as_it_is(bare: Bare, files: dict[str, bytes | None], graded: set[str]) -> None:
    (commit,) = bare.git.write([NewCommit(MAIN, (bare.commit,), "less\n", files)], BY)
    assert set(from_commit(bare.git.path, commit).files) == graded


def test_a_dangling_link_and_a_submodule_are_the_students_own_choice(bare: Bare) -> None:
    nowhere = sha1(b"nowhere").hexdigest()
    stream = (
        f"commit {MAIN}\ncommitter {BY}\ndata 1\nx\nfrom {bare.commit}\n"
        f"M 120000 inline tinytorch/tensor.py\ndata 7\nnowhere\nM 160000 {nowhere} tinytorch/nested\n\n"
    )
    bare.git.git("fast-import", "--quiet", data=stream.encode())
    found = from_commit(bare.git.path, bare.git.refs()[MAIN])
    assert set(found.files) == {"tinytorch/__init__.py"}
    assert dict(found.ignored) == {"tinytorch/nested": "a submodule", "tinytorch/tensor.py": "a symbolic link"}


def spoil(git: Repository, name: str) -> Path:
    """Flip a byte of the object that `name` stands for, on the forge's own disk."""
    found = git.git("rev-parse", name).decode().strip()
    loose = git.path / "objects" / found[:2] / found[2:]
    if not loose.exists():
        for packed in (git.path / "objects/pack").glob("*.pack"):
            content = packed.read_bytes()
            packed.with_suffix(".idx").unlink()
            packed.unlink()
            subprocess.run(
                ["git", f"--git-dir={git.path}", "unpack-objects", "-q"], input=content, check=True, capture_output=True
            )
    loose.chmod(0o644)
    flip(loose, 0)
    return loose


@ON_BOTH
def test_a_damaged_file_on_the_forge_is_one_line_and_not_a_submission_until_it_is_mended(classroom: Classroom) -> None:
    classroom.start("setup")
    git = classroom.forge.bare(classroom.ada)
    (commit,) = git.write([NewCommit(MAIN, (git.refs()[MAIN],), "work\n", {"tinytorch/setup.py": b"x = 1\n"})], BY)
    loose = spoil(git, f"{commit}:tinytorch/setup.py")
    found = find_pushes(classroom.course, classroom.roster, classroom.forge)
    assert [one.student for one in found.found] == ["s02", "s03"]
    assert found.missing.keys() == {"s01"}
    if isinstance(classroom.forge, Disk):  # on GitHub, the message is GitHub's own
        assert f"{loose.parent.name}{loose.name}" in found.missing["s01"]
    flip(loose, 0)
    again = find_pushes(classroom.course, classroom.roster, classroom.forge)
    assert [one.student for one in again.found] == ["s01", "s02", "s03"]


def test_a_damaged_file_removes_no_grade_that_was_posted(tmp_path: Path) -> None:
    """Run the command line. One line names the student and the object, and everything posted stays as it was."""
    world = build(tmp_path, ("all", "half"), ("trial",))
    state = world.fresh(world.checkout / ".grader")
    said(world.checkout, "collect")
    said(world.checkout, "publish")
    before = outcome(world, state)
    git = Repository(state / "forge/repos" / f"{world.repo('all')}.git")
    name = git.git("rev-parse", "main:tinytorch/trial.py").decode().strip()
    loose = spoil(git, name)
    again = run(world.checkout, "collect")
    (line,) = [line for line in again.stdout.splitlines() if line.startswith("problem:")]
    assert (again.returncode, name in line, line.startswith("problem: all: ")) == (1, True, True), again.stdout
    said(world.checkout, "publish")
    assert outcome(world, state) == before
    flip(loose, 0)
    said(world.checkout, "collect")
    assert outcome(world, state) == before


@pytest.mark.parametrize("forge", ["github"], indirect=True)
@pytest.mark.parametrize("what", first_of_each(["removed", "cut off", "zeros in the middle"]))
def test_a_damaged_copy_on_this_machine_is_fetched_again(classroom: Classroom, what: str) -> None:
    classroom.start("setup")
    first = find_pushes(classroom.course, classroom.roster, classroom.forge)
    assert isinstance(classroom.forge, GitHub)
    for packed in (classroom.forge._mirrors.folder / "heads" / f"{classroom.ada}.git" / "objects/pack").glob("*.pack"):
        packed.chmod(0o644)
        PACKS[what](packed)
    again = find_pushes(classroom.course, classroom.roster, classroom.forge)
    assert again == first
    assert from_commit(again.found[0].place, again.found[0].commit).files


def without_head(copy: Path) -> None:
    (copy / "HEAD").unlink()


def with_an_empty_head(copy: Path) -> None:
    (copy / "HEAD").write_bytes(b"")


def with_spoiled_settings(copy: Path) -> None:
    (copy / "config").write_bytes(b"[core\n\xff")


def a_file_instead(copy: Path) -> None:
    shutil.rmtree(copy)
    copy.write_bytes(b"")


HARMS = [without_head, with_an_empty_head, with_spoiled_settings, a_file_instead]


@pytest.mark.parametrize("forge", ["github"], indirect=True)
@pytest.mark.parametrize("harm", first_of_each(HARMS, lambda harm: harm.__name__))
def test_a_copy_that_git_cannot_open_is_made_again(classroom: Classroom, harm: Callable[[Path], object]) -> None:
    classroom.start("setup")
    assert isinstance(classroom.forge, GitHub)
    harm(classroom.forge._mirrors.folder / "mirrors" / f"{classroom.ada}.git")
    assert classroom.ada in classroom.release("tensor").pulls


@pytest.mark.parametrize("forge", ["github"], indirect=True)
def test_a_copy_that_cannot_be_used_fails_only_one_student_of_a_release(classroom: Classroom) -> None:
    classroom.start("setup")
    assert isinstance(classroom.forge, GitHub)
    planned = classroom.plan("tensor")
    held = classroom.forge._mirrors.folder / "mirrors" / f"{classroom.ada}.held"
    held.unlink()
    held.mkdir()
    assert classroom.ada in release.apply_release(planned, classroom.forge, BY).failed
    done = release.apply_release(classroom.plan("tensor"), classroom.forge, BY)
    assert list(done.failed) == [classroom.ada]
    assert "Is a directory" in done.failed[classroom.ada]


def test_disk_trouble_with_one_repository_is_that_students_line(
    classroom: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    classroom.start("setup")
    listed = os.scandir

    def scandir(path: object) -> object:
        if classroom.ada in str(path):
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return listed(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", scandir)
    found = find_pushes(classroom.course, classroom.roster, classroom.forge)
    assert [one.student for one in found.found] == ["s02", "s03"]
    assert "Input/output error" in found.missing["s01"]


def test_a_damaged_pack_of_a_plan_is_an_error(bare: Bare, tmp_path: Path) -> None:
    whole = pack(bare.git.path, bare.commit)
    assert from_commit(unpack(whole, tmp_path / "whole.git"), bare.commit).files
    with pytest.raises(RepositoryError):
        unpack(whole[:-30], tmp_path / "short.git")
    ids = "\n".join([bare.commit, *(bare.id(path) for path in (".", "tinytorch", "tinytorch/nested", "notes"))])
    hollow = bare.git.git("pack-objects", "--stdout", "--quiet", data=f"{ids}\n".encode())
    with pytest.raises(RepositoryError, match="cannot be read"):
        from_commit(unpack(hollow, tmp_path / "hollow.git"), bare.commit)
    bare.file("tinytorch/tensor.py").unlink()
    with pytest.raises(RepositoryError):
        pack(bare.git.path, bare.commit)


def test_a_damaged_record_in_the_state_does_not_count_as_missing(classroom: Classroom, tmp_path: Path) -> None:
    repo = "small_state"
    classroom.forge.create_repo(repo)
    git = classroom.forge.bare(repo)
    files: dict[str, bytes | None] = {"records/s01/setup/1.json": b"{}", "records/s02/setup/1.json": b"[]"}
    git.write([NewCommit(MAIN, (), "State\n", files)], BY)
    loose = spoil(git, "main:records/s01/setup/1.json")
    here = tmp_path / "state"
    with pytest.raises(RepositoryError, match=r"records/s01/setup/1\.json cannot be read"):
        state_repository.fetch(classroom.forge, repo, here)
    assert not here.exists(), "all or nothing"
    flip(loose, 0)
    assert len(state_repository.fetch(classroom.forge, repo, here).written) == 2


def test_damaged_facts_do_not_count_as_a_course_without_releases(classroom: Classroom) -> None:
    classroom.start("setup")
    git = classroom.forge.bare(classroom.template)
    assert git.look_up(["main:no/such/file", "none:at/all"]) == {"main:no/such/file": None, "none:at/all": None}
    spoil(git, f"main:{FACTS}")
    with pytest.raises(RepositoryError, match="cannot be read"):
        git.look_up([f"main:{FACTS}"])
