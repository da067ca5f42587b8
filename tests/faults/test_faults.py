"""Test faults at named points of a batch.

kill_run.py causes faults at random points; its figures are in docs/audit/kills.json.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from selection import first_of_each

from grader.errors import told
from grader.files import write_atomic
from grader.repository import ABANDONED, Repository
from grader.scratch import Scratch, sweep, sweep_drafts

from . import tree
from .small_disk import place_in
from .sound import Outcome, outcome, violations
from .step import Hit, age_drafts_of_git, disturbed, undisturbed
from .world import World, build

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("faults")
    for one in (folder, folder.parent):
        one.chmod(0o755)  # the jail's user is another user
    return build(folder / "world", ("all", "crashes", "gone"), ("trial",))


@pytest.fixture(scope="module")
def expected(world: World, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    place = place_in(world, tmp_path_factory.mktemp("usual"))
    assert undisturbed(place, "collect").status == 0
    assert undisturbed(place, "publish").status == 0
    found = outcome(world, place.state)
    earned = {student: sum(points for _, _, points in checks) for (student, _), checks in found.scores.items()}
    assert earned == {"all": 10, "crashes": 6, "gone": 0}
    assert violations(world, place.state, place.scratch, found) == []
    return found


@pytest.fixture
def orphans() -> Iterator[None]:
    tree.adopt_orphans()
    yield
    tree.adopt_orphans(False)


@pytest.mark.usefixtures("orphans")
@pytest.mark.parametrize(
    ("step", "kind", "when"),
    first_of_each(
        [
            ("collect", "everything", "jail"),
            ("collect", "main", "grading"),
            ("collect", "fork server", "grading"),
            ("collect", "jail", "worker"),
            ("collect", "worker", "worker"),
            ("publish", "everything", "git"),
        ]
    ),
)
def test_a_run_after_a_kill_leaves_the_same_as_an_undisturbed_run(
    step: str, kind: str, when: str, world: World, expected: Outcome, tmp_path: Path
) -> None:
    place = place_in(world, tmp_path)
    steps = ["collect", "publish"]
    for one in steps[: steps.index(step)]:
        assert undisturbed(place, one).status == 0
    hit = disturbed(place, Hit(step, kind, 0.0, when=when), random.Random(3))
    assert hit.hit, f"there was no {when} to wait for: {hit.said}"
    assert hit.wrong == []
    if kind not in ("main", "everything"):
        # the batch continues; a jail that was killed while it started is reported as the machine's trouble
        assert hit.status == 0 or "not graded, to be tried again" in hit.said, hit.said
    age_drafts_of_git(place)
    for one in steps:
        assert undisturbed(place, one).status == 0
    assert violations(world, place.state, place.scratch, expected) == []


@pytest.mark.usefixtures("orphans")
def test_collect_waits_while_another_process_locks_the_gradebook(
    world: World, expected: Outcome, tmp_path: Path
) -> None:
    place = place_in(world, tmp_path)
    hit = disturbed(place, Hit("collect", "locked", 0.0, hold=1.0, when="grading"), random.Random(0))
    assert hit.hit
    assert hit.status == 0, hit.said
    assert undisturbed(place, "publish").status == 0
    assert violations(world, place.state, place.scratch, expected) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("full", "No space left|disk is full"),
        ("read-only", "Read-only file system|readonly|unable to open database file"),
    ],
)
def test_a_full_or_read_only_disk_is_named_and_a_later_run_loses_nothing(kind: str, words: str, tmp_path: Path) -> None:
    command = ["unshare", "--mount", "--propagation", "private", sys.executable, "-m", "tests.faults.small_disk"]
    done = subprocess.run(
        [*command, str(tmp_path), kind], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["status"] in (1, 2)
    assert re.search(words, found["said"])
    assert str(tmp_path) in found["said"], "it says where"
    assert found["again"] == 0
    assert found["wrong"] == []


def test_a_disk_error_says_where_it_happened_and_how_to_mend_it() -> None:
    said = told(OSError(28, "No space left on device", "/somewhere/records"))
    assert said is not None
    assert said.startswith("/somewhere/records: No space left on device; make room there")
    assert "most likely" in str(told(OSError(28, "No space left on device"))), "that it does not know where, it says"
    assert "mounted for writing" in str(told(OSError(30, "Read-only file system", "/somewhere")))
    assert told(OSError(9, "Bad file descriptor")) is None, "that is a bug, and shows where it is"


def test_the_message_names_the_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(OSError, match=r"report\.json'") as caught:
        write_atomic(tmp_path / "report.json", "{}")
    assert caught.value.filename == str(tmp_path / "report.json")
    assert list(tmp_path.iterdir()) == [tmp_path / "report.json"], "no draft is left"


MAKER = """
import sys, time
from pathlib import Path
from grader.scratch import Scratch, hold
scratch = Scratch.make("test")
draft = Path(sys.argv[1], ".report.json.0.tmp").open("xb")
assert hold(draft.fileno(), Path(draft.name))
print(scratch.folder, flush=True)
time.sleep(600)
"""


def test_files_of_a_killed_process_are_swept_and_files_of_a_running_process_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    state = tmp_path / "state"
    state.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", MAKER, str(state)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        folder = Path(other.stdout.readline().strip())
        (folder / "inside").mkdir()
        with Scratch.make("mine") as mine:
            sweep()
            sweep_drafts(state)
            assert folder.is_dir()
            assert [path.name for path in state.iterdir()] == [".report.json.0.tmp"]
            os.kill(other.pid, signal.SIGKILL)
            other.wait()
            sweep()
            sweep_drafts(state)
            assert mine.is_dir()
        assert not folder.exists()
        assert list(state.iterdir()) == []


SWEEPER = """
import sys
from pathlib import Path
from grader.scratch import sweep
for _ in range(200):
    sweep(Path(sys.argv[1]))
"""


def test_sweeping_while_others_make_and_remove_folders_disturbs_neither(tmp_path: Path) -> None:
    # so that a sweep takes long between reading names and removing folders
    many = [Scratch.make("held", tmp_path) for _ in range(50)]
    command = [sys.executable, "-c", SWEEPER, str(tmp_path)]
    sweepers = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    while any(one.poll() is None for one in sweepers):
        with Scratch.make("mine", tmp_path) as mine:
            assert mine.is_dir()
    assert [one.returncode for one in sweepers] == [0, 0]
    assert sorted(tmp_path.iterdir()) == sorted(one.folder for one in many)
    for one in many:
        one.remove()


def test_only_folders_of_this_user_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    kept = tmp_path / "kept"
    kept.mkdir()
    (tmp_path / "tinytorch-scratch-stage-link").symlink_to(kept)
    (tmp_path / "tinytorch-scratch-stage-file").write_text("")
    (tmp_path / "tinytorch-audit-other").mkdir()
    sweep()
    assert len(list(tmp_path.iterdir())) == 4


def test_old_drafts_and_locks_of_a_killed_git_are_removed(tmp_path: Path) -> None:
    bare = Repository.create(tmp_path / "student.git").path
    left = [
        bare / "objects" / "pack" / "tmp_pack_1",
        bare / "refs" / "heads" / "badges.lock",
        bare / "fast_import_crash_1",
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    Repository(bare).sweep()
    assert all(path.exists() for path in left), "a git that runs now may be using them"
    old = time.time() - ABANDONED - 1
    for path in left:
        os.utime(path, (old, old))
    Repository(bare).sweep()
    assert not any(path.exists() for path in left)
    assert (bare / "HEAD").exists()
