"""Test a batch: jobs of several modules side by side, and grading processes that die."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from trial import MAX_POINTS, ROOT, SOLUTION, Trial

from grader.course import load_course
from grader.grading.batch import Progress, grade_all
from grader.grading.grade import Grader, Job
from grader.grading.store import Store
from grader.sandbox.faults import TooBusy
from grader.sandbox.host import Host


def test_jobs_of_several_modules_are_graded_side_by_side(tmp_path: Path) -> None:
    course = load_course(ROOT / "course.yaml")
    package = tmp_path / "submission" / "tinytorch"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    for module in course.written[:2]:
        (package / f"{module.stem}.py").write_bytes(
            (ROOT / "solutions" / module.numbered / f"{module.stem}.py").read_bytes()
        )
    grader = Grader(ROOT, course, b"a secret of sixteen bytes or more", Store(tmp_path / "records"))
    jobs = [
        Job(who, tmp_path / "submission", None, module.stem) for module in course.written[:2] for who in ("ada", "ben")
    ]
    graded = {(done.job.student, done.job.module): done.record for done in grade_all(grader, jobs, workers=2)}
    assert len(graded) == 4
    assert all(record is not None and record.points == record.max_points for record in graded.values())


def test_a_suite_that_cannot_be_collected_is_an_error_and_never_a_zero(trial: Trial) -> None:
    suite = trial.folder / "solutions" / "01_trial" / "test_trial.py"
    suite.write_text(suite.read_text().replace("CANARY =", "import no_such_module\nCANARY ="))
    record = trial.graded("ada")
    assert not record.complete
    assert {check.outcome.value for check in record.checks} == {"error"}
    assert "no_such_module" in record.checks[0].message


def test_a_grading_process_that_dies_is_tried_again_without_effect_on_other_jobs(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    died = trial.folder / "died"
    real = Grader.grade

    def dies_once(self: Grader, job: Job, *rest: object) -> object:
        if job.student == "ada" and not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, job, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Grader, "grade", dies_once)
    done = trial.all_graded([trial.job("ada"), trial.job("ben", SOLUTION + "\n")])
    assert died.exists()
    assert {one.job.student: one.record and one.record.points for one in done} == {"ada": MAX_POINTS, "ben": MAX_POINTS}


def test_a_job_whose_process_always_dies_ends_with_a_problem(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Grader, "grade", lambda self, job, *rest: os.kill(os.getpid(), signal.SIGKILL))
    (done,) = trial.all_graded([trial.job("ada")])
    assert done.record is None
    assert "status -9" in (done.problem or "")


def test_a_batch_that_is_closed_early_leaves_no_process(trial: Trial) -> None:
    jobs = [trial.job(name, SOLUTION + f"\n# {name}\n") for name in ("ada", "ben", "cleo")]
    started: list[Progress] = []
    batch = grade_all(trial.grader(), jobs, workers=2, on_progress=started.append)
    next(batch)
    batch.close()  # joins its processes, so it would hang if a process were left
    assert started


def test_a_job_that_other_jobs_kept_from_running_is_tried_again_when_they_are_done(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never gets a zero, and its record is complete."""
    kept = trial.folder / "kept"
    real = Host.begin

    def too_busy_once(self: Host, *rest: object) -> object:
        if not kept.exists():
            kept.touch()
            raise TooBusy("importing tinytorch/trial.py did not end: the machine was too busy with others to run it")
        return real(self, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Host, "begin", too_busy_once)
    steps: list[Progress] = []
    jobs = [trial.job("ada"), trial.job("ben", SOLUTION + "\n"), trial.job("cleo", SOLUTION + "\n\n")]
    done = list(grade_all(trial.grader(), jobs, workers=1, on_progress=steps.append))
    assert {one.job.student: one.record and one.record.points for one in done} == dict.fromkeys(
        ("ada", "ben", "cleo"), MAX_POINTS
    )
    assert all(one.record is not None and one.record.complete for one in done)
    started = [step.job.student for step in steps if step.check is None]
    assert started == ["ada", "ben", "cleo", "ada"]


def test_a_batch_runs_nothing_beside_a_job_of_an_exclusive_module(tmp_path: Path) -> None:
    """This holds for any order of jobs and any number of workers."""
    course = load_course(ROOT / "course.yaml")
    modules = (course.modules[0].model_copy(update={"exclusive": True}), *course.modules[1:])
    course = course.model_copy(update={"modules": modules})
    package = tmp_path / "submission" / "tinytorch"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    grader = Grader(ROOT, course, b"a secret of sixteen bytes or more", Store(tmp_path / "records"))
    jobs = [Job(who, tmp_path / "submission", None, it.stem) for who in ("ada", "ben") for it in modules[:2]]
    running: set[tuple[str, str]] = set()
    beside: list[set[tuple[str, str]]] = []

    def note(step: Progress) -> None:
        if step.check is None:
            running.add((step.job.student, step.job.module))
            beside.append(set(running))

    alone = {}
    for done in grade_all(grader, jobs, workers=3, on_progress=note):
        running.remove((done.job.student, done.job.module))
        assert done.record is not None
        alone[done.job.module] = done.record.exclusive
    assert alone == {"setup": True, "tensor": False}
    assert max(map(len, beside)) == 2, "the others do run side by side"
    assert [len(it) for it in beside if any(module == "setup" for _, module in it)] == [1, 1]


def test_a_job_that_is_kept_from_running_again_stays_incomplete(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_busy(*_: object) -> object:
        raise TooBusy("the machine was too busy with others to run it")

    monkeypatch.setattr(Host, "begin", too_busy)
    (done,) = trial.all_graded([trial.job("ada")])
    assert done.record is not None
    assert not done.record.complete
    assert {check.outcome.value for check in done.record.checks} == {"error"}


def test_a_submissions_own_exception_named_too_busy_is_an_ordinary_failure(trial: Trial) -> None:
    code = "class TooBusy(Exception): pass\ndef double(x): raise TooBusy\n"
    steps: list[Progress] = []
    (done,) = grade_all(trial.grader(), [trial.job("eve", code)], on_progress=steps.append)
    assert done.record is not None
    assert done.record.complete
    assert sum(step.check is None for step in steps) == 1
