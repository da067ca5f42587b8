"""Test that a student who pushes too much gets one line of problems, and nobody else notices. Sizes are scaled down."""

from __future__ import annotations

import errno
import json
import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from selection import first_of_each

from grader.bounds import MIB, STUDENTS, Bound, size_of
from grader.classroom import release
from grader.classroom.forge import ForgeError
from grader.classroom.pushes import find_pushes
from grader.grading.record import Outcome
from grader.pipeline.commit_pack import pack
from grader.repository import NewCommit, Repository, TooBig, TooSlow, borrowed, handed_in, process

from .forges import GitHub
from .test_publish import post, record
from .world import BY, ON_BOTH, PROJECT, Classroom

EVE = "small-ada"
MAIN, BADGES = "refs/heads/main", "refs/heads/badges"
SMALL = Bound(size=MIB, copy=3 * MIB)
Files = dict[str, bytes | None]


def noise(size: int, seed: int = 0) -> bytes:
    """Return bytes that cannot be compressed."""
    return random.Random(seed).randbytes(size)


def push(classroom: Classroom, files: Files, ref: str = MAIN, *, empty: bool = False) -> str:
    """Return what Ada's push leaves on the forge."""
    git = classroom.forge.bare(EVE)
    tip = git.refs(ref).get(ref)
    (commit,) = git.write([NewCommit(ref, (tip,) if tip else (), "work\n", files, empty=empty)], BY)
    return commit


def mirrors(classroom: Classroom) -> Path:
    assert isinstance(classroom.forge, GitHub)
    return classroom.forge._mirrors.folder


def next_run(classroom: Classroom, bound: Bound = SMALL) -> None:
    """Begin as another command would: with the copies of the last command, and within these bounds."""
    assert isinstance(classroom.forge, GitHub)
    classroom.forge._mirrors = replace(classroom.forge._mirrors, bound=bound, _given=set())


def collected(classroom: Classroom) -> tuple[list[str], dict[str, str]]:
    found = find_pushes(classroom.course, classroom.roster, classroom.forge)
    return [one.student for one in found.found], dict(found.missing)


BIG: dict[str, Files] = {
    "one large file": {"data.bin": noise(3 * MIB)},
    "many files, each of them small": {f"tinytorch/d{n}.py": noise(8_000, n) for n in range(300)},
    "many folders": {f"{n % 97}/{n}/x": noise(700, n) for n in range(2_500)},
}


@pytest.mark.parametrize("forge", ["github"], indirect=True)
@pytest.mark.parametrize("files", first_of_each(BIG.values(), BIG))
def test_a_large_push_to_main_is_one_line_of_problems_and_the_others_are_collected(
    classroom: Classroom, files: Files
) -> None:
    classroom.start("setup")
    next_run(classroom)
    before = size_of(mirrors(classroom) / "heads")
    push(classroom, files)
    for _ in range(2):
        students, missing = collected(classroom)
        assert students == ["s02", "s03"]
        assert missing.keys() == {"s01"}
        assert "small-ada: commit" in missing["s01"]
        assert "is larger than 1 MiB" in missing["s01"]
        assert "remove large files" in missing["s01"]
        assert "\n" not in missing["s01"]
        next_run(classroom)
    copy = mirrors(classroom) / "heads" / f"{EVE}.git"
    assert not list(copy.glob("objects/pack/tmp_*")), "nothing of it stays"
    assert size_of(copy) < MIB // 4
    assert size_of(mirrors(classroom) / "heads") < before + MIB
    push(classroom, dict.fromkeys(files))
    assert collected(classroom) == (["s01", "s02", "s03"], {})


@ON_BOTH
def test_a_large_branch_that_is_not_graded_delays_no_grade(classroom: Classroom) -> None:
    classroom.start("setup")
    if isinstance(classroom.forge, GitHub):
        next_run(classroom)
    push(classroom, {"data.bin": noise(4 * MIB)}, "refs/heads/junk")
    for student in ("s01", "s02"):
        post(classroom, record(classroom, Outcome.PASSED, student=student), setup="5")
    assert classroom.files(EVE, "badges") == {"setup.svg": b"5"}
    assert {"small-ada", "small-alan"} <= set(release.apply_release(classroom.plan("tensor"), classroom.forge, BY).done)
    if isinstance(classroom.forge, GitHub):
        assert size_of(mirrors(classroom)) < MIB


@pytest.mark.parametrize("forge", ["github"], indirect=True)
def test_a_student_who_fills_the_branch_badges_only_loses_their_own_badges(classroom: Classroom) -> None:
    classroom.start("setup")
    next_run(classroom)
    push(classroom, {"data.bin": noise(3 * MIB)}, BADGES)
    one = record(classroom, Outcome.PASSED)
    with pytest.raises(ForgeError, match="badges is larger than 1 MiB"):
        post(classroom, one, setup="5")
    assert classroom.forge.statuses(EVE, one.commit), "the score itself is there"
    post(classroom, record(classroom, Outcome.PASSED, student="s02"), setup="5")
    push(classroom, {"data.bin": None}, BADGES)
    post(classroom, one, setup="5")
    assert classroom.files(EVE, "badges") == {"setup.svg": b"5"}


@pytest.mark.parametrize("forge", ["github"], indirect=True)
def test_badges_are_fetched_without_their_history(classroom: Classroom) -> None:
    classroom.start("setup")
    next_run(classroom)
    push(classroom, {"data.bin": noise(3 * MIB)}, BADGES)
    push(classroom, {"data.bin": None, "x": b"x"}, BADGES)
    post(classroom, record(classroom, Outcome.PASSED), setup="5")
    assert size_of(mirrors(classroom) / "badges") < MIB // 4
    git = classroom.forge.bare(EVE)
    assert len(git.git("rev-list", BADGES).split()) == 3, "and written on top of it"


@pytest.mark.parametrize("forge", ["github"], indirect=True)
def test_a_large_file_in_the_history_of_main_does_not_stop_a_release(classroom: Classroom) -> None:
    """Only an owner may rewrite the history of main, so large files in it must do no harm."""
    classroom.start("setup")
    next_run(classroom)
    push(classroom, {"data.bin": noise(4 * MIB)})
    assert EVE in release.apply_release(classroom.plan("tensor"), classroom.forge, BY).done, "nor while it is there"
    push(classroom, {"data.bin": None})
    assert EVE in release.apply_release(classroom.plan("activations"), classroom.forge, BY).done
    assert "data.bin" not in classroom.files(EVE)
    assert size_of(mirrors(classroom)) < MIB


@pytest.mark.thorough
@pytest.mark.parametrize("forge", ["github"], indirect=True)
def test_a_history_of_many_small_files_costs_only_its_owner_a_release(classroom: Classroom) -> None:
    classroom.start("setup")
    next_run(classroom, replace(SMALL, copy=MIB))
    push(classroom, BIG["many files, each of them small"])
    planned = classroom.plan("tensor")
    assert "main, starter, feedback" in planned.text()
    done = release.apply_release(planned, classroom.forge, BY)
    assert (set(done.failed), {"small-grace-m", "small-alan"} <= set(done.done)) == ({EVE}, True)


@pytest.mark.thorough
@pytest.mark.parametrize("forge", ["github"], indirect=True)
def test_thousands_of_branches_and_tags_are_not_fetched(classroom: Classroom) -> None:
    classroom.start("setup")
    git = classroom.forge.bare(EVE)
    head = git.refs()[MAIN]
    names = [f"refs/heads/b{n}" for n in range(2_000)] + [f"refs/tags/t{n}" for n in range(2_000)]
    git.git("update-ref", "--stdin", data="".join(f"create {name} {head}\n" for name in names).encode())
    next_run(classroom)
    assert EVE in release.apply_release(classroom.plan("tensor"), classroom.forge, BY).done
    post(classroom, record(classroom, Outcome.PASSED), setup="5")
    assert collected(classroom) == (["s01", "s02", "s03"], {})
    assert len(list((mirrors(classroom) / "mirrors" / f"{EVE}.git" / "refs").rglob("*"))) < 20


@ON_BOTH
def test_a_file_that_unpacks_to_much_more_than_its_packed_size_is_left_out_and_named(classroom: Classroom) -> None:
    classroom.start("setup")
    if isinstance(classroom.forge, GitHub):
        next_run(classroom)
    push(classroom, {"tinytorch/setup.py": bytes(8 * MIB)})
    assert collected(classroom) == (["s01", "s02", "s03"], {})


@pytest.mark.thorough
@pytest.mark.parametrize("forge", ["github"], indirect=True)
def test_many_pushes_within_the_bound_do_not_fill_the_disk(classroom: Classroom) -> None:
    classroom.start("setup")
    for number in range(8):
        next_run(classroom)
        push(classroom, {"data.bin": noise(MIB * 3 // 4, number)})
        assert collected(classroom) == (["s01", "s02", "s03"], {})
        assert size_of(mirrors(classroom) / "heads" / f"{EVE}.git") < SMALL.copy + SMALL.size


@pytest.mark.parametrize("forge", ["github"], indirect=True)
def test_a_full_disk_is_reported_once_for_all(classroom: Classroom) -> None:
    classroom.start("setup")
    next_run(classroom, replace(SMALL, least=1 << 60))
    with pytest.raises(OSError, match="No space left on device") as caught:
        collected(classroom)
    assert caught.value.errno == errno.ENOSPC
    assert str(caught.value.filename).startswith(str(mirrors(classroom)))


def test_a_fetch_gets_only_a_share_of_the_free_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = (100 * MIB, 60 * MIB, 40 * MIB)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": usage[2]}))
    assert STUDENTS.on(tmp_path).size == 10 * MIB


@contextmanager
def server(answer: bytes) -> Iterator[str]:
    """Start a server that sends this much to each client, and then nothing more."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with listener.accept()[0] as connection:
                connection.sendall(answer)
                ended.wait(60)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/eve.git"
        finally:
            ended.set()
            thread.join()


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\r\n001e#"]
)
def test_a_server_that_falls_silent_is_given_up(tmp_path: Path, answer: bytes) -> None:
    git = Repository.create(tmp_path / "own.git")
    with server(answer) as url, pytest.raises(TooSlow, match="it took more than"):
        git.fetch(url, ["1" * 40], "--depth=1", bound=replace(SMALL, seconds=0.5))


def test_a_failed_fetch_removes_its_own_files_and_keeps_the_rest(tmp_path: Path) -> None:
    theirs, ours = (Repository.create(tmp_path / name) for name in ("theirs.git", "ours.git"))
    (small,) = theirs.write([NewCommit(MAIN, (), "x\n", {"x": b"x"})], BY)
    ours.fetch(theirs.path, [f"+{small}:{MAIN}"], "--depth=1", bound=SMALL)
    (large,) = theirs.write([NewCommit(MAIN, (small,), "y\n", {"y": noise(3 * MIB)})], BY)
    left = (
        ours.path / "shallow.lock",
        ours.path / "objects/tmp_objdir-incoming-1",
        ours.path / "objects/pack/tmp_pack_1",
    )
    left[1].mkdir()
    left[2].touch()
    with pytest.raises(TooBig, match="more than 1 MiB"):
        ours.fetch(theirs.path, [f"+{large}:{MAIN}"], "--depth=1", bound=SMALL)
    assert not any(path.exists() for path in left)
    assert ours.refs() == {MAIN: small}
    assert [entry.path for entry in ours.tree(small)] == ["x"]


def test_a_forge_on_disk_refuses_a_push_that_is_too_large(classroom: Classroom) -> None:
    classroom.start("setup")
    git = classroom.forge.bare(EVE)
    assert int(git.git("config", "receive.maxInputSize")) == STUDENTS.size
    git.git("config", "receive.maxInputSize", str(MIB))
    eve = classroom.clone(EVE)
    with pytest.raises(AssertionError, match="pack exceeds maximum allowed size"):
        eve.push({"data.txt": noise(3 * MIB).hex()})
    assert collected(classroom) == (["s01", "s02", "s03"], {})
    assert not [path for pattern in ("objects/tmp_*", "objects/incoming-*") for path in git.path.glob(pattern)]


def test_a_plan_leaves_out_a_commit_that_is_too_large(classroom: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    classroom.start("setup")
    commit = push(classroom, {"data.bin": noise(3 * MIB)})
    with pytest.raises(TooBig, match="is larger than 1 MiB"):
        pack(classroom.forge.url(EVE), commit, SMALL)
    monkeypatch.setattr(process, "MAX_ANSWER", 2 * MIB)
    with pytest.raises(TooBig, match="is larger than 50 MiB"):
        pack(classroom.forge.url(EVE), commit)


def test_a_repository_on_another_machine_is_bounded_too(classroom: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read it as `make grade` does for a URL."""
    commit = ""
    classroom.start("setup")
    commit = push(classroom, {"data.bin": noise(3 * MIB)})
    monkeypatch.setattr(handed_in, "STUDENTS", SMALL)
    monkeypatch.setattr(handed_in, "_local", lambda source: None)
    with pytest.raises(TooBig), borrowed(f"file://{classroom.forge.url(EVE)}", commit):
        pass


@pytest.mark.thorough
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_on_a_small_disk_a_push_larger_than_the_disk_stops_nobody(tmp_path: Path) -> None:
    command = ["unshare", "--mount", "--propagation", "private", sys.executable, "-m", "tests.classroom.small_disk"]
    here = os.environ | {"PYTHONPATH": str(PROJECT / "tests")}
    done = subprocess.run(
        [*command, str(tmp_path)], cwd=PROJECT, env=here, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for attempt in ("first", "again"):
        students, missing = found[attempt]
        assert students == ["s02", "s03"]
        assert list(missing) == ["s01"]
        assert "since this disk has only" in missing["s01"]
    assert found["posted"] == ["s01", "s02", "s03"]
    assert found["mended"] == [["s01", "s02", "s03"], {}]
    assert found["used"] < MIB
