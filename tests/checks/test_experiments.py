"""Test open experiments as a student runs them: `run.py experiment` in a separate process, and the checks of the suite."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from checks.answers import MAX_BYTES, Form, NotMeasured, answers_in, form_of

PROJECT = Path(__file__).parents[2]
FORM = """
title = "How far is it?"

[answers.guess]
ask = "Is it near or far?"
guess = true
choices = ["near", "far"]

[answers.metres]
ask = "the distance that you measured"
from = 0.0
to = 1000
within = 0.02

[answers.steps]
ask = "the number of steps"
from = 1
to = 50
whole = true
"""
SCRIPT = """
import sys
from tinytorch.walk import length
print("walked", length(), *sys.argv[1:])
"""
SUITE = '''
from checks import check
from tinytorch.walk import length

@check("Measured", points=2)
def test_measured(answers):
    """Compares what was measured."""
    answers.compare("metres", length())
    assert answers["steps"] == 7
'''
FACTS = {"title": "Small", "term": "Spring 2027", "modules": {"02_walk": {}}, "milestones": {}}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    skip = shutil.ignore_patterns("__pycache__", "*.j2")
    shutil.copytree(PROJECT / "starter", tmp_path, dirs_exist_ok=True, ignore=skip)
    facts = {"public": {"checks": 1, "points": 2}, "hidden": {"checks": 0, "points": 0}}
    files = {
        "tinytorch/__init__.py": "",
        "tinytorch/walk.py": "def length():\n    return 200.0\n",
        "modules/02_walk/test_walk.py": SUITE,
        "modules/02_walk/experiment.toml": FORM,
        "modules/02_walk/experiment.py": SCRIPT,
        ".tinytorch.json": json.dumps(FACTS | {"modules": {"02_walk": facts}}),
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def run(repo: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "run.py", *arguments]
    return subprocess.run(
        command, cwd=repo, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def answers(repo: Path) -> Path:
    return repo / "tinytorch/answers/walk.toml"


def test_the_experiment_writes_the_file_and_does_not_start_without_a_guess(repo: Path) -> None:
    done = run(repo, "experiment", "walk")
    assert done.returncode == 2
    assert "walked" not in done.stdout
    assert "Wrote tinytorch/answers/walk.toml" in done.stdout
    assert "First your guess. Is it near or far?" in done.stderr
    assert "python run.py experiment walk --guess near" in done.stderr
    assert (
        '# the distance that you measured\n# Write a number between 0 and 1000.\nmetres = "?"\n'
        in answers(repo).read_text()
    )


def test_with_a_guess_it_runs_on_the_students_own_code_and_says_what_is_missing(repo: Path) -> None:
    done = run(repo, "experiment", "--guess", "far", "2", "fast", "0.5")
    assert done.returncode == 0, done.stderr
    assert "walked 200.0 fast 0.5" in done.stdout
    assert "1 of 3 answers are there" in done.stdout
    assert "metres in tinytorch/answers/walk.toml has no answer yet. Write a number between 0 and 1000." in done.stdout
    assert 'guess = "far"\n' in answers(repo).read_text()


def test_the_file_is_never_written_over(repo: Path) -> None:
    run(repo, "experiment", "walk", "--guess", "far")
    mine = (
        answers(repo).read_text().replace('metres = "?"', "metres = 204  # by eye").replace('steps = "?"', "steps = 7")
    )
    answers(repo).write_text(mine)
    done = run(repo, "experiment", "walk", "--guess", "near")
    assert (
        "3 of 3 answers are there.\n  `python run.py check walk` runs the experiment again and compares." in done.stdout
    )
    assert answers(repo).read_text() == mine, "the first guess stays"


def test_a_guess_is_asked_for_on_a_terminal_until_it_is_an_answer(repo: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "run.py", "experiment", "walk"], cwd=repo, stdin=theirs, stdout=subprocess.PIPE, text=True
    )
    os.write(ours, b"maybe\nnear\n")
    out = process.communicate()[0]
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0
    assert out.count("First your guess.") == 2
    assert "walked 200.0" in out
    assert 'guess = "near"\n' in answers(repo).read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["walk", "--guess", "nowhere"], "'nowhere' is no answer to 'guess'. Write \"near\" or \"far\"."),
        (["walk", "--guess", "metres=2"], "write --guess NAME=VALUE, where NAME is guess"),
        (["walks"], "There is no module 'walks' in this repository. Did you mean 02_walk? You have: 02_walk."),
    ],
)
def test_what_cannot_be_used_is_explained(repo: Path, arguments: list[str], said: str) -> None:
    done = run(repo, "experiment", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_module_without_an_experiment_says_so(repo: Path) -> None:
    (repo / "modules/02_walk/experiment.toml").unlink()
    assert "02_walk has no open experiment." in run(repo, "experiment", "walk").stderr


def test_a_file_that_is_not_toml_is_named_and_kept(repo: Path) -> None:
    answers(repo).parent.mkdir()
    answers(repo).write_text("metres = about 200\n")
    done = run(repo, "experiment", "walk", "--guess", "far")
    assert done.returncode == 2
    assert "tinytorch/answers/walk.toml cannot be read" in done.stderr
    assert answers(repo).read_text() == "metres = about 200\n"


def test_the_check_compares_the_answers(repo: Path) -> None:
    out = run(repo, "check", "walk").stdout
    assert "tinytorch/answers/walk.toml is missing. This command writes it: python run.py experiment walk" in out
    run(repo, "experiment", "walk", "--guess", "far")
    blank = answers(repo).read_text()
    for metres, points in (("203.9", 2), ("196.1", 2), ("205", 0), ("195", 0)):
        answers(repo).write_text(
            blank.replace('metres = "?"', f"metres = {metres}").replace('steps = "?"', "steps = 7")
        )
        out = run(repo, "check", "walk").stdout
        assert f"{points} of 2 points" in out, metres
    assert (
        "metres = 195.0 in tinytorch/answers/walk.toml: running the experiment again does not give this answer" in out
    )
    assert "200" not in out.partition("NotMeasured")[2], "the message does not tell the answer"


def form() -> Form:
    return form_of(FORM, "walk", "experiment.toml")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "walk.toml is missing"),
        (b"", "has no answer metres"),
        (b"meters = 3", "It has meters: rename that"),
        (b'metres = "?"', "has no answer yet"),
        (b'metres = "3"', "write the number without quotes"),
        (b"metres = true", "is not a number"),
        (b"metres = [1]", "is not a number"),
        (b"metres = nan", "is out of range"),
        (b"metres = inf", "is out of range"),
        (b"metres = 1e300", "is out of range"),
        (b"metres = 1000000000000000000000000000000000000", "is out of range"),
        (b"metres = " + b"9" * 5000, "cannot be read"),
        (b"metres = \xff", "cannot be read"),
        (b"metres = " + b"[" * 9000, "cannot be read"),
        (b"#" * (MAX_BYTES + 1), "is larger than 16 KiB"),
        (b"metres." + b"a." * 8000 + b"a = 1", "is not a number"),
        (b"metres = 0x" + b"f" * 16000, "is out of range"),
    ],
)
def test_an_answer_that_cannot_be_used_says_why(content: bytes | None, said: str) -> None:
    read = form().read(content)
    with pytest.raises(NotMeasured, match=r"^(?s:.{1,500})$") as caught:
        read["metres"]
    assert said in str(caught.value)


def test_only_a_whole_number_answers_a_question_for_one() -> None:
    with pytest.raises(NotMeasured, match="is not a whole number"):
        form().read(b"steps = 7.0")["steps"]
    assert form().read(b"steps = 7")["steps"] == 7


def test_a_link_is_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "experiment.toml").write_text(FORM)
    (tmp_path / "secret").write_text("metres = 3")
    (tmp_path / "walk.toml").symlink_to("secret")
    assert "is missing" in answers_in(tmp_path / "experiment.toml", "walk", tmp_path).problem


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("guess = true", "guess = 1", "says `guess` and `whole` with true or false"),
        ("guess = true", "", "begin with a question that says `guess = true`"),
        ('title = "How far is it?"', "", "write title ="),
        ("to = 1000", "", "needs `choices`, or bounds"),
        ("to = 1000", "to = 0", "needs `choices`, or bounds"),
        ("to = 1000", "to = inf", "needs `choices`, or bounds"),
        ("within = 0.02", "within = 2", "needs `choices`, or bounds"),
        ("within = 0.02", "withn = 0.02", "has the unknown key withn"),
        ('"near", "far"', '"near", "near"', "needs two or more different choices"),
        ('"near", "far"', '"near", "?"', "needs two or more different choices"),
        ("[answers.metres]", "[answers.Metres]", "needs a name of small letters"),
        ('ask = "the number of steps"', "", 'needs ask = "the question"'),
    ],
)
def test_a_mistake_in_a_form_is_named(old: str, new: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"^experiment\.toml: ") as caught:
        form_of(FORM.replace(old, new), "walk", "experiment.toml")
    assert said in str(caught.value)
