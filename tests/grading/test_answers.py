"""Test that answers to an open experiment are graded as data, in the grader as on a student's machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from trial import SOLUTION, SUITE, Trial, outcomes

from grader.grading.submission import from_folder

FORM = """
title = "How long is it?"
[answers.guess]
ask = "long or short?"
guess = true
choices = ["long", "short"]
[answers.length]
ask = "the length"
from = 0
to = 1000
within = 0.02
"""
CHECK = '''
@check("The length was measured", points=2)
def test_length(answers):
    """Measures again and compares."""
    answers.compare("length", double(np.array([100.0]))[0])
    assert answers["guess"]
'''
RIGHT = 'guess = "long"\nlength = 201\n'


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """Make the trial course with an experiment. Its first check gives two of its points to the experiment's."""
    made = Trial.build(tmp_path_factory.mktemp("trial"))
    solutions = made.folder / "solutions" / "01_trial"
    (solutions / "experiment.toml").write_text(FORM)
    suite = SUITE.replace('"double doubles", points=3', '"double doubles", points=1')
    (solutions / "test_trial.py").write_text(suite + CHECK)
    return made


def test_each_submission_is_compared_with_its_own_answers(trial: Trial) -> None:
    given = {
        "right": RIGHT,
        "wrong": RIGHT.replace("201", "150"),
        "endless": RIGHT.replace("201", "1e308"),
        "code": "import os\n",
    }
    jobs = [trial.job("none")]
    jobs += [
        trial.job(name, {"tinytorch/trial.py": SOLUTION, "tinytorch/answers/trial.toml": text})
        for name, text in given.items()
    ]
    records = {one.job.student: one.record for one in trial.all_graded(jobs)}
    said = {name: next(c for c in record.checks if c.id == "test_length") for name, record in records.items() if record}
    assert {name: check.outcome.value for name, check in said.items()} == {
        "none": "failed",
        "right": "passed",
        "wrong": "failed",
        "endless": "failed",
        "code": "failed",
    }
    assert "trial.toml is missing. This command writes it: python run.py experiment trial" in said["none"].message
    assert said["none"].exception == "NotMeasured"
    assert "does not give this answer within 2 %" in said["wrong"].message
    assert "is out of range. Write a number between 0 and 1000" in said["endless"].message
    assert "cannot be read" in said["code"].message
    assert {outcomes(record)["square"] for record in records.values() if record} == {"passed"}


def test_other_answers_are_another_input(trial: Trial) -> None:
    """A record is reused only for the same files, and the answers are among them."""
    grader = trial.grader()
    digests = set()
    for number, text in enumerate((RIGHT, RIGHT.replace("201", "199"))):
        files = {"tinytorch/trial.py": SOLUTION, "tinytorch/answers/trial.toml": text}
        digests.add(grader.prepare(trial.job(f"digest{number}", files)).blank.input_digest)
    assert len(digests) == 2


def test_answers_follow_a_renamed_module(tmp_path: Path) -> None:
    (tmp_path / "tinytorch" / "answers").mkdir(parents=True)
    (tmp_path / "tinytorch" / "old.py").write_text("x = 1\n")
    (tmp_path / "tinytorch" / "answers" / "old.toml").write_text(RIGHT)
    files = from_folder(tmp_path).under_new_names({"old": "new"}).files
    assert files["tinytorch/answers/new.toml"] == RIGHT.encode()
    assert "tinytorch/answers/old.toml" not in files


def test_the_form_is_part_of_the_suite_and_its_words_are_not(trial: Trial) -> None:
    form = trial.folder / "solutions" / "01_trial" / "experiment.toml"
    before = trial.grader().prepare(trial.job("digest", SOLUTION)).suite.digest
    form.write_text(FORM.replace("the length", "how long it is").replace("How long is it", "How short is it"))
    assert trial.grader().prepare(trial.job("digest", SOLUTION)).suite.digest == before
    form.write_text(FORM.replace("1000", "2000"))
    assert trial.grader().prepare(trial.job("digest", SOLUTION)).suite.digest != before
    form.write_text(FORM)
