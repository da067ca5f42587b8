"""Test releases: every student gets a module, nobody loses a line, and a second run changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.classroom.release import ReleaseError, apply_release
from grader.classroom.release_plan import Verb
from grader.classroom.roster import Roster
from grader.classroom.three_way import Action
from grader.repository import NewCommit

from .world import BY, LATER, ON_DISK_FIRST, Classroom, build

pytestmark = ON_DISK_FIRST


def test_repositories_start_with_the_starter_and_no_module(classroom: Classroom) -> None:
    classroom.release(None)
    files = classroom.files(classroom.ada)
    assert {"README.md", "Makefile", "run.py", "conftest.py", ".github/workflows/check.yml"} <= files.keys()
    assert {"modules/checks/plugin.py", "tinytorch/__init__.py", ".tinytorch.json", ".gitignore"} <= files.keys()
    assert not [path for path in files if path.endswith(".j2") or "02_tensor" in path]
    assert classroom.forge.head(classroom.ada, "feedback") == classroom.forge.head(classroom.ada)
    assert classroom.forge.head(classroom.ada, "starter") == classroom.forge.head(classroom.template)


def test_a_module_arrives_as_a_branch_with_a_pull_request(classroom: Classroom) -> None:
    classroom.release(None)
    main = classroom.forge.head(classroom.ada)
    done = classroom.release("setup")
    assert classroom.forge.head(classroom.ada) == main, "main moves only when the student merges"
    pull = done.pulls[classroom.ada]
    assert (pull.number, pull.head, pull.base, pull.state) == (1, "release/setup", "main", "open")
    assert "Can I setup?" in pull.body
    assert "10 points, due 2027-01-24 23:59 UTC" in pull.body
    offered = classroom.files(classroom.ada, "release/setup")
    assert {
        "tinytorch/setup.py",
        "modules/01_setup/test_setup.py",
        "modules/01_setup/figures/picture.svg",
    } <= offered.keys()


def test_a_release_contains_no_hidden_test_and_no_solution(classroom: Classroom) -> None:
    classroom.start("setup", "tensor", "activations")
    for repo in classroom.forge.repos():
        everything = classroom.forge.bare(repo).git("cat-file", "--batch-all-objects", "--batch", "--unordered")
        assert b"test_again" not in everything
        assert b"return 42" not in everything


def test_the_facts_say_what_is_released_and_how_much_is_hidden(classroom: Classroom) -> None:
    classroom.start("setup", "tensor")
    facts = json.loads(classroom.files(classroom.ada)[".tinytorch.json"])
    assert list(facts["modules"]) == ["01_setup", "02_tensor"]
    assert facts["modules"]["02_tensor"]["public"] == {"checks": 1, "points": 4}
    assert facts["modules"]["02_tensor"]["hidden"] == {"checks": 1, "points": 6}
    assert facts["milestones"]["xor_1969"] == {"title": "XOR_1969", "after": "03_activations", "released": False}
    classroom.start("activations")
    assert json.loads(classroom.files(classroom.ada)[".tinytorch.json"])["milestones"]["xor_1969"]["released"] is True
    assert "milestones/xor_1969.py" in classroom.files(classroom.ada)


def test_a_second_run_changes_nothing(classroom: Classroom) -> None:
    classroom.start("setup")
    classroom.release("tensor")
    before = classroom.snapshot()
    assert classroom.plan("tensor").empty
    classroom.release("tensor", LATER)
    classroom.release("setup", LATER)
    classroom.release(None, LATER)
    assert classroom.snapshot() == before


def test_a_run_after_the_merge_changes_nothing(classroom: Classroom) -> None:
    classroom.start("setup", "tensor")
    before = classroom.snapshot()
    classroom.release("tensor", LATER)
    assert classroom.snapshot() == before


def test_a_plan_changes_nothing(classroom: Classroom) -> None:
    empty = classroom.plan("setup")
    assert classroom.forge.repos() == []
    assert "small-ada: create add" in empty.text()
    classroom.start("setup")
    before = classroom.snapshot()
    text = classroom.plan("tensor").text()
    assert classroom.snapshot() == before
    assert "release of 02_tensor" in text
    assert "small-ada: offer add 4, update 1" in text


def test_a_file_that_a_student_changed_is_never_overwritten(classroom: Classroom) -> None:
    classroom.start("setup", "tensor")
    work = "def answer():\n    return 42\n"
    classroom.clone(classroom.ada).push({"tinytorch/tensor.py": work, "modules/02_tensor/test_tensor.py": "# mine\n"})
    build(classroom.root, 2, "tensor", "repaired")
    done = classroom.release("tensor", LATER)
    offered = classroom.files(classroom.ada, "release/tensor")
    assert offered["tinytorch/tensor.py"].decode() == work
    assert offered["modules/02_tensor/test_tensor.py"] == b"# mine\n"
    assert b"repaired" in offered["modules/02_tensor/README.md"]
    body = done.pulls[classroom.ada].body
    assert "**Not changed**" in body
    assert "git checkout origin/starter -- modules/02_tensor/test_tensor.py" in body
    assert "tinytorch/tensor.py" not in body.split("**Not changed**")[1].split("```")[0]
    other = done.pulls[classroom.repos[1]].body
    assert "**Not changed**" not in other
    assert b"repaired" in classroom.files(classroom.repos[1], "release/tensor")["modules/02_tensor/test_tensor.py"]


def test_the_commands_in_the_pull_request_bring_the_courses_version(classroom: Classroom) -> None:
    classroom.start("setup")
    ada = classroom.clone(classroom.ada)
    ada.push({"modules/01_setup/test_setup.py": "# mine\n"})
    build(classroom.root, 1, "setup", "repaired")
    classroom.release("setup", LATER)
    ada.git("fetch", "origin")
    ada.git("checkout", "origin/starter", "--", "modules/01_setup/test_setup.py")
    assert "repaired" in (ada.folder / "modules/01_setup/test_setup.py").read_text()


def test_a_stub_that_changes_after_work_began_is_named_and_left_alone(classroom: Classroom) -> None:
    classroom.start("setup")
    classroom.clone(classroom.ada).push({"tinytorch/setup.py": "def answer():\n    return 42\n"})
    stub = classroom.root / "assignments/01_setup/setup.py"
    stub.write_text(stub.read_text().replace("For a hint", "To get a hint"))
    plan = classroom.plan("setup", LATER)
    assert plan.students[0].conflicts == ("tinytorch/setup.py",)
    assert plan.students[1].actions["tinytorch/setup.py"] is Action.UPDATE
    assert "leave 1 (tinytorch/setup.py)" in plan.text()


def test_a_repair_reaches_the_open_pull_request(classroom: Classroom) -> None:
    classroom.release(None)
    first = classroom.release("setup").pulls[classroom.ada]
    build(classroom.root, 1, "setup", "repaired")
    second = classroom.release("setup", LATER).pulls[classroom.ada]
    assert second.number == first.number
    assert b"repaired" in classroom.files(classroom.ada, "release/setup")["modules/01_setup/README.md"]
    classroom.forge.merge_pull_request(classroom.ada, second.number, LATER)
    assert b"repaired" in classroom.files(classroom.ada)["modules/01_setup/README.md"]


def test_a_repair_after_the_merge_opens_another_pull_request(classroom: Classroom) -> None:
    classroom.start("setup")
    build(classroom.root, 1, "setup", "repaired")
    again = classroom.release("setup", LATER).pulls[classroom.ada]
    assert again.number == 2
    assert [pull.state for pull in classroom.forge.pull_requests(classroom.ada)] == ["merged", "open"]


def test_a_declined_update_is_not_reported_as_a_conflict_again(classroom: Classroom) -> None:
    classroom.start("setup")
    classroom.clone(classroom.ada).push({"modules/01_setup/README.md": "my notes\n"})
    build(classroom.root, 1, "setup", "repaired")
    pull = classroom.release("setup", LATER).pulls[classroom.ada]
    classroom.forge.merge_pull_request(classroom.ada, pull.number, LATER)
    assert classroom.plan("setup", LATER).students[0].verb is Verb.NOTHING
    assert classroom.plan("tensor", LATER).students[0].conflicts == ()
    assert classroom.files(classroom.ada)["modules/01_setup/README.md"] == b"my notes\n"


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 1, 3)])
def test_pull_requests_merge_in_any_order_beside_the_students_own_pushes(
    classroom: Classroom, order: tuple[int, ...]
) -> None:
    classroom.release(None)
    ada = classroom.clone(classroom.ada)
    ada.push({"notes.txt": "one\n"})
    for stem in ("setup", "tensor", "activations"):
        classroom.release(stem)
        ada.push({"notes.txt": f"{stem}\n"})
    for number in order:
        classroom.forge.merge_pull_request(classroom.ada, number, LATER)
        ada.push({"notes.txt": f"after {number}\n"})
    files = classroom.files(classroom.ada)
    assert {"tinytorch/setup.py", "tinytorch/tensor.py", "tinytorch/activations.py"} <= files.keys()
    assert files["notes.txt"].decode() == f"after {order[-1]}\n"
    assert files[".tinytorch.json"] == classroom.files(classroom.template)[".tinytorch.json"]
    assert classroom.plan("activations").empty


def test_a_later_release_names_the_modules_that_it_also_brings(classroom: Classroom) -> None:
    classroom.release(None)
    classroom.release("setup")
    assert "This also brings 01_setup" in classroom.release("tensor").pulls[classroom.ada].body


def test_a_squashed_merge_is_recognised(classroom: Classroom) -> None:
    classroom.release(None)
    classroom.release("setup")
    ada = classroom.clone(classroom.ada)
    ada.git("fetch", "--quiet", "origin")
    ada.git("merge", "--quiet", "--squash", "origin/release/setup")
    ada.git("commit", "--quiet", "--message", "all of setup")
    ada.git("push", "--quiet", "origin", "main")
    assert classroom.plan("setup").empty
    pull = classroom.release("tensor", LATER).pulls[classroom.ada]
    classroom.forge.merge_pull_request(classroom.ada, pull.number, LATER)
    assert classroom.plan("tensor").empty


def test_work_pushed_to_the_release_branch_is_kept(classroom: Classroom) -> None:
    classroom.release(None)
    classroom.release("setup")
    work = "def answer():\n    return 42\n"
    classroom.clone(classroom.ada).push({"tinytorch/setup.py": work}, branch="release/setup")
    build(classroom.root, 1, "setup", "repaired")
    classroom.release("setup", LATER)
    offered = classroom.files(classroom.ada, "release/setup")
    assert offered["tinytorch/setup.py"].decode() == work
    assert b"repaired" in offered["modules/01_setup/README.md"]


def test_a_file_that_the_course_withdraws_is_removed_unless_the_student_changed_it(classroom: Classroom) -> None:
    classroom.start("setup")
    classroom.clone(classroom.ada).push({"modules/01_setup/figures/picture.svg": "<svg>mine</svg>"})
    (classroom.root / "assignments/01_setup/figures/picture.svg").unlink()
    plan = classroom.plan("setup", LATER)
    assert plan.students[0].conflicts == ("modules/01_setup/figures/picture.svg",)
    assert plan.students[1].actions["modules/01_setup/figures/picture.svg"] is Action.REMOVE


def test_a_file_that_the_student_deleted_stays_deleted(classroom: Classroom) -> None:
    classroom.start("setup")
    classroom.clone(classroom.ada).push({"modules/01_setup/figures/picture.svg": None})
    pull = classroom.release("tensor").pulls[classroom.ada]
    classroom.forge.merge_pull_request(classroom.ada, pull.number, BY)
    assert "modules/01_setup/figures/picture.svg" not in classroom.files(classroom.ada)


def test_the_progress_block_is_updated_in_a_readme_with_the_students_own_words(classroom: Classroom) -> None:
    classroom.release(None)
    readme = classroom.files(classroom.ada)["README.md"].decode()
    assert "| 01_setup | Setup | 10 | 2027-01-24 23:59 UTC | opens 2027-01-11 |" in readme
    assert "| 04_layers | Layers | 10 | 2027-01-24 23:59 UTC | planned |" in readme
    classroom.clone(classroom.ada).push({"README.md": f"My own words.\n{readme}"})
    pull = classroom.release("setup").pulls[classroom.ada]
    classroom.forge.merge_pull_request(classroom.ada, pull.number, BY)
    merged = classroom.files(classroom.ada)["README.md"].decode()
    assert merged.startswith("My own words.\n# Small course")
    assert "| [01_setup](modules/01_setup/README.md) | Setup | 10 |" in merged


def test_a_readme_without_the_progress_block_is_left_alone(classroom: Classroom) -> None:
    classroom.release(None)
    classroom.clone(classroom.ada).push({"README.md": "mine\n"})
    done = classroom.release("setup")
    assert classroom.files(classroom.ada, "release/setup")["README.md"] == b"mine\n"
    assert "- `README.md`" in done.pulls[classroom.ada].body


def test_an_interrupted_release_is_finished_by_the_next_run(classroom: Classroom) -> None:
    classroom.release(None)
    plan = classroom.plan("setup")
    with classroom.forge.workspace(classroom.ada) as bare:
        bare.write(plan.students[0].changes, BY)  # stopped before the pull request; two students are still to come
    assert classroom.plan("setup").students[0].verb is Verb.RESUME
    done = classroom.release("setup")
    assert set(done.pulls) == set(classroom.repos)
    assert classroom.plan("setup").empty


def test_a_student_who_joins_later_gets_everything_released(classroom: Classroom) -> None:
    everyone = classroom.roster
    classroom.roster = Roster(students=everyone.students[:2])
    classroom.start("setup", "tensor")
    classroom.roster = everyone
    done = classroom.release(None, LATER)
    assert classroom.repos[2] in done.done
    assert classroom.files(classroom.repos[2]) == classroom.files(classroom.template)
    assert classroom.plan("tensor", LATER).empty


def test_one_repository_in_trouble_does_not_stop_the_others(classroom: Classroom) -> None:
    classroom.release(None)
    classroom.forge.bare(classroom.ada).git("update-ref", "-d", "refs/heads/main")
    done = apply_release(classroom.plan("setup"), classroom.forge, BY)
    assert done.failed == {classroom.ada: "it has no branch main; push a branch main, or rename the present branch"}
    assert set(done.pulls) == set(classroom.repos[1:])


def test_a_push_between_plan_and_apply_is_not_lost(classroom: Classroom) -> None:
    classroom.release(None)
    plan = classroom.plan("setup")
    commit = classroom.clone(classroom.ada).push({"notes.txt": "in between\n"})
    pull = apply_release(plan, classroom.forge, BY).pulls[classroom.ada]
    assert classroom.forge.head(classroom.ada) == commit
    classroom.forge.merge_pull_request(classroom.ada, pull.number, BY)
    assert classroom.files(classroom.ada)["notes.txt"] == b"in between\n"


def test_the_same_release_makes_the_same_commits_everywhere(classroom: Classroom) -> None:
    classroom.start("setup")
    heads = {classroom.forge.head(repo, "starter") for repo in (*classroom.repos,)}
    assert heads == {classroom.forge.head(classroom.template)}
    assert len({classroom.forge.head(repo, "release/setup") for repo in classroom.repos}) == 1


def test_modules_are_released_in_order_and_only_when_they_are_written(classroom: Classroom) -> None:
    with pytest.raises(ReleaseError, match=r"02_tensor builds on 01_setup: release 01_setup first"):
        classroom.plan("tensor")
    with pytest.raises(ReleaseError, match=r"04_layers is planned, not written"):
        classroom.plan("layers")


def test_facts_that_a_student_damaged_lead_to_conflicts_and_never_to_overwriting(classroom: Classroom) -> None:
    classroom.start("setup")
    work = "def answer():\n    return 42\n"
    for broken in ("not json", "[]", "[" * 100_000, '{"files": 3, "modules": []}'):
        classroom.clone(classroom.ada).push(
            {".tinytorch.json": broken, "tinytorch/setup.py": work + f"# {broken[:9]}\n"}
        )
        plan = classroom.plan("tensor")
        assert "tinytorch/setup.py" in plan.students[0].conflicts
    done = classroom.release("tensor")
    assert classroom.files(classroom.ada, "release/tensor")["tinytorch/setup.py"].decode().startswith(work)
    assert classroom.ada in done.pulls


def test_a_fresh_clone_of_a_student_works_from_the_first_command(classroom: Classroom) -> None:
    classroom.start("setup")
    ada = classroom.clone(classroom.ada)
    command = [sys.executable, "run.py", "check", "setup"]
    env = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"}

    def check() -> str:
        return subprocess.run(command, cwd=ada.folder, env=env, capture_output=True, text=True, check=False).stdout

    stub = check()
    assert "01_setup: 0 of 4 points of public checks passed" in stub
    assert "not written yet: answer  tinytorch/setup.py:5  1 check stops there" in stub
    (ada.folder / "tinytorch/setup.py").write_text("def answer():\n    return 42\n")
    assert "4 of 4 points of public checks passed\n          1 hidden check worth 6 points remains" in check()
    assert ada.git("status", "--porcelain") == " M tinytorch/setup.py\n", "what a run leaves behind is ignored by git"


def test_facts_that_a_student_forged_reach_neither_git_nor_the_pull_request(classroom: Classroom) -> None:
    classroom.release(None)
    work = "def answer():\n    return 42\n"
    names = ["a\nb", "<img src=x>", "\u001b[31m", "../x", "/etc/passwd", "--all", "a b"]
    for files in (
        dict.fromkeys(names, "1" * 40),
        {"README.md": "HEAD:README.md\nHEAD", "run.py": f"{'1' * 40}\n", "Makefile": 3},
    ):
        forged = {"files": files, "modules": {}}
        pushed = {".tinytorch.json": json.dumps(forged), "README.md": "mine\n", "a b": work, "<img src=x>": work}
        classroom.clone(classroom.ada).push(pushed, str(files))
        plan = classroom.plan("setup")
        assert "README.md" in plan.students[0].conflicts
        assert not set(names) & plan.students[0].actions.keys()
        assert not [character for character in plan.text() if not (character.isprintable() or character == "\n")]
    body = classroom.release("setup").pulls[classroom.ada].body
    assert "<img" not in body
    assert classroom.files(classroom.ada, "release/setup")["a b"].decode() == work


def test_the_next_release_finishes_an_interrupted_creation(classroom: Classroom) -> None:
    classroom.forge.create_repo(classroom.ada, writers=("ada",))
    assert classroom.plan(None).students[0].verb is Verb.CREATE
    classroom.release(None)
    assert classroom.files(classroom.ada) == classroom.files(classroom.template)


@pytest.mark.parametrize("stem", ["setup", "tensor", None])
def test_a_template_that_has_lost_its_branch_does_not_count_as_new(classroom: Classroom, stem: str | None) -> None:
    classroom.start("setup")
    classroom.forge.bare(classroom.template).git("update-ref", "-d", "refs/heads/main")
    before = classroom.snapshot()
    with pytest.raises(ReleaseError, match=r"small_template has no branch main .* Restore the branch"):
        classroom.plan(stem)
    classroom.roster = Roster(students=())  # `provision` asks with this roster when everybody has a repository
    with pytest.raises(ReleaseError, match="has no branch main"):
        classroom.plan(stem)
    assert classroom.snapshot() == before


def test_a_template_whose_creation_was_stopped_is_finished(classroom: Classroom) -> None:
    classroom.forge.create_repo(classroom.template)
    assert classroom.plan("setup").template.verb is Verb.CREATE
    classroom.start("setup")
    assert classroom.plan("setup").empty


def test_students_get_nothing_if_the_template_cannot_be_written(classroom: Classroom) -> None:
    classroom.start("setup")
    plan = classroom.plan("tensor")
    bare = classroom.forge.bare(classroom.template)
    files = {"note.txt": b"pushed meanwhile"}
    bare.write([NewCommit("refs/heads/main", (bare.refs()["refs/heads/main"],), "note\n", files)], BY)
    done = apply_release(plan, classroom.forge, BY)
    assert (set(done.failed), done.pulls) == ({classroom.template}, {})


@pytest.mark.parametrize("way", ["link", "file", "submodule", "folder"])
def test_an_object_in_place_of_a_course_file_is_left_alone_and_named(
    classroom: Classroom, tmp_path: Path, way: str
) -> None:
    """A link, a file or a submodule is where the course has a folder, or a folder is where the course has a file."""
    classroom.release(None)
    ada = classroom.clone(classroom.ada)
    place = ada.folder / "modules/01_setup"
    if way == "link":
        place.symlink_to(tmp_path)
    elif way == "file":
        place.write_text("mine\n")
    elif way == "submodule":
        ada.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},modules/01_setup")
    else:
        (place / "README.md").mkdir(parents=True)
        (place / "README.md/mine.txt").write_text("mine\n")
    if way != "submodule":
        ada.git("add", "--all")
    ada.git("commit", "--quiet", "--message", "in the way")
    ada.git("push", "--quiet", "origin", "main")
    before = classroom.files_by_id(classroom.ada)
    plan = classroom.plan("setup")
    assert "modules/01_setup/README.md" in plan.students[0].conflicts
    classroom.release("setup")
    after = classroom.files_by_id(classroom.ada, "release/setup")
    kept = [path for path in before if path.startswith("modules/01_setup")]
    assert kept
    assert all(after[path] == before[path] for path in kept)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["forge", "roster.csv", "staff", "work"]
