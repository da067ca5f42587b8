"""A batch: jobs of several modules side by side, and grading processes that die."""

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


def test_jobs_of_several_modules_are_graded_side_by_side(tmp_path: Path) -> None:
    course = load_course(ROOT / "course.yaml")
    package = tmp_path / "submission" / "tinytorch"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    for module in course.written[:2]:
        (package / f"{module.stem}.py").write_bytes((ROOT / "solutions" / module.id / f"{module.stem}.py").read_bytes())
    grader = Grader(ROOT, course, b"a secret of sixteen bytes or more", Store(tmp_path / "records"))
    jobs = [
        Job(who, tmp_path / "submission", None, module.id) for module in course.written[:2] for who in ("ada", "ben")
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


def test_a_grading_process_that_dies_is_started_once_more_and_costs_nobody_else(
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


def test_a_grading_process_that_always_dies_is_a_problem_that_says_so(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Grader, "grade", lambda self, job, *rest: os.kill(os.getpid(), signal.SIGKILL))
    (done,) = trial.all_graded([trial.job("ada")])
    assert done.record is None
    assert "status -9" in (done.problem or "")


def test_a_batch_that_is_left_early_leaves_no_process(trial: Trial) -> None:
    jobs = [trial.job(name, SOLUTION + f"\n# {name}\n") for name in ("ada", "ben", "cleo")]
    started: list[Progress] = []
    batch = grade_all(trial.grader(), jobs, workers=2, on_progress=started.append)
    next(batch)
    batch.close()  # joins its processes: it would not come back if one were left
    assert started
