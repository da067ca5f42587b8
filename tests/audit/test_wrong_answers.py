"""Test the audit of an open experiment: each of the solution's answers is made wrong in turn, and must then lose points."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import SUITE, Small, failed, point

from grader.course import load_course
from grader.editions.build import build
from grader.editions.problems import EditionError

POINT = "wrong answers to the experiment lose points"
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
[answers.kind]
ask = "what it is"
choices = ["stick", "rope"]
"""
CHECK = '''
@check("The length was measured", points=2, seconds=1.5)
def test_length(answers) -> None:
    """Measures again and compares."""
    answers["guess"]
    answers.compare("length", double(np.array([100.0]))[0])
    answers.compare("kind", "rope")
'''
LOOKS_AWAY = CHECK.replace('    answers.compare("kind", "rope")\n', '    answers["kind"]\n')
ANSWERS = 'guess = "short"\nlength = 200\nkind = "rope"\n'


def small_with_experiment(folder: Path, check: str) -> Small:
    """Build the small course, with an experiment whose check has two of the six points of `middle`."""
    suite = SUITE.replace("points=6", "points=4").replace("#% hidden", f"{check}\n\n#% hidden")
    Small.build(folder, suite=suite)
    module = folder / "modules" / "small"
    (module / "experiment.toml").write_text(FORM)
    (module / "experiment.py").write_text("from tinytorch.small import double\n\nprint(double)\n")
    (module / "answers.toml").write_text(ANSWERS)
    course = load_course(folder / "course.yaml")
    build(folder, course)
    return Small(folder, course)


@pytest.mark.parametrize(("check", "unseen"), [(CHECK, ""), (LOOKS_AWAY, "kind is stick")])
def test_an_answer_that_no_check_compares_is_named(tmp_path: Path, check: str, unseen: str) -> None:
    small = small_with_experiment(tmp_path, check)
    assert (tmp_path / "solutions/01_small/answers.toml").read_text() == ANSWERS
    assert not (tmp_path / "assignments/01_small/answers.toml").exists()
    assert (tmp_path / "assignments/01_small/experiment.toml").read_text() == FORM
    found = small.audit({})
    wrong = failed(found)
    wrong.pop("every check can fail", "")  # there are no mutants here
    assert wrong == ({POINT: unseen} if unseen else {})
    assert point(found, POINT).detail == (unseen or "all 6")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("answers.toml", None, "modules/small/answers.toml:1: is missing"),
        ("experiment.py", None, "modules/small/experiment.py:1: is missing"),
        ("experiment.toml", None, "modules/small/experiment.toml:1: is missing"),
        ("answers.toml", ANSWERS.replace("200", "2000"), "modules/small/answers.toml:1: length = 2000 in"),
        ("experiment.toml", FORM.replace("from = 0\n", ""), "modules/small/experiment.toml:1: [answers.length] needs"),
        ("experiment.py", "from tinytorch.later import x\n", "modules/small/experiment.py:1: imports tinytorch.later"),
        ("experiment.py", "lost = (len(x) - width) // 2\n", "modules/small/experiment.py:1: "),
    ],
)
def test_the_build_refuses_an_experiment_with_a_mistake(tmp_path: Path, name: str, text: str | None, said: str) -> None:
    small = small_with_experiment(tmp_path, CHECK)
    file = tmp_path / "modules" / "small" / name
    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    with pytest.raises(EditionError) as caught:
        build(tmp_path, small.course)
    assert said in str(caught.value)
