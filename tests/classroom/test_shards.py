"""Test grading on other machines: new pushes are planned and packed, and returned records are checked as far as possible."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader.classroom.roster import Roster, Student
from grader.gradebook.lost_grades import LostGradesError
from grader.grading.grade import Grader, Job
from grader.grading.record import Record
from grader.grading.store import Store
from grader.grading.submission import from_commit
from grader.pipeline.accept import Acceptance, NotAccepted
from grader.pipeline.collect import Collection, collect
from grader.pipeline.commit_pack import pack, unpack
from grader.pipeline.executor import Ended
from grader.pipeline.shards import Plan, PlanError, Shards, read_plan
from grader.pipeline.task import Task
from grader.pipeline.term import Term
from grader.pipeline.workspace import Workspace
from grader.repository import Repository

from .world import Classroom


@dataclass
class Desk:
    """Hold the instructor's machine: a class, and a folder for plans and records."""

    classroom: Classroom
    folder: Path

    @property
    def workspace(self) -> Workspace:
        state = self.folder / "state"
        state.mkdir(parents=True, exist_ok=True)
        return Workspace(self.classroom.root, state)

    @property
    def secret(self) -> bytes:
        return self.workspace.secret

    @property
    def store(self) -> Store:
        return Store(self.folder / "state")

    def collect(self, *stems: str, again: bool = False, roster: Roster | None = None) -> Collection:
        classroom = self.classroom
        term = Term(self.workspace, classroom.roster, classroom.forge)
        modules = [classroom.course.module(stem) for stem in stems or ("setup",)]
        return collect(term, modules, roster, new_only=not again)

    def plan(self, *stems: str, per_shard: int = 30, again: bool = False, roster: Roster | None = None) -> Plan:
        found = self.collect(*stems, again=again, roster=roster)
        assert found.missing == {}
        assert Shards(self.folder / "plan", per_shard).submit(found.tasks) == {}
        return read_plan(self.folder / "plan")

    def pack(self, task: Task) -> bytes:
        return (self.folder / "plan" / task.source).read_bytes()

    def grade(self, plan: Plan, name: str = "001") -> list[Path]:
        """Grade a shard as another machine would, with only the plan's folder and a checkout. In this process, unconfined."""
        store = Store(self.folder / "plan" / "graded" / name)
        paths = []
        for number, task in enumerate(plan.shard(name).tasks):
            grader = Grader(self.classroom.root, self.classroom.course, task.signing_key, store)
            source = unpack(self.pack(task), self.folder / "unpacked" / name / f"{number}.git")
            paths.append(store.path_of(grader.grade(task.job(source))))
        return paths

    def ended(self, path: Path) -> Ended:
        return next(it for it in Shards(self.folder / "plan").ended() if it.place == str(path))

    def accept(self, path: Path) -> Record:
        one = self.ended(path)
        assert one.record is not None
        return Acceptance(self.classroom.course, self.classroom.root, self.secret).accept(one.task, one.record)

    def take(self, plan: Plan) -> None:
        for shard in plan.shards:
            for path in self.grade(plan, shard.name):
                self.store.write(self.accept(path))


@pytest.fixture
def desk(classroom: Classroom, tmp_path: Path) -> Desk:
    classroom.start("setup")
    return Desk(classroom, tmp_path / "desk")


def asked(plan: Plan) -> list[tuple[str, str]]:
    return [(task.student, task.module) for task in plan.tasks]


def test_the_first_plan_asks_for_every_head_and_later_plans_only_for_new_pushes(desk: Desk) -> None:
    plan = desk.plan()
    assert asked(plan) == [("s01", "setup"), ("s02", "setup"), ("s03", "setup")]
    desk.take(plan)
    assert asked(desk.plan()) == []
    commit = desk.classroom.clone(desk.classroom.ada).push({"tinytorch/setup.py": "x = 1\n"})
    (task,) = desk.plan().tasks
    assert (task.student, task.commit, task.repo) == ("s01", commit, "small-ada")
    assert task.submitted_at is not None


def test_a_plan_asks_again_if_the_suite_has_changed_or_if_told_to(desk: Desk) -> None:
    desk.take(desk.plan())
    assert len(desk.plan(again=True).tasks) == 3
    suite = desk.classroom.root / "solutions" / "01_setup" / "test_setup.py"
    suite.write_text(suite.read_text() + "\nMENDED = True\n")
    assert len(desk.plan().tasks) == 3


def test_a_plan_asks_again_for_a_record_that_is_not_complete(desk: Desk) -> None:
    plan = desk.plan()
    desk.take(plan)
    for path in desk.store.records.rglob("*.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"complete": False}))
    assert len(desk.plan().tasks) == 3


def test_a_plan_is_refused_if_course_yaml_does_not_account_for_grades_on_disk(desk: Desk) -> None:
    """A workflow has the records, but its gradebook is still empty."""
    desk.take(desk.plan())
    page = desk.classroom.root / "course.yaml"
    page.write_text(page.read_text().replace("stem: setup", "stem: begin"))
    with pytest.raises(LostGradesError, match="3 students have grades in setup"):
        desk.plan()


def test_a_plan_read_from_disk_equals_the_plan_written(desk: Desk) -> None:
    plan = desk.plan()
    assert read_plan(desk.folder / "plan") == plan
    assert read_plan(desk.folder / "plan" / "plan.json") == plan


@pytest.mark.parametrize(
    ("text", "says"), [("{}", "not a plan: shards"), ("[", "not a plan"), (None, "there is no plan")]
)
def test_a_file_that_is_not_a_plan_is_refused_with_a_message(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "plan.json").write_text(text)
    with pytest.raises(PlanError, match=says):
        read_plan(tmp_path)


def test_all_modules_of_a_student_are_in_one_shard_and_shards_have_equal_size(desk: Desk) -> None:
    desk.classroom.release("tensor")
    plan = desk.plan("setup", "tensor", per_shard=2)
    assert [shard.name for shard in plan.shards] == ["001", "002"]
    assert [[task.student for task in shard.tasks] for shard in plan.shards] == [["s01"] * 2, ["s02"] * 2 + ["s03"] * 2]
    with pytest.raises(PlanError, match=r"no shard '9'; they are 001 to 002"):
        plan.shard("9")


def test_a_class_of_any_size_fits_into_a_workflows_matrix(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.pipeline.shards.MOST_SHARDS", 2)
    assert [len(shard.tasks) for shard in desk.plan(per_shard=1).shards] == [1, 2]


def test_a_repository_that_cannot_be_read_affects_only_its_owner(desk: Desk) -> None:
    lost = Roster(students=(*desk.classroom.roster.students, Student(id="s09", name="N", login="nobody")))
    found = desk.collect(roster=lost)
    assert len(found.tasks) == 3
    assert found.missing.keys() == {"s09"}


def test_a_plan_holds_neither_the_secret_nor_history(desk: Desk) -> None:
    classroom = desk.classroom
    classroom.clone(classroom.ada).push({"old.txt": "what was once here"})
    classroom.clone(classroom.ada).push({"old.txt": None})
    task = desk.plan().tasks[0]
    assert desk.secret not in (desk.folder / "plan" / "plan.json").read_bytes()
    there = Repository(unpack(desk.pack(task), desk.folder / "a.git"))
    kinds = there.git("cat-file", "--batch-all-objects", "--batch-check=%(objecttype)").split()
    assert kinds.count(b"commit") == 1
    assert b"what was once here" not in b"".join(there.blobs(e.id for e in there.tree(task.commit)).values())


def test_unpacking_gives_the_commit_that_was_pushed(desk: Desk, tmp_path: Path) -> None:
    url = desk.classroom.forge.url(desk.classroom.ada)
    commit = desk.classroom.clone(desk.classroom.ada).push({"tinytorch/setup.py": "x = 1\n"})
    there = unpack(pack(url, commit), tmp_path / "there.git")
    assert from_commit(there, commit) == from_commit(url, commit)


def test_a_shard_makes_the_same_record_as_the_course_itself(desk: Desk) -> None:
    """Both use the same random inputs and the same input digest, so neither grades again what the other has graded."""
    plan = desk.plan()
    task = plan.tasks[0]
    taken = desk.accept(desk.grade(plan)[0])
    assert taken.is_signed_by(desk.secret)
    own = Grader(desk.classroom.root, desk.classroom.course, desk.secret, Store(desk.folder / "own"))
    url = desk.classroom.forge.url(task.repo)
    made = own.grade(Job(task.student, url, task.commit, task.module, task.submitted_at, task.repo))
    assert (made.input_digest, made.seed_id, made.points) == (taken.input_digest, taken.seed_id, taken.points)
    assert taken.complete


def other_student(document: dict[str, Any]) -> None:
    document["student"] = "s02"


def other_commit(document: dict[str, Any]) -> None:
    document["commit"] = "1" * 40


def other_repository(document: dict[str, Any]) -> None:
    document["repo"] = "small-grace-m"


def earlier_push(document: dict[str, Any]) -> None:
    document["submitted_at"] = "2027-01-01T00:00:00Z"


def other_course(document: dict[str, Any]) -> None:
    document["course"] = "large"


def other_suite(document: dict[str, Any]) -> None:
    document["suite_digest"] = "0" * 64


def other_seed(document: dict[str, Any]) -> None:
    document["seed_id"] = "0" * 16


def dearer_check(document: dict[str, Any]) -> None:
    document["checks"][0] |= {"max_points": 400, "points": 0, "outcome": "failed"}
    document["max_points"] = sum(check["max_points"] for check in document["checks"])
    document["points"] = sum(check["points"] for check in document["checks"])


def weaker_jail(document: dict[str, Any]) -> None:
    document["jail"]["level"] = 1


def other_input(document: dict[str, Any]) -> None:
    document["input_digest"] = "ab" * 32


def other_files(document: dict[str, Any]) -> None:
    document["files"][0]["sha256"] = "0" * 64


def other_code(document: dict[str, Any]) -> None:
    document["grader_version"] = "0.1.0+000000000000.00000000"


def graded_tomorrow(document: dict[str, Any]) -> None:
    document["graded_at"] = "2099-01-01T00:00:00Z"


def graded_before_the_plan(document: dict[str, Any]) -> None:
    document["graded_at"] = "2020-01-01T00:00:00Z"


def other_warnings(document: dict[str, Any]) -> None:
    document["warnings"] = ["\x1b[2J<script>"]


def no_zone(document: dict[str, Any]) -> None:
    document["graded_at"] = "2026-11-21T22:10:00"


def able(document: dict[str, Any]) -> None:
    document["capability_earned"] = not document["capability_earned"]


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (other_input, "it was graded from other input"),
        (other_files, "it names other files than those handed in"),
        (other_code, "it was graded by another grader"),
        (no_zone, "its time of grading has no time zone"),
        (other_warnings, "it has other warnings"),
        (graded_tomorrow, "it was graded at 2099-01-01"),
        (graded_before_the_plan, "it was graded at 2020-01-01"),
        (able, "its result does not follow from its checks"),
        (other_student, "no task asks for this record"),
        (other_commit, "no task asks for this record"),
        (other_repository, "it names another repository"),
        (earlier_push, "it names another time of the push"),
        (other_course, "it belongs to another course"),
        (other_suite, "it was graded by another suite"),
        (other_seed, "it was graded with other random inputs"),
        (dearer_check, "its checks are not the suite's"),
        (weaker_jail, "it was graded at level 1"),
    ],
)
def test_a_record_signed_with_the_tasks_key_is_refused_if_the_plan_did_not_ask_for_it(
    desk: Desk, tamper: Callable[[dict[str, Any]], None], says: str
) -> None:
    """A submission that has broken out on a machine holds the task's key, so it can sign any record."""
    classroom = desk.classroom
    plan = desk.plan(roster=Roster(students=classroom.roster.students[:1]))
    (path,) = desk.grade(plan)
    document = json.loads(path.read_text())
    tamper(document)
    path.write_text(Record.model_validate(document).signed(plan.tasks[0].signing_key).to_json())
    with pytest.raises(NotAccepted, match=says):
        desk.accept(path)


def test_a_record_of_a_module_that_course_yaml_no_longer_has_is_refused(desk: Desk) -> None:
    one = desk.ended(desk.grade(desk.plan())[0])
    others = tuple(module for module in desk.classroom.course.modules if module.stem != "setup")
    course = desk.classroom.course.model_copy(update={"modules": others})
    assert one.record is not None
    with pytest.raises(NotAccepted, match=r"course\.yaml has no written module setup"):
        Acceptance(course, desk.classroom.root, desk.secret).accept(one.task, one.record)


def test_a_record_edited_after_it_was_signed_is_refused(desk: Desk) -> None:
    plan = desk.plan()
    path = desk.grade(plan)[0]
    path.write_text(path.read_text().replace('"capability_earned": false', '"capability_earned": true'))
    with pytest.raises(NotAccepted, match="not signed with the task's key"):
        desk.accept(path)


def test_a_file_that_is_not_a_record_is_refused(desk: Desk) -> None:
    good = desk.grade(desk.plan())[0]
    (good.parent / "text.json").write_text("{}")
    (good.parent / "link.json").symlink_to(good)
    for name, says in {"text.json": "not a record", "link.json": "not a regular file"}.items():
        one = desk.ended(good.parent / name)
        assert (one.task, one.record) == (None, None)
        assert says in one.trouble


def test_a_record_of_an_earlier_plan_does_not_count_for_this_plan(desk: Desk) -> None:
    first = desk.plan()
    (record,) = [desk.ended(path).record for path in desk.grade(first)[:1]]
    second = desk.plan()
    assert second.tasks[0].key != first.tasks[0].key
    assert record is not None
    with pytest.raises(NotAccepted, match="not signed"):
        Acceptance(desk.classroom.course, desk.classroom.root, desk.secret).accept(second.tasks[0], record)
