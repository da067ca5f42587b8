"""Test executors: a task holds everything that a worker needs, and records from a worker are checked."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from trial import ROOT, SECRET, SOLUTION, Trial

from grader.classroom.pushes import Push
from grader.grading.record import Record
from grader.pipeline import accept, processes
from grader.pipeline.commit_pack import pack
from grader.pipeline.executor import Ended, Executor, OnStep, Step, silent
from grader.pipeline.grade import grade
from grader.pipeline.processes import Processes, work_on
from grader.pipeline.record import Recorded, record
from grader.pipeline.shards import Shards, grade_shard
from grader.pipeline.task import Task, TaskMaker, suites_here
from grader.pipeline.workspace import Workspace
from grader.repository import NewCommit, Repository, Signature

PUSHED = datetime(2027, 1, 20, 12, tzinfo=UTC)
WORKER = """
import sys
from pathlib import Path
from grader.course import load_course
from grader.pipeline.processes import work_on
from grader.pipeline.task import Task

task, here = Task.model_validate_json(sys.stdin.read()), Path.cwd()
(ended,) = work_on([task], load_course(here / "course.yaml"), here, packs=here / "in", kept=here / "out")
print(ended.record.to_json() if ended.record else ended.trouble)
sys.exit(ended.record is None)
"""


@dataclass
class Elsewhere:
    """Grade each task in a fresh process of "another machine" with its own checkout and a pack, but no forge or secret."""

    checkout: Path
    _tasks: list[Task] = field(default_factory=list)

    def submit(self, tasks: Sequence[Task]) -> Mapping[str, str]:
        self._tasks += tasks
        return {}

    def ended(self, on_step: OnStep = silent) -> Iterator[Ended]:
        for task in self._tasks:
            (self.checkout / "in").mkdir(exist_ok=True)
            (self.checkout / "in" / "one.pack").write_bytes(pack(task.source, task.commit))
            done = subprocess.run(
                [sys.executable, "-c", WORKER],
                input=task.model_copy(update={"source": "one.pack"}).model_dump_json(),
                cwd=self.checkout,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert SECRET.decode() not in done.stdout + done.stderr
            if done.returncode:
                yield Ended(task, None, done.stdout.strip() or done.stderr)
            else:
                yield Ended(task, Record.model_validate_json(done.stdout))


@dataclass(frozen=True)
class InFolder:
    """Imitate a workflow: write the shards, grade them here one after the other, and read the records back."""

    shards: Shards
    workspace: Workspace

    def submit(self, tasks: Sequence[Task]) -> Mapping[str, str]:
        failed = self.shards.submit(tasks)
        for _ in grade_shard(self.shards.folder, "001", self.workspace.course, self.workspace.root):
            pass
        return failed

    def ended(self, on_step: OnStep = silent) -> Iterator[Ended]:
        return self.shards.ended(on_step)


@dataclass(frozen=True)
class Round:
    """Provide one student's push, ready to be graded."""

    workspace: Workspace
    tasks: list[Task]
    folder: Path

    def executor(self, name: str) -> Executor:
        if name == "processes":
            return Processes(self.workspace.grader())
        if name == "shards":
            return InFolder(Shards(self.folder / "plan"), self.workspace)
        if name == "elsewhere":
            return Elsewhere(self.elsewhere())
        raise ValueError(f"no executor {name}")

    def elsewhere(self) -> Path:
        return Path(
            shutil.copytree(self.workspace.root, self.folder / "elsewhere", ignore=shutil.ignore_patterns("state"))
        )

    def run(self, executor: Executor, on_step: OnStep = silent) -> Recorded:
        return record(self.workspace, self.tasks, grade(self.tasks, executor, on_step))


@pytest.fixture
def round_(trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Round:
    monkeypatch.setenv("TINYTORCH_SECRET", SECRET.decode())
    state = trial.folder / "state"
    state.mkdir()
    repository = Repository.create(tmp_path / "ada.git")
    by = Signature("ada", "ada@invalid", PUSHED)
    files = {"tinytorch/__init__.py": b"", "tinytorch/trial.py": SOLUTION.encode()}
    (commit,) = repository.write([NewCommit("refs/heads/main", (), "work\n", files)], by)
    workspace = Workspace(trial.folder, state)
    modules = workspace.course.written
    maker = TaskMaker(workspace.grader(), suites_here(trial.folder, trial.course, modules))
    push = Push("ada", "trial-ada", str(repository.path), commit, PUSHED)
    return Round(workspace, maker.tasks(push, modules), tmp_path)


@pytest.mark.parametrize("name", ["processes", "shards", "elsewhere"])
def test_every_executor_makes_the_same_record_as_the_course_itself(round_: Round, name: str) -> None:
    done = round_.run(round_.executor(name))
    assert (done.refused, done.failed, done.missing, done.incomplete) == ([], {}, [], {})
    (found,) = done.complete.values()
    assert found.is_signed_by(SECRET)
    assert (found.points, found.submitted_at) == (10, PUSHED)
    own = round_.workspace.grader(store=round_.folder / "own")
    (task,) = round_.tasks
    expected = own.grade(replace(task.job(task.source), seed=""))
    assert (found.input_digest, found.seed_id) == (expected.input_digest, expected.seed_id)


def test_a_task_is_unchanged_after_json(round_: Round) -> None:
    (task,) = round_.tasks
    assert Task.model_validate_json(task.model_dump_json()) == task
    assert SECRET.decode() not in task.model_dump_json()
    assert task.key not in repr(task)
    assert task.seed not in repr(task)


def test_progress_names_the_task_and_each_check_that_ended(round_: Round) -> None:
    steps: list[Step] = []
    round_.run(round_.executor("processes"), steps.append)
    assert {step.task for step in steps} == set(round_.tasks)
    assert steps[0].check is None
    assert {step.check for step in steps[1:]} == {"test_double", "test_square", "test_box", "test_milestone_calls"}


def test_a_worker_with_another_suite_does_not_grade(round_: Round) -> None:
    there = round_.elsewhere()
    suite = there / "solutions" / "01_trial" / "test_trial.py"
    suite.write_text(suite.read_text() + "\nMENDED = True\n")
    done = round_.run(Elsewhere(there))
    (trouble,) = done.failed.values()
    assert "the suite of trial here is not the one that the task is for" in trouble


def test_a_worker_without_the_module_of_one_task_grades_the_others(round_: Round) -> None:
    (task,) = round_.tasks
    gone = task.model_copy(update={"module": "gone"})
    here = round_.workspace
    ended = [*work_on([gone, task], here.course, here.root, packs=Path(), kept=round_.folder / "kept")]
    assert [one.task for one in ended] == [gone, task]
    assert ended[0].trouble == "this checkout has no written module gone: use the same commit of the course"
    assert ended[1].record is not None


def disk_is_full(source: Path, scratch: Path) -> Path:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(scratch))


def test_a_full_disk_ends_grading_and_is_not_a_problem_of_one_task(
    round_: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "repository_at", disk_is_full)
    with pytest.raises(OSError, match="No space left"):
        round_.run(round_.executor("processes"))


def test_a_full_disk_ends_the_check_of_records_and_refuses_none(round_: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accept, "repository_at", disk_is_full)
    with pytest.raises(OSError, match="No space left"):
        round_.run(round_.executor("shards"))


def test_a_worker_with_other_versions_of_python_may_grade(round_: Round) -> None:
    """Its record is accepted, names the versions, and is not graded again by this machine."""

    class OtherVersions(Elsewhere):
        def ended(self, on_step: OnStep = silent) -> Iterator[Ended]:
            for one in super().ended(on_step):
                assert one.record is not None
                assert one.task is not None
                version = one.record.grader_version.rpartition(".")[0] + ".ffffffff"
                changed = one.record.model_copy(update={"grader_version": version, "signature": ""})
                yield replace(one, record=changed.signed(one.task.signing_key))

    (first,) = round_.run(OtherVersions(round_.elsewhere())).complete.values()
    (second,) = round_.run(round_.executor("processes")).complete.values()
    assert first.grader_version.endswith(".ffffffff")
    assert second == first


def test_a_worker_that_lies_about_more_than_outcomes_is_refused(round_: Round) -> None:
    class Liar(Elsewhere):
        def ended(self, on_step: OnStep = silent) -> Iterator[Ended]:
            for one in super().ended(on_step):
                assert one.record is not None
                assert one.task is not None
                changed = one.record.model_copy(update={"student": "ben", "signature": ""})
                yield replace(one, record=changed.signed(one.task.signing_key))

    done = round_.run(Liar(round_.elsewhere()))
    (reason,) = done.refused
    assert "the task names another student, module or commit" in reason
    assert done.missing == [task.id for task in round_.tasks]
