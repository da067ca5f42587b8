"""Test hostile repositories: reading a commit runs nothing in it, and writes only inside the requested folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from classroom.world import BY, git

from grader.files import blob_id
from grader.grading.submission import from_commit, write_package
from grader.repository import NewCommit, Repository, RepositoryError, borrowed, handed_in, ls_remote, whole_commit_id
from grader.repository import bare as bare_repository


def read(source: Path | str, commit: str) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the files of a commit, and the problem with each other path."""
    with borrowed(source, commit) as there:
        entries = there.tree(commit)
        contents = there.blobs(entry.id for entry in entries if entry.problem is None)
    files = {entry.path: contents[entry.id] for entry in entries if entry.problem is None}
    return files, {entry.path: entry.problem for entry in entries if entry.problem is not None}


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """Make a student's clone in which every hook and setting of git leads to `touch ran`."""
    folder = tmp_path / "evil"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(folder))
    touch = f"touch {tmp_path}/ran;"
    (folder / "tinytorch").mkdir()
    (folder / "tinytorch/tensor.py").write_text("x = 1\n")
    (folder / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n")
    (folder / ".gitmodules").write_text(
        f'[submodule "m"]\n path = m\n url = ext::sh -c "{touch}"\n update = !{touch}\n'
    )
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "tinytorch/outside").symlink_to("../../..")
    git(folder, "add", "--all")
    git(folder, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},m")
    git(folder, "commit", "--quiet", "--message", "evil")
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n{touch}\ncat\n")
    program.chmod(0o755)
    for hook in ("post-checkout", "post-merge", "reference-transaction", "pre-receive", "update", "post-index-change"):
        (folder / ".git/hooks").mkdir(exist_ok=True)
        (folder / ".git/hooks" / hook).write_text(program.read_text())
        (folder / ".git/hooks" / hook).chmod(0o755)
    for key in (
        "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "core.gitProxy",
        "filter.evil.smudge", "filter.evil.clean", "filter.evil.process", "diff.evil.textconv", "diff.evil.command",
        "diff.external", "merge.evil.driver", "credential.helper", "uploadpack.packObjectsHook", "gpg.program",
        "core.alternateRefsCommand", "alias.ls-tree", "alias.cat-file",
    ):  # fmt: skip
        git(folder, "config", key, str(program))
    git(folder, "config", "core.hooksPath", str(folder / ".git/hooks"))
    git(folder, "config", "extensions.partialClone", "origin")
    git(folder, "config", "remote.origin.url", f"ext::{program}")
    git(folder, "config", "remote.origin.uploadpack", str(program))
    git(folder, "config", "remote.origin.promisor", "true")
    return folder


def head(folder: Path) -> str:
    """Return the commit without asking git, because git would run the repository's programs."""
    return (folder / ".git/refs/heads/main").read_text().strip()


def test_reading_a_hostile_clone_runs_none_of_its_programs(evil: Path, tmp_path: Path) -> None:
    commit = head(evil)
    files, problems = read(evil, commit)
    assert sorted(files) == [".gitattributes", ".gitmodules", "tinytorch/tensor.py"]
    assert problems == {
        "link": "a symbolic link",
        "m": "a submodule",
        "tinytorch/outside": "a symbolic link",
    }
    assert not (tmp_path / "ran").exists()


def test_fetching_a_hostile_clone_runs_none_of_its_programs(
    evil: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = head(evil)
    assert ls_remote(evil) == commit
    monkeypatch.setattr(handed_in, "_local", lambda source: None)
    files, _ = read(evil, commit)
    assert files["tinytorch/tensor.py"] == b"x = 1\n"
    assert not (tmp_path / "ran").exists()


def test_a_commit_may_be_named_by_its_beginning_without_running_a_hostile_clones_programs(
    evil: Path, tmp_path: Path
) -> None:
    commit = head(evil)
    # a branch with that name must not be mistaken for the commit
    (evil / ".git/refs/heads" / commit[:9]).write_text("1" * 40 + "\n")
    assert [whole_commit_id(evil, commit[:digits]) for digits in (7, 9, 40)] == [commit] * 3
    for beginning in (commit[:6], "main", f"{commit[:8]}^", f"{commit}0", "-" * 8):
        with pytest.raises(RepositoryError, match="is not a commit id"):
            whole_commit_id(evil, beginning)
    tree = hashlib.sha1(b"").hexdigest()
    with pytest.raises(RepositoryError, match=f"has no commit {tree[:8]}"):
        whole_commit_id(evil, tree[:8])
    with pytest.raises(RepositoryError, match="all 40 digits"):
        whole_commit_id("https://forge.example/ada.git", commit[:12])
    assert not (tmp_path / "ran").exists()


def test_a_beginning_that_two_commits_share_is_refused(evil: Path) -> None:
    """Two commits are made to share a beginning: git does not check that an object's content fits its name."""
    commit = head(evil)
    content = evil / ".git/objects" / commit[:2] / commit[2:]
    twin = content.with_name(content.name[:-1] + ("0" if content.name[-1] != "0" else "1"))
    shutil.copyfile(content, twin)
    with pytest.raises(RepositoryError, match="or more than one that begins so"):
        whole_commit_id(evil, commit[:12])


def test_ordinary_git_runs_the_programs_of_the_hostile_clone(evil: Path, tmp_path: Path) -> None:
    """Without this the tests above would prove nothing."""
    subprocess.run(
        ["git", "-C", str(evil), "status"], env={"PATH": os.environ["PATH"]}, capture_output=True, check=False
    )
    assert (tmp_path / "ran").exists()


def crafted(path: Path, entries: list[tuple[str, bytes, str]]) -> tuple[Repository, str]:
    """Make a commit with one tree of exactly these entries (mode, raw name, id), which git would refuse to make."""
    bare = Repository.create(path)
    raw = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(one) for mode, name, one in entries)
    tree = loose(bare, b"tree", raw)
    text = f"tree {tree}\nauthor {BY}\ncommitter {BY}\n\nx\n".encode()
    return bare, loose(bare, b"commit", text)


def loose(bare: Repository, kind: bytes, raw: bytes) -> str:
    options = ["hash-object", "-w", "--literally", "-t", kind.decode(), "--stdin"]
    return bare.git(*options, data=raw).decode().strip()


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (b"..", "a path that leads elsewhere"),
        (b".", "a path that leads elsewhere"),
        (b".git", "a path that leads elsewhere"),
        (b".GIT", "a path that leads elsewhere"),
        (b"/etc/passwd", "a path that leads elsewhere"),
        (b"a/../../b", "a path that leads elsewhere"),
        (b"a" * 5000, "a name that is too long"),
        (b"\xff\xfe", "a name that is not UTF-8"),
        (b"a\nb", "a name with characters that not every system allows"),
        (b"a\x1b[31m", "a name with characters that not every system allows"),
        (b"..\\b", "a name with characters that not every system allows"),
        ("a\u202eyp".encode(), "a name with characters that not every system allows"),
    ],
)
def test_a_path_that_leads_outside_has_a_problem(tmp_path: Path, name: bytes, problem: str) -> None:
    bare = Repository.create(tmp_path / "one.git")
    blob = loose(bare, b"blob", b"evil\n")
    bare, commit = crafted(tmp_path / "one.git", [("100644", b"good.py", blob), ("100644", name, blob)])
    files, problems = read(bare.path, commit)
    assert list(files) == ["good.py"]
    assert list(problems.values()) == [problem]


def test_a_path_that_a_tree_names_twice_is_graded_once(tmp_path: Path) -> None:
    bare = Repository.create(tmp_path / "one.git")
    one, other = loose(bare, b"blob", b"x = 1\n"), loose(bare, b"blob", b"x = 2\n")
    inner = loose(bare, b"tree", b"".join(b"100644 a.py\0" + bytes.fromhex(blob) for blob in (one, other)))
    _, commit = crafted(tmp_path / "one.git", [("40000", b"tinytorch", inner)])
    submission = from_commit(bare.path, commit)
    assert submission.files == {"tinytorch/a.py": b"x = 1\n"}
    assert [path for path, _ in submission.ignored] == ["tinytorch/a.py"]


def test_a_folder_that_is_also_a_link_is_not_followed(tmp_path: Path) -> None:
    """A tree may hold both a link and a folder of one name. Writing a file of the folder must not go through the link."""
    bare = Repository.create(tmp_path / "one.git")
    target = loose(bare, b"blob", str(tmp_path / "elsewhere").encode())
    inner = loose(bare, b"tree", b"100644 a.py\0" + bytes.fromhex(loose(bare, b"blob", b"evil\n")))
    _, commit = crafted(tmp_path / "one.git", [("120000", b"tinytorch", target), ("40000", b"tinytorch", inner)])
    (tmp_path / "elsewhere").mkdir()
    write_package(from_commit(bare.path, commit).files, tmp_path / "copy")
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (tmp_path / "copy/tinytorch/a.py").read_bytes() == b"evil\n"


def test_reading_a_tree_bomb_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Repository.create(tmp_path / "one.git")
    one, mode = loose(bare, b"blob", b"x\n"), "100644"
    for _ in range(12):  # each level holds the next ten times, on twelve levels: 10**12 paths
        raw = b"".join(f"{mode} {name}".encode() + b"\0" + bytes.fromhex(one) for name in "abcdefghij")
        one, mode = loose(bare, b"tree", raw), "40000"
    commit = loose(bare, b"commit", f"tree {one}\nauthor {BY}\ncommitter {BY}\n\nx\n".encode())
    monkeypatch.setattr(bare_repository, "MAX_ENTRIES", 5000)
    with pytest.raises(RepositoryError, match="lists more than 5000 files"):
        bare.tree(commit)


def test_a_tree_bomb_without_files_is_stopped_by_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Repository.create(tmp_path / "one.git")
    one = loose(bare, b"tree", b"")
    for _ in range(12):
        raw = b"".join(b"40000 " + bytes([name]) + b"\0" + bytes.fromhex(one) for name in b"abcdefghij")
        one = loose(bare, b"tree", raw)
    commit = loose(bare, b"commit", f"tree {one}\nauthor {BY}\ncommitter {BY}\n\nx\n".encode())
    monkeypatch.setattr(bare_repository, "MAX_ENTRIES", 10**12)
    monkeypatch.setattr(bare_repository, "MAX_LISTING", 1 << 40)
    monkeypatch.setattr(bare_repository, "LISTING_TIMEOUT", 0.3)
    with pytest.raises(RepositoryError, match="it took more than"):
        bare.tree(commit)


@pytest.mark.parametrize("source", ["--upload-pack=touch ran", "ext::touch ran", "-u"])
def test_an_address_cannot_be_an_option_or_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for ask in (lambda: ls_remote(source), lambda: read(source, "1" * 40)):
        with pytest.raises(RepositoryError):
            ask()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("commit", ["main", "HEAD", "--help", "1" * 39, "g" * 40, ""])
def test_a_commit_id_must_be_complete(tmp_path: Path, commit: str) -> None:
    with pytest.raises(RepositoryError, match="not a full commit id"), borrowed(tmp_path, commit):
        pass


@pytest.mark.parametrize("way", ["alternates", "objects", "pack", "worktree", "link"])
def test_a_repository_cannot_hand_in_objects_of_another_repository(tmp_path: Path, way: str) -> None:
    """Otherwise anyone who knows a commit id and a path could hand in the staff's solutions."""
    staff = Repository.create(tmp_path / "staff.git")
    (secret,) = staff.write([NewCommit("refs/heads/main", (), "x\n", {"solution.py": b"42\n"})], BY)
    folder = tmp_path / "student"
    mine = Repository.create(folder / ".git").path
    if way == "alternates":
        (mine / "objects/info").mkdir(exist_ok=True)
        (mine / "objects/info/alternates").write_text(f"{staff.path}/objects\n")
    elif way == "pack":
        (mine / "objects" / secret[:2]).symlink_to(staff.path / "objects" / secret[:2])
    else:
        shutil.rmtree(mine / "objects")
        if way == "objects":
            (mine / "objects").symlink_to(staff.path / "objects")
        else:
            shutil.rmtree(mine)
            if way == "link":
                mine.symlink_to(staff.path)
            else:
                mine.write_text(f"gitdir: {staff.path}\n")
    with pytest.raises(RepositoryError, match="give a clone"), borrowed(folder, secret):
        pass


def test_a_ref_only_moves_forward(tmp_path: Path) -> None:
    bare = Repository.create(tmp_path / "one.git")
    first, second = bare.write([NewCommit("refs/heads/main", (), "x\n", {"a": b"1"}),
                                NewCommit("refs/heads/other", (), "x\n", {"a": b"2"})], BY)  # fmt: skip
    with pytest.raises(RepositoryError, match="fast-import failed"):
        bare.write([NewCommit("refs/heads/main", (second,), "y\n", {"a": b"3"})], BY)
    assert bare.refs() == {"refs/heads/main": first, "refs/heads/other": second}


def test_writing_again_makes_the_same_commit(tmp_path: Path) -> None:
    change = NewCommit("refs/heads/main", (), "x\n", {"a/b c": b"1", 'q"uote\\': b"2"}, also=("refs/heads/also",))
    one, two = Repository.create(tmp_path / "one.git"), Repository.create(tmp_path / "two.git")
    assert one.write([change], BY) == two.write([change], BY) == [one.refs()["refs/heads/also"]]
    assert {entry.path for entry in one.tree(one.refs()["refs/heads/main"])} == set(change.files)


def test_the_id_of_a_file_equals_gits_id(tmp_path: Path) -> None:
    bare = Repository.create(tmp_path / "one.git")
    assert blob_id(b"some\n") == loose(bare, b"blob", b"some\n")
    assert blob_id(b"") == hashlib.sha1(b"blob 0\0").hexdigest()
