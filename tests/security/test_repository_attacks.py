"""Test repositories and folders made to mislead, hang or fill the grader. None of their programs runs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import zlib
from collections.abc import Callable, Sequence
from hashlib import sha1
from pathlib import Path

import pytest

from grader.grading import submission
from grader.grading.submission import MAX_SHOWN, from_commit, from_folder
from grader.repository import Repository, RepositoryError, borrowed, ls_remote, process

WHO = "Eve <eve@example.edu> 1800000000 +0000"
HONEST = b"x = 1\n"
NOWHERE = "1" * 40
BOMB = 20 << 20  # a few kilobytes in the repository

Entries = Sequence[tuple[str, bytes, str]]  # mode, name, id


class Crafted:
    """Make a repository object by object, in ways that git itself would not."""

    def __init__(self, folder: Path) -> None:
        self.bare = Repository.create(folder)
        self.path = self.bare.path

    def put(self, kind: str, content: bytes, *, under: str = "") -> str:
        """Write a loose object, by default under its own id, or `under` another one."""
        whole = f"{kind} {len(content)}\0".encode() + content
        name = under or sha1(whole).hexdigest()
        file = self.path / "objects" / name[:2] / name[2:]
        file.parent.mkdir(exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_bytes(zlib.compress(whole, 1))
        return name

    def blob(self, content: bytes = HONEST) -> str:
        return self.put("blob", content)

    def tree(self, entries: Entries) -> str:
        return self.put("tree", raw(entries))

    def commit(self, tree: str, *, head: str = "", message: str = "work") -> str:
        return self.put("commit", f"tree {tree}\nauthor {WHO}\ncommitter {WHO}\n{head}\n{message}\n".encode())

    def package(self, entries: Entries = ()) -> str:
        """Make a commit with these entries in tinytorch/, after tensor.py."""
        inner = self.tree([("100644", b"tensor.py", self.blob()), *entries])
        return self.commit(self.tree([("40000", b"tinytorch", inner)]))


def raw(entries: Entries) -> bytes:
    return b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(one) for mode, name, one in entries)


@pytest.fixture
def crafted(tmp_path: Path) -> Crafted:
    return Crafted(tmp_path / "eve.git")


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lower the limits of memory, so that a small bomb is enough for a test."""
    monkeypatch.setitem(process._ENVIRONMENT, "GIT_ALLOC_LIMIT", f"{BOMB // 2}")
    monkeypatch.setattr(process, "MAX_ANSWER", BOMB // 2)


LEFT_OUT: dict[str, tuple[Callable[[Crafted], Entries], str]] = {
    "a name twice, the second time a bomb": (
        lambda c: [("100644", b"tensor.py", c.blob(bytes(BOMB)))],
        "differs from another file only in upper and lower case",
    ),
    "a name twice, the second time a submodule": (lambda c: [("160000", b"m", NOWHERE)], "a submodule"),
    "a file without a mode": (lambda c: [("0", b"m.py", c.blob())], "a submodule"),
    "a device by its mode": (lambda c: [("60644", b"m.py", c.blob())], "a submodule"),
    "a link by its mode": (lambda c: [("120777", b"m.py", c.blob(b"/etc/passwd"))], "a symbolic link"),
    "a name of a megabyte": (lambda c: [("100644", b"m" * 1_000_000, c.blob())], "a name that is too long"),
    "a name in Latin-1": (lambda c: [("100644", b"caf\xe9.py", c.blob())], "a name that is not UTF-8"),
    "half a surrogate pair": (lambda c: [("100644", b"\xed\xa0\x80.py", c.blob())], "a name that is not UTF-8"),
    "a name with an escape": (lambda c: [("100644", b"a\x1b[2J.py", c.blob())], "not every system allows"),
    "a twin in another case": (lambda c: [("100644", b"tensor.Py", c.blob())], "not a Python module"),
    "letters of another alphabet": (lambda c: [("100644", "tеnsor.py".encode(), c.blob())], "not a Python module"),
    "an option for a name": (lambda c: [("100644", b"--help.py", c.blob())], "not a Python module"),
    "a large-file pointer's own file": (lambda c: [("100644", b"big.bin", c.blob())], "not a Python module"),
}


@pytest.mark.parametrize(("entries", "reason"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_a_crafted_entry_affects_only_itself(
    crafted: Crafted, entries: Callable[[Crafted], Entries], reason: str, little_memory: None
) -> None:
    found = from_commit(crafted.path, crafted.package(entries(crafted)))
    assert found.files == {"tinytorch/tensor.py": HONEST}
    ((path, said),) = found.ignored
    assert reason in said
    assert len(path) <= MAX_SHOWN + 1
    path.encode()  # this goes into a record


REFUSED: dict[str, Callable[[Crafted], str]] = {
    "a malformed mode": lambda c: c.package([("9", b"m.py", c.blob())]),
    "half an entry": lambda c: c.commit(c.put("tree", b"100644 m.py\0" + b"x" * 7)),
    "a file that is not there": lambda c: c.package([("100644", b"m.py", NOWHERE)]),
    "a folder that is not there": lambda c: c.package([("40000", b"m", NOWHERE)]),
    "a tree that is not there": lambda c: c.commit(NOWHERE),
    "a file for a tree": lambda c: c.commit(c.blob()),
    "a folder for a file": lambda c: c.package([("100644", b"m.py", c.tree([]))]),
    "a commit for a file": lambda c: c.package([("100644", b"m.py", c.commit(c.tree([])))]),
    "a commit without a tree": lambda c: c.put("commit", f"author {WHO}\ncommitter {WHO}\n\n".encode()),
    "a commit message that is a bomb": lambda c: c.commit(c.tree([]), message=" " * BOMB),
    "a commit that is not there": lambda c: NOWHERE,
    "the id of a file": lambda c: c.blob(),
}


@pytest.mark.parametrize("craft", REFUSED.values(), ids=REFUSED)
def test_a_commit_that_cannot_be_read_is_an_error_on_one_line(
    crafted: Crafted, craft: Callable[[Crafted], str], little_memory: None
) -> None:
    commit = craft(crafted)
    with pytest.raises(RepositoryError) as error:
        from_commit(crafted.path, commit)
    assert str(error.value).isprintable()


COMMITS = {
    "before time began": "Eve <e@x> -62135596801 +0000",
    "long after it ends": "Eve <e@x> 99999999999999999999 +0000",
    "no time at all": "Eve <e@x>",
    "a name of controls": "E\x1b[2Jve\r\u202e <e@x> 1 +9999",
    "no name": "<> 0 -0000",
}


@pytest.mark.parametrize("who", COMMITS.values(), ids=COMMITS)
@pytest.mark.parametrize("encoding", ["UTF-7", "no such encoding", "\x1b[2J"])
def test_the_author_and_the_dates_of_a_commit_do_not_matter(crafted: Crafted, who: str, encoding: str) -> None:
    tree = crafted.tree([("40000", b"tinytorch", crafted.tree([("100644", b"tensor.py", crafted.blob())]))])
    text = f"tree {tree}\nauthor {who}\ncommitter {who}\nencoding {encoding}\ngpgsig -----\n forged\n\nx\n"
    commit = crafted.put("commit", text.encode())
    assert from_commit(crafted.path, commit).files == {"tinytorch/tensor.py": HONEST}
    assert "\n" not in crafted.bare.committer_email(commit)


def test_a_folder_hundreds_deep_is_skipped(crafted: Crafted) -> None:
    tree = crafted.tree([("100644", b"tensor.py", crafted.blob())])
    inner = tree
    for _ in range(500):
        inner = crafted.tree([("40000", b"d", inner)])
    commit = crafted.commit(crafted.tree([("40000", b"d", inner), ("40000", b"tinytorch", tree)]))
    assert list(from_commit(crafted.path, commit).files) == ["tinytorch/tensor.py"]


@pytest.mark.parametrize("what", ["file", "folder", "top"])
def test_other_content_under_a_known_id_is_detected(crafted: Crafted, what: str) -> None:
    """A student who packs up a clone for a TA could put later work behind a commit that was handed in on time."""
    honest, later = crafted.blob(), crafted.blob(b"x = 2\n")
    inner, forged = (crafted.tree([("100644", b"tensor.py", one)]) for one in (honest, later))
    top = crafted.tree([("40000", b"tinytorch", inner)])
    commit = crafted.commit(top)
    if what == "file":
        crafted.put("blob", b"x = 2\n", under=honest)
    elif what == "folder":
        crafted.put("tree", raw([("100644", b"tensor.py", later)]), under=inner)
    else:
        crafted.put("tree", raw([("40000", b"tinytorch", forged)]), under=top)
    with pytest.raises(RepositoryError, match=r"its content has another id|hash mismatch"):
        from_commit(crafted.path, commit)


def test_replace_refs_and_grafts_change_nothing(crafted: Crafted) -> None:
    commit, later = (
        crafted.commit(crafted.tree([("40000", b"tinytorch", crafted.tree([("100644", b"tensor.py", one)]))]))
        for one in (crafted.blob(), crafted.blob(b"x = 2\n"))
    )
    (crafted.path / "refs/replace").mkdir()
    (crafted.path / "refs/replace" / commit).write_text(later + "\n")
    (crafted.path / "info").mkdir(exist_ok=True)
    (crafted.path / "info/grafts").write_text(f"{commit} {later}\n")
    assert from_commit(crafted.path, commit).files == {"tinytorch/tensor.py": HONEST}


def test_a_branch_with_the_name_of_a_commit_is_not_mistaken_for_the_commit(crafted: Crafted) -> None:
    commit, other = crafted.package(), crafted.commit(crafted.tree([]))
    for name in (commit, f"heads/{commit}"):
        (crafted.path / "refs/heads" / name).parent.mkdir(exist_ok=True)
        (crafted.path / "refs/heads" / name).write_text(other + "\n")
    assert list(from_commit(crafted.path, commit).files) == ["tinytorch/tensor.py"]


def test_only_the_exact_branch_main_counts_as_main(crafted: Crafted) -> None:
    """`git ls-remote` lists every ref that ends in the requested name."""
    commit, other = crafted.package(), crafted.commit(crafted.tree([]))
    twin = crafted.path / "refs/heads/a/refs/heads/main"
    twin.parent.mkdir(parents=True)
    twin.write_text(other + "\n")
    assert ls_remote(crafted.path) is None
    (crafted.path / "refs/heads/main").write_text(commit + "\n")
    assert ls_remote(crafted.path) == commit


def test_a_colon_in_a_folders_name_does_not_borrow_from_another_folder(tmp_path: Path) -> None:
    """Git would read such a path as two paths, and use the objects of the second one too."""
    staff = Crafted(tmp_path / "staff.git")
    secret = staff.package()
    evil = Path(f"{tmp_path}/eve:{staff.path}")
    Repository.create(evil)
    with pytest.raises(RepositoryError, match="cannot list commit"):
        from_commit(evil, secret)
    mine = Crafted(tmp_path / 'a "colon": and more\n.git')
    assert from_commit(mine.path, mine.package()).files == {"tinytorch/tensor.py": HONEST}


@pytest.mark.parametrize("place", ["objects/aa", "objects/pack/pack-1.idx", "objects/info/commit-graph"])
@pytest.mark.parametrize("kind", ["pipe", "socket", "link"])
def test_links_devices_and_pipes_among_the_objects_are_not_opened(tmp_path: Path, place: str, kind: str) -> None:
    crafted = Crafted(tmp_path / "eve.git")
    commit = crafted.package()
    odd = crafted.path / place
    odd.parent.mkdir(exist_ok=True)
    if kind == "pipe":
        os.mkfifo(odd)
    elif kind == "link":
        odd.symlink_to("/dev/zero")
    else:
        here = tmp_path / "s"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(here))
        here.rename(odd)
    with pytest.raises(RepositoryError, match="give a clone"), borrowed(crafted.path, commit):
        pass


def test_a_repository_that_never_answers_is_given_up_and_its_processes_are_killed(
    crafted: Crafted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child of git reads from a pipe, and keeps git's output open."""
    os.mkfifo(crafted.path / "pipe")
    with (crafted.path / "config").open("a") as config:
        config.write(f"[include]\n path = {crafted.path}/pipe\n")
    monkeypatch.setattr(process, "TIMEOUT", 0.3)
    with pytest.raises(RepositoryError, match="it took more than"):
        ls_remote(crafted.path)


def test_an_endless_answer_is_cut(crafted: Crafted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MAX_ANSWER", 1000)
    with pytest.raises(RepositoryError, match="answered with more than"):
        crafted.bare.blob(crafted.blob(b"0" * 2000))


def test_no_program_named_by_a_repository_is_run(crafted: Crafted, tmp_path: Path) -> None:
    """The forge's own repositories belong to the course. Even if somebody has written to one, nothing in it runs."""
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    text = f"tree {crafted.tree([])}\nauthor {WHO}\ncommitter {WHO}\ngpgsig -----BEGIN PGP SIGNATURE-----\n x\n\nx\n"
    commit = crafted.put("commit", text.encode())
    (crafted.path / "refs/heads/main").write_text(commit + "\n")
    (crafted.path / "config").write_text(
        f'[log]\n showSignature = true\n[gpg]\n program = {program}\n[gpg "ssh"]\n program = {program}\n'
        f"[core]\n pager = {program}\n fsmonitor = {program}\n alternateRefsCommand = {program}\n"
        f"[pager]\n ls-tree = {program}\n cat-file = {program}\n[trace2]\n eventTarget = {tmp_path}/ran\n"
    )
    shutil.copytree(crafted.path, tmp_path / "asked.git")
    shown = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(tmp_path)}
    asked = ["git", f"--git-dir={tmp_path}/asked.git", "show", "--no-patch", commit]
    subprocess.run(asked, env=shown, capture_output=True, check=False)
    assert (tmp_path / "ran").exists(), "an ordinary git does run it"
    (tmp_path / "ran").unlink()
    assert crafted.bare.committer_email(commit) == "eve@example.edu"
    assert crafted.bare.refs() == {"refs/heads/main": commit}
    assert crafted.bare.tree(commit) == []
    assert crafted.bare.is_ancestor(commit, commit)
    assert crafted.bare.independent([commit]) == {commit}
    assert not (tmp_path / "ran").exists()


# A folder as it is on a disk


def test_a_folder_deeper_than_python_can_recurse_is_read(tmp_path: Path) -> None:
    (tmp_path / "tinytorch").mkdir()
    (tmp_path / "tinytorch/tensor.py").write_bytes(HONEST)
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1050):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    try:
        assert from_folder(tmp_path).files == {"tinytorch/tensor.py": HONEST}
    finally:
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)


def test_files_beside_the_package_do_not_use_up_its_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission, "MAX_WALK", 10)
    for name in ("tinytorch", "a", "z"):
        (tmp_path / name).mkdir()
    for number in range(20):
        (tmp_path / "a" / str(number)).touch()
        (tmp_path / str(number)).touch()
    (tmp_path / "tinytorch/tensor.py").write_bytes(HONEST)
    found = from_folder(tmp_path)
    assert found.files == {"tinytorch/tensor.py": HONEST}
    assert found.warnings[0] == "More than 10 files: the others were not read."


@pytest.mark.parametrize("name", ["tinytorch/tensor.py", "tinytorch/sub", "conftest.py", "tinytorch"])
@pytest.mark.parametrize("kind", ["pipe", "link", "link to nowhere", "socket"])
def test_links_devices_and_pipes_in_a_folder_are_named_and_not_opened(tmp_path: Path, name: str, kind: str) -> None:
    folder, odd = tmp_path / "f", tmp_path / "f" / name
    odd.parent.mkdir(parents=True)
    if kind == "pipe":
        os.mkfifo(odd)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(odd))
    else:
        odd.symlink_to("/etc" if kind == "link" else "/nowhere")
    found = from_folder(folder)
    assert found.files == {}
    assert [path for path, _ in found.ignored] == [name]


def test_a_huge_sparse_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "tinytorch").mkdir()
    for name in ("tinytorch/tensor.py", "tinytorch/conftest.py"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(1 << 40)
    found = from_folder(tmp_path, frozenset({NOWHERE}))
    assert found.files == {}
    assert {path for path, _ in found.ignored} == {"tinytorch/tensor.py", "tinytorch/conftest.py"}
