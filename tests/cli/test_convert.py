"""Test that state of version 1, which named modules with their number, becomes state of version 2 without any loss.

`version_1.tar.xz` was made by the last grader of version 1: four students of its demonstration in two modules, with late
pushes, an unfinished grading, an extension, late days, an override, a revoked excuse and a withdrawn check, and in `before/`
what that grader said of them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command import refused, run, said
from trial import ROOT

from grader.classroom.disk import DiskForge
from grader.classroom.names import staff_repo
from grader.course import load_course
from grader.gradebook.decisions import read_decisions
from grader.gradebook.gradebook import Gradebook
from grader.gradebook.withdrawals import expanded
from grader.grading.record import Record
from grader.reports.badges import badges_of
from grader.repository import NewCommit, Signature

OLD = Path(__file__).with_name("version_1.tar.xz")
NAME = re.compile(r"\b\d\d_(setup|tensor|activations|layers|losses|optimizers|autograd)\b")
STUDENTS = ("ada", "ben", "cleo", "dan")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    with tarfile.open(OLD) as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / ".grader" / "secret").chmod(0o600)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def before(folder: Path, name: str) -> str:
    """Return a text of version 1 with the names of version 2."""
    return NAME.sub(r"\1", (folder / "before" / name).read_text())


def secret(folder: Path) -> bytes:
    return (folder / ".grader" / "secret").read_bytes().strip()


def test_every_score_status_and_export_stays_the_same(old: Path) -> None:
    said(old, "convert")
    report = said(old, "report")
    assert [line for line in report.splitlines() if not line.startswith(("reports:", "leaderboard:"))] == before(
        old, "report.txt"
    ).splitlines()
    assert sorted(said(old, "publish", "--dry-run").splitlines()) == sorted(before(old, "publish.txt").splitlines())
    for form in ("csv", "canvas", "moodle", "gradescope"):
        said(old, "export", form, "-o", f"after-{form}.csv")
        assert (old / f"after-{form}.csv").read_text() == before(old, f"{form}.csv"), form
    for student in STUDENTS:
        said(old, "student-data", student, "-o", f"after-{student}")
        assert (old / f"after-{student}" / "scores.json").read_text() == before(old, f"data/{student}/scores.json")


def test_every_badge_stays_the_same(old: Path) -> None:
    said(old, "convert")
    course = load_course(old / "course.yaml")
    decided = expanded(read_decisions(old / ".grader" / "decisions.yaml").entries, [])
    with Gradebook(f"sqlite:///{old}/.grader/gradebook.sqlite") as book:
        standings = book.standings(course, dict.fromkeys(STUDENTS), decided)
    badges = {
        one.student: {
            name: svg
            for module in course.written
            for name, svg in badges_of(module, one.scores[module.stem], course.badges).items()
        }
        for one in standings
    }
    assert badges == json.loads(before(old, "badges.json"))


def test_every_record_keeps_its_content_and_is_signed(old: Path) -> None:
    was = {path: json.loads(text) for path, text in contents(old / ".grader" / "records").items()}
    said(old, "convert")
    now = contents(old / ".grader" / "records")
    assert now.keys() == {NAME.sub(r"\1", path) for path in was}
    for path, document in was.items():
        record = Record.model_validate_json(now[NAME.sub(r"\1", path)])
        assert record.is_signed_by(secret(old))
        found = json.loads(record.to_json())
        changed = {name for name in found if found[name] != document.get(name)}
        assert changed == {"schema", "module", "signature", "exclusive", "measurements"}
        assert (found["module"], found["exclusive"], found["measurements"]) == (path.split("/")[1][3:], False, [])


def test_decisions_keep_their_text_and_references_between_them_stay_right(old: Path) -> None:
    path = old / ".grader" / "decisions.yaml"
    was = read_decisions(path)
    comments = [line for line in was.text.splitlines() if line.startswith("#")]
    said(old, "convert")
    now = read_decisions(path)
    assert [line for line in now.text.splitlines() if line.startswith("#")] == comments
    assert len(now.text.splitlines()) == len(was.text.splitlines())
    assert [it.kind for it in now.entries] == [it.kind for it in was.entries]
    place = {entry.id: number for number, entry in enumerate(was.entries)}
    for entry in was.entries:
        new = now.entries[place[entry.id]]
        for name in ("revokes", "decision"):
            named = getattr(entry, name)
            assert getattr(new, name) == (now.entries[place[named]].id if named else None)
    said(old, "decide", "list")


def test_no_path_of_the_state_has_the_number_of_a_module(old: Path) -> None:
    said(old, "convert")
    state = old / ".grader"
    suites = {
        path.name: json.loads(next(path.iterdir()).read_bytes())["module"] for path in (state / "suites").iterdir()
    }
    assert suites == {"tensor": "tensor", "layers": "layers"}
    assert [path for path in contents(state) if NAME.search(path)] == []


@pytest.mark.parametrize("verb", [("report",), ("decide", "list"), ("publish",), ("export", "csv"), ("state", "save")])
def test_a_command_that_meets_version_1_names_the_command_to_run_and_changes_nothing(
    old: Path, verb: tuple[str, ...]
) -> None:
    was = contents(old)
    assert "`grader convert`" in refused(old, *verb)
    assert contents(old) == was


@pytest.mark.parametrize("rest", ["records", "suites", "decisions.yaml", "gradebook.sqlite"])
def test_a_single_remaining_file_of_version_1_is_noticed_too(old: Path, rest: str) -> None:
    """A stopped conversion may leave such a file, or somebody may copy old files into a new state folder."""
    for path in (old / ".grader").iterdir():
        if path.name not in (rest, "secret", "roster.csv"):
            path.rename(old / path.name)
    assert "`grader convert`" in refused(old, "report")


def test_a_dry_run_prints_the_same_as_a_run_and_changes_nothing(old: Path) -> None:
    was = contents(old)
    tried = said(old, "convert", "--dry-run")
    assert contents(old) == was
    done = said(old, "convert")
    assert tried == done.replace("converted", "would convert") + "dry run: nothing was changed\n"


def test_a_second_run_finds_nothing_to_do(old: Path) -> None:
    said(old, "convert")
    was = contents(old)
    assert "converted 0 files, 0 decisions, 0 records" in said(old, "convert")
    assert contents(old) == was


def test_a_module_that_had_two_numbers_is_one_module_again(old: Path) -> None:
    """Version 1 lost the grades of a module that was moved during the term. They come back."""
    state = old / ".grader"
    for folder in (state / "records" / "dan" / "02_tensor", state / "records" / "cleo" / "02_tensor"):
        for path in folder.iterdir():
            path.write_text(signed(json.loads(path.read_bytes()) | {"module": "03_tensor"}, secret(old)))
        folder.rename(folder.with_name("03_tensor"))
    (state / "gradebook.sqlite").unlink()
    said(old, "convert")
    said(old, "report")  # fills a new gradebook
    said(old, "export", "csv", "-o", "after.csv")
    assert (old / "after.csv").read_text() == before(old, "csv.csv")


def edit(path: Path) -> bytes:
    """Change a record as somebody might who does not have the secret. Return what it is then."""
    edited = path.read_bytes().replace(b'"student": "cleo"', b'"student": "dan"')
    path.write_bytes(edited)
    return edited


def edit_in_gradebook(old: Path) -> None:
    database = sqlite3.connect(old / ".grader" / "gradebook.sqlite")
    with database:
        database.execute(
            'UPDATE records SET document = replace(document, \'"student": "cleo"\', \'"student": "dan"\') '
            "WHERE student = 'cleo' AND module = '02_tensor'"
        )
    database.close()


def test_a_record_that_the_secret_has_not_signed_is_set_aside_everywhere_and_earns_no_points(old: Path) -> None:
    """It is the same record on disk, in the gradebook and in the staff's repository, so it is one file."""
    state = old / ".grader"
    (path,) = (state / "records" / "cleo" / "02_tensor").iterdir()
    edited = edit(path)
    edit_in_gradebook(old)
    forge, repo = on_a_forge(old)
    done = run(old, "convert")
    assert done.returncode == 1
    name = path.relative_to(state).as_posix()
    ((kept, content),) = contents(state / "unconverted").items()
    assert (kept.partition("/")[0], content) == ("cleo", edited)
    for place in (f"{name}:", "gradebook: a record of cleo:", f"{repo}/{name}:"):
        assert f"set aside: {place} not signed with this course's secret" in done.stdout
    assert done.stdout.count(f"It goes to unconverted/{kept}") == 3
    assert not path.exists()
    assert f"unconverted/{kept}" in kept_on(forge, repo)
    said(old, "state", "fetch")
    assert "| cleo    |  - |    - |" in said(old, "report")
    assert "converted 0 files, 0 decisions, 0 records" in said(old, "convert")
    assert "unconverted/cleo" in said(old, "forget", "cleo")


def only(old: Path, place: str) -> None:
    """Leave records of version 1 at this place alone."""
    state = old / ".grader"
    if place == "repository":
        on_a_forge(old)
    keep = {"state": "records", "gradebook": "gradebook.sqlite", "repository": "forge"}[place]
    for path in list(state.iterdir()):
        if path.name not in (keep, "roster.csv", "secret"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize("place", ["state", "gradebook", "repository"])
@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_with_another_secret_nothing_is_converted(old: Path, place: str, options: tuple[str, ...]) -> None:
    only(old, place)
    was = contents(old)
    told = refused(old, "convert", *options, TINYTORCH_SECRET="the secret of another course")
    assert "of version 1, and the course's secret has signed none of them. Nothing was changed." in told
    assert contents(old) == was


@pytest.mark.parametrize("place", ["state", "gradebook", "repository"])
@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_without_the_secret_nothing_is_converted_and_no_secret_is_made(
    old: Path, place: str, options: tuple[str, ...]
) -> None:
    only(old, place)
    (old / ".grader" / "secret").unlink()
    was = contents(old)
    assert "Put the course's secret back" in refused(old, "convert", *options, TINYTORCH_SECRET=None)
    assert contents(old) == was


def test_a_state_without_decisions_is_converted(old: Path) -> None:
    (old / ".grader" / "decisions.yaml").unlink()
    assert "converted 20 files, 0 decisions" in said(old, "convert")
    said(old, "report")


def signed(document: dict[str, object], key: bytes) -> str:
    """Write a record as version 1 did."""
    text = json.dumps(document | {"signature": ""}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    mac = hmac.new(key, b"tinytorch record\n" + text.encode(), hashlib.sha256).hexdigest()
    return text.replace('"signature": ""', f'"signature": "{mac}"')


@pytest.mark.parametrize("place", ["here", "on the forge"])
@pytest.mark.parametrize("number", ["01", "03"])
def test_of_two_records_for_one_place_the_grade_is_kept_and_the_other_set_aside(
    old: Path, number: str, place: str
) -> None:
    """A record of trouble does not replace it, whichever comes first."""
    state = old / ".grader"
    (path,) = (state / "records" / "cleo" / "02_tensor").iterdir()
    grade = json.loads(path.read_bytes())
    other = state / "records" / "cleo" / f"{number}_tensor" / path.name
    other.parent.mkdir()
    other.write_text(signed(grade | {"complete": False, "module": f"{number}_tensor"}, secret(old)))
    _, repo = on_a_forge(old)
    done = run(old, "convert")
    assert done.returncode == 1
    new = f"records/cleo/tensor/{path.name}"
    where = "" if place == "here" else f"{repo}/"
    line = (
        f"set aside: {where}records/cleo/{number}_tensor/{path.name}: another one that belongs at {new} is kept there"
    )
    assert line in done.stdout
    if place == "here":
        assert json.loads((state / new).read_bytes())["complete"]
    else:
        shutil.rmtree(state / "records")
        said(old, "state", "fetch")
        assert json.loads((state / new).read_bytes())["complete"]


def test_decisions_on_the_forge_that_are_not_utf_8_are_named_before_anything_is_written(old: Path) -> None:
    (old / ".grader" / "decisions.yaml").rename(old / "decisions")
    (old / ".grader" / "decisions.yaml").write_bytes(b"# caf\xe9\n[]\n")
    _, repo = on_a_forge(old)
    (old / "decisions").rename(old / ".grader" / "decisions.yaml")
    was = contents(old)
    assert f"{repo}/decisions.yaml is not UTF-8 at byte 5" in refused(old, "convert")
    assert contents(old) == was


KILLED = """
import itertools, os, signal, sys
from grader.cli.app import main
last, steps = int(sys.argv[1]), itertools.count()
def die(event, arguments):
    if event in ("os.rename", "os.remove", "os.rmdir", "sqlite3.connect") and next(steps) == last:
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(die)
sys.argv = ["grader", "convert"]
main()
"""


@pytest.mark.parametrize("steps", [1, 15, 29, 45, 74])
def test_a_conversion_that_is_killed_anywhere_is_completed_by_the_next(old: Path, tmp_path: Path, steps: int) -> None:
    """The conversion is killed before its next change on the disk."""
    whole = tmp_path / "whole"
    whole.mkdir()
    with tarfile.open(OLD) as archive:
        archive.extractall(whole, filter="data")
    said(whole, "convert")
    command = [sys.executable, "-c", KILLED, str(steps)]
    done = subprocess.run(
        command, cwd=old, capture_output=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert "`grader convert`" in refused(old, "report")
    said(old, "convert")
    assert texts(old / ".grader") == texts(whole / ".grader")
    assert said(old, "report").splitlines()[:9] == said(whole, "report").splitlines()[:9]


def texts(folder: Path) -> dict[str, bytes]:
    """Return all files except the database, whose bytes depend on how often it was opened, and drafts, which are swept later."""
    found = contents(folder)
    return {
        path: text for path, text in found.items() if "gradebook" not in path and not Path(path).name.startswith(".")
    }


def on_a_forge(old: Path) -> tuple[DiskForge, str]:
    """Make the staff's repository with state of version 1, as `grader state save` wrote it."""
    forge, repo = DiskForge(old / ".grader" / "forge"), staff_repo(load_course(old / "course.yaml"))
    kept = {
        path: content
        for path, content in contents(old / ".grader").items()
        if path.startswith(("records", "suites", "posted")) or path in ("decisions.yaml", "roster.csv")
    }
    forge.create_repo(repo)
    with forge.workspace(repo) as git:
        git.write([NewCommit("refs/heads/main", (), "State", kept)], Signature("G", "g@invalid", datetime.now(UTC)))
    return forge, repo


def kept_on(forge: DiskForge, repo: str) -> set[str]:
    with forge.workspace(repo) as git:
        return {entry.path for entry in git.tree(git.refs()["refs/heads/main"])}


def test_the_repository_of_the_staff_is_converted_in_one_commit(old: Path) -> None:
    forge, repo = on_a_forge(old)
    was = kept_on(forge, repo)
    said(old, "convert")
    assert kept_on(forge, repo) == {NAME.sub(r"\1", path) for path in was}
    assert said(old, "state", "save").startswith("saved 0 files")
    assert said(old, "state", "fetch").startswith("fetched 0 files")


@pytest.mark.parametrize("verb", ["fetch", "save"])
def test_a_repository_of_version_1_is_not_mixed_with_a_new_state(old: Path, verb: str) -> None:
    forge, repo = on_a_forge(old)
    (old / ".grader" / "forge").rename(old / "forge")
    said(old, "convert")
    (old / "forge").rename(old / ".grader" / "forge")
    was = kept_on(forge, repo)
    assert "`grader convert --forge …`" in refused(old, "state", verb)
    assert kept_on(forge, repo) == was
    said(old, "convert")
    said(old, "state", verb)
