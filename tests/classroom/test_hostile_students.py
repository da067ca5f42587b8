"""Test what a student may push to their own repository. It costs others nothing, and no step for the class stops at it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from selection import first_of_each

from grader.classroom import release, release_content
from grader.classroom.forge import State, Status
from grader.classroom.posting import post_record
from grader.classroom.pushes import find_pushes
from grader.classroom.repo_facts import FACTS
from grader.classroom.roster import Roster, Student
from grader.grading.record import Outcome
from grader.repository import NewCommit, Signature, process

from .test_publish import SECRET, Post, post, record
from .world import BY, ON_DISK_FIRST, Classroom

EVE = "small-ada"


def push_ref(classroom: Classroom, name: bytes) -> None:
    """Push a branch with any name that git accepts, at the head of main."""
    head = classroom.forge.head(EVE)
    assert head is not None
    git = ["git", f"--git-dir={classroom.forge.bare(EVE).path}"]
    subprocess.run([*git, "update-ref", b"refs/heads/" + name, head], check=True)


BRANCHES = {
    "bytes that are no text": b"x\xff\xfe",
    "a line that ends within a name": "x\u2028y\u0085z".encode(),
    "an escape of one character": "x\u009b2Jy".encode(),
    "a bidi override": "x\u202ey".encode(),
    "an option": b"--upload-pack=x",
    "main within main": b"x/refs/heads/main",
    "a folder where the release's branch goes": b"release/tensor/x",
    "a folder where the badges go": b"badges/x",
}


@ON_DISK_FIRST
@pytest.mark.parametrize("name", first_of_each(BRANCHES.values(), BRANCHES))
def test_no_branch_name_stops_release_collect_or_publish(classroom: Classroom, name: bytes) -> None:
    classroom.start("setup")
    push_ref(classroom, name)
    planned = classroom.plan("tensor")
    done = offer_to_all(classroom)
    assert {"small-grace-m", "small-alan"} <= set(done)
    assert planned.text().replace("\n", "").isprintable()
    assert len(find_pushes(classroom.course, classroom.roster, classroom.forge).found) == 3
    post(classroom, record(classroom, Outcome.PASSED, student="s02"), setup="5")


def offer_to_all(classroom: Classroom) -> tuple[str, ...]:
    """Release `tensor`, and return the repositories that it reached.

    Error messages contain no markup or commands of a student.
    """
    done = release.apply_release(classroom.plan("tensor"), classroom.forge, BY)
    assert set(done.failed) <= {EVE}
    assert all(reason.isprintable() for reason in done.failed.values())
    return done.done


def test_a_thousand_release_branches_are_not_examined_one_by_one(
    classroom: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_content, "MAX_RELEASES", 5)
    classroom.start("setup")
    for number in range(6):
        push_ref(classroom, b"release/%d" % number)
    assert EVE not in offer_to_all(classroom)
    assert "delete those that the course did not make" in classroom.plan("tensor").text()


def test_a_release_branch_with_the_courses_address_brings_no_content(classroom: Classroom) -> None:
    """Students know the course's address.

    A commit made with it becomes a parent of the next release, but its files do not count.
    """
    classroom.start("setup")
    head = classroom.forge.head(EVE)
    assert head is not None
    with classroom.forge.workspace(EVE) as git:
        forged = {"modules/02_tensor/test_tensor.py": b"assert True\n", "tinytorch/tensor.py": b"mine\n"}
        changes = [
            NewCommit(f"refs/heads/release/{n}", (head,), "x\n", forged | {f"{n}": b"x"}) for n in ("tensor", "9")
        ]
        git.write(changes, BY)
    assert EVE in offer_to_all(classroom)
    assert classroom.files(EVE, "release/tensor") == classroom.files("small-alan", "release/tensor")


FACTS_FILES: dict[str, Callable[[str], str]] = {
    "a number of forty digits for an id": lambda text: _with_readme(text, int("1" * 40)),
    "a list for an id": lambda text: _with_readme(text, ["1" * 40]),
    "an id of nothing": lambda text: _with_readme(text, "1" * 40),
    "files that are a list": lambda text: json.dumps({**json.loads(text), "files": [1]}),
    "modules that are text": lambda text: json.dumps({**json.loads(text), "modules": "all"}),
    "paths that lead elsewhere": lambda text: json.dumps({"files": {"../../x": "1" * 40, ".git/config": "2" * 40}}),
    "nested without end": lambda text: "[" * 100_000,
    "a number without end": lambda text: '{"files": ' + "9" * 100_000 + "}",
    "a key twice": lambda text: '{"files": {}, "files": {"README.md": "' + "1" * 40 + '"}}',
    "half a surrogate pair": lambda text: '{"files": {"\\ud800": "\\udfff"}}',
    "nothing": lambda text: "",
}


def _with_readme(text: str, given: object) -> str:
    document = json.loads(text)
    document["files"]["README.md"] = given
    return json.dumps(document)


@pytest.mark.parametrize("change", first_of_each(FACTS_FILES.values(), FACTS_FILES))
def test_the_class_gets_its_release_whatever_a_student_writes_into_the_facts(
    classroom: Classroom, change: Callable[[str], str]
) -> None:
    classroom.start("setup")
    text = classroom.files(EVE)[FACTS].decode()
    classroom.clone(EVE).push({FACTS: change(text), "README.md": "my own\n"})
    assert set(offer_to_all(classroom)) >= {EVE, "small-grace-m", "small-alan"}
    assert classroom.files(EVE, "release/tensor")["README.md"] == b"my own\n"


@pytest.mark.parametrize("path", [FACTS, "README.md"])
def test_a_file_that_unpacks_to_gigabytes_costs_only_its_owner_a_release(
    classroom: Classroom, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    classroom.start("setup")
    classroom.clone(EVE).push({path: "x" * (3 << 20)})
    monkeypatch.setattr(process, "MAX_ANSWER", 1 << 20)
    done = offer_to_all(classroom)
    assert {"small-grace-m", "small-alan"} <= set(done)


PUSHERS = {
    "a tab": {"GIT_COMMITTER_NAME": "a\tb"},
    "a line that ends within a name": {"GIT_COMMITTER_NAME": "a\u2028b\u0085c"},
    "bytes that are no text": {"GIT_COMMITTER_NAME": "a\udcffb"},
    "no name": {"GIT_COMMITTER_NAME": " . ", "GIT_COMMITTER_EMAIL": "x"},
    "a number and a zone": {"GIT_COMMITTER_NAME": "<x> 1 +0000"},
}


@pytest.mark.parametrize("who", first_of_each(PUSHERS.values(), PUSHERS))
def test_collect_finds_the_time_of_a_push_under_any_name(classroom: Classroom, who: dict[str, str]) -> None:
    classroom.start("setup")
    ada = classroom.clone(EVE)
    ada.push({"tinytorch/setup.py": "x = 1\n"})
    (ada.folder / "tinytorch/setup.py").write_text("x = 2\n")
    ada.git("commit", "--all", "--quiet", "--message", "more")
    plain = {"PATH": os.environ["PATH"], "HOME": str(ada.folder), "GIT_COMMITTER_EMAIL": "eve@example.edu"}
    subprocess.run(["git", "push", "-q", "origin", "main"], cwd=ada.folder, env={**plain, **who}, check=False)
    found = find_pushes(classroom.course, classroom.roster, classroom.forge)
    assert [one.student for one in found.found] == ["s01", "s02", "s03"]
    pushed = found.found[0].submitted_at
    assert pushed is None or abs(datetime.now(UTC) - pushed) < timedelta(minutes=5)


def test_a_push_never_counts_as_earlier_than_the_push_before_it(classroom: Classroom) -> None:
    """When a student pushes by path, their own git writes the reflog, with any time they set."""
    classroom.start("setup")
    with classroom.forge.workspace(EVE) as git:
        log = git.path / "logs/refs/heads/main"
        before = max(int(line.partition("> ")[2].split()[0]) for line in log.read_text().splitlines())
        late = "1" * 40
        log.write_text(f"{log.read_text()}{'0' * 40} {late} Eve <e> 1000000000 +0000\tpush\n")
    assert classroom.forge.pushed_at(EVE, late) == datetime.fromtimestamp(before, UTC)


@pytest.mark.parametrize("line", ["", "x", "0 1 2", "{old} {new} Eve <e> 99999999999999999999 +0000\tpush"])
def test_a_malformed_reflog_gives_no_time(classroom: Classroom, line: str) -> None:
    classroom.start("setup")
    head = classroom.forge.head(EVE)
    assert head is not None
    with classroom.forge.workspace(EVE) as git:
        (git.path / "logs/refs/heads/main").write_text(line.format(old="0" * 40, new=head) + "\n")
    assert classroom.forge.pushed_at(EVE, head) is None


def test_a_student_whose_login_is_another_students_id_does_not_get_that_students_grade(classroom: Classroom) -> None:
    """The owner of a GitHub login chooses it, and may change it to any free name."""
    eve = Student(id="e99", name="Eve", login="s02")
    roster = Roster(students=(eve, *classroom.roster.students))
    classroom.roster = roster
    classroom.start("setup")
    one = record(classroom, Outcome.PASSED, student="s02")
    post_record(one.to_json(), Post("**5 of 5**"), classroom.course, roster, classroom.forge, BY, SECRET)
    assert classroom.forge.statuses("small-grace-m", one.commit)
    assert not classroom.forge.statuses("small-s02", one.commit)
    assert roster.student("S02").id == "e99", "as a login it is still Eve's"


def test_badges_that_a_student_drew_are_replaced(classroom: Classroom) -> None:
    classroom.start("setup")
    one = record(classroom, Outcome.PASSED, Outcome.FAILED)
    post(classroom, one, setup="<svg>5</svg>")
    forged = Signature("TinyTorch course", BY.email, BY.when)
    with classroom.forge.workspace(EVE) as git:
        tip = git.refs()["refs/heads/badges"]
        git.write([NewCommit("refs/heads/badges", (tip,), "x\n", {"setup.svg": b"<svg>10</svg>"})], forged)
    post(classroom, one, setup="<svg>5</svg>")
    assert classroom.files(EVE, "badges")["setup.svg"] == b"<svg>5</svg>"


def test_a_student_who_removes_branches_still_gets_the_grade(classroom: Classroom) -> None:
    classroom.start("setup")
    one = record(classroom, Outcome.PASSED)
    post(classroom, one, setup="5")
    ada = classroom.clone(EVE)
    ada.git("push", "--quiet", "origin", ":badges", ":feedback", ":starter", ":release/setup")
    post(classroom, one, setup="5")
    assert classroom.files(EVE, "badges") == {"setup.svg": b"5"}
    assert classroom.forge.statuses(EVE, one.commit) == [Status("tinytorch/setup", State.SUCCESS, "5/5")]
    assert EVE in offer_to_all(classroom)


def test_attributes_and_hooks_have_no_effect_in_the_forge(classroom: Classroom, tmp_path: Path) -> None:
    classroom.start("setup")
    ada = classroom.clone(classroom.ada)
    ada.push({".gitattributes": "* text eol=crlf filter=evil merge=evil export-ignore\n", "tinytorch/setup.py": "x\n"})
    with classroom.forge.workspace(classroom.ada) as bare:
        hook = bare.path / "hooks" / "reference-transaction"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        hook.chmod(0o755)
    pull = classroom.release("tensor").pulls[classroom.ada]
    classroom.forge.merge_pull_request(classroom.ada, pull.number, BY)
    assert not (tmp_path / "ran").exists()
    assert b"\r" not in classroom.files(classroom.ada)["modules/02_tensor/test_tensor.py"]
