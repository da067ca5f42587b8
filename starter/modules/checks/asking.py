"""Run an open experiment for a student: ask for the guess first, keep the file of answers, and say which are missing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .answers import FORM, Form, Question, filled_in, form_of

SCRIPT = "experiment.py"


def run_experiment(root: Path, folder: Path, guesses: Sequence[str], arguments: Sequence[str]) -> int:
    """Run the experiment of the module in `folder`. Return 2 if it did not start, else the status of its script.

    guesses: from the command line, as VALUE or NAME=VALUE; arguments: for the script
    """
    if not (folder / FORM).is_file():
        return _refuse(f"{folder.name} has no open experiment.")
    form = form_of((folder / FORM).read_text(encoding="utf-8"), folder.name.partition("_")[2], FORM)
    file = root / form.file
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, form.blank())
        print(f"Wrote {form.file}. Your answers go there; commit it with your code.")
    try:
        said = _by_question(form, guesses)
        for question in form.questions:
            if question.guess and not _has_guess(form, file, question, said):
                return 2
    except ValueError as error:
        return _refuse(str(error))
    places = os.pathsep.join([str(root), str(root / "modules"), str(folder)])
    status = subprocess.call(
        [sys.executable, str(folder / SCRIPT), *arguments], cwd=root, env={**os.environ, "PYTHONPATH": places}
    )
    if status == 0:
        _say_missing(form, file)
    return status


def _by_question(form: Form, guesses: Sequence[str]) -> dict[str, str]:
    """Return the guesses of the command line by the question's name. Raise ValueError if one fits no question."""
    names = [question.name for question in form.questions if question.guess]
    found: dict[str, str] = {}
    for text in guesses:
        name, equals, value = text.partition("=")
        if not equals and len(names) == 1:
            name, value = names[0], text
        if name not in names:
            raise ValueError(f"--guess {text}: write --guess NAME=VALUE, where NAME is {' or '.join(names)}.")
        found[name] = value
    return found


def _has_guess(form: Form, file: Path, question: Question, said: Mapping[str, str]) -> bool:
    """Return whether the file has a guess, after asking for it if it has none. Raise ValueError if it cannot be used."""
    text = file.read_text(encoding="utf-8")
    answers = form.read(text.encode())
    if answers.problem:
        raise ValueError(answers.problem)
    if question.name in answers.given and question.problem_of(answers.given[question.name]) is None:
        return True
    literal = question.literal(said.get(question.name, ""))
    if question.name in said and literal is None:
        raise ValueError(f"{said[question.name]!r} is no answer to {question.name!r}. Write {question.wanted}.")
    while literal is None:
        if not sys.stdin.isatty():
            how = f"--guess {question.choices[0] if question.choices else question.lowest}"
            _refuse(f"First your guess. {question.ask}\n{form.command} {how}   (or write it into {form.file})")
            return False
        try:
            literal = question.literal(input(f"First your guess. {question.ask}\n({question.wanted}) "))
        except EOFError:
            return False
    _write(file, filled_in(text, question.name, literal))
    print(f"{question.name} = {literal} is now in {form.file}.")
    return True


def _say_missing(form: Form, file: Path) -> None:
    missing = form.read(file.read_bytes()).missing()
    done = len(form.questions) - len(missing)
    print(f"\n{form.file}: {max(done, 0)} of {len(form.questions)} answers are there.")
    for line in missing:
        print(f"  {line}")
    if not missing:
        print(f"  `python run.py check {form.stem}` runs the experiment again and compares.")


def _write(file: Path, text: str) -> None:
    """Write the whole file or nothing: it holds a student's measurements."""
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.replace(file)


def _refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 2
