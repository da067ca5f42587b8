"""Read what a student guessed and measured in an open experiment. The file with the answers is data, and never runs.

Two files belong to an experiment. The form, `experiment.toml`, stands beside the suite: it lists the questions, and the author
writes it. The answers, `tinytorch/answers/STEM.toml`, are the student's. Anybody may write anything there, so each answer is
checked against its question before a suite can use it. A number without bounds could keep a suite busy for ever.
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORM = "experiment.toml"
FOLDER = "tinytorch/answers"
OPEN = "?"  # stands in the file until the student has an answer
MAX_BYTES = 16 * 1024
_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_KEYS = {"ask", "guess", "choices", "from", "to", "within", "whole"}


class NotMeasured(Exception):
    """Report that an answer is missing, or that it is not of the form that its question asks for."""


@dataclass(frozen=True)
class Question:
    """Ask for one answer: one of `choices`, or else a number between `lowest` and `highest`, both included.

    guess: asked before the experiment starts; within: how far the answer may be from the truth, as a part of the truth;
    whole: the number is an integer
    """

    name: str
    ask: str
    guess: bool = False
    choices: tuple[str, ...] = ()
    lowest: float = 0.0
    highest: float = 0.0
    within: float = 0.0
    whole: bool = False

    @property
    def wanted(self) -> str:
        """Return what an answer looks like."""
        if self.choices:
            return " or ".join(f'"{choice}"' for choice in self.choices)
        return f"a {'whole ' * self.whole}number between {self.lowest:g} and {self.highest:g}"

    def literal(self, said: str) -> str | None:
        """Return what a student said as it stands in the file, or None if it is no answer to this question."""
        said = said.strip().strip('"')
        if self.choices:
            return f'"{said}"' if said in self.choices else None
        try:
            number = int(said) if self.whole else float(said)
        except ValueError:
            return None
        return None if self.problem_of(number) else repr(number)

    def problem_of(self, answer: object) -> str | None:
        """Return why `answer` is no answer to this question, or None."""
        if answer == OPEN:
            return "has no answer yet"
        if self.choices:
            return None if answer in self.choices else "is another word than those asked for"
        if isinstance(answer, str):
            return "is text: write the number without quotes"
        if isinstance(answer, bool) or not isinstance(answer, int | float):
            return "is not a number"
        if self.whole and not isinstance(answer, int):
            return "is not a whole number"
        return None if self.lowest <= answer <= self.highest else "is out of range"  # also refuses nan


@dataclass(frozen=True)
class Form:
    """Hold the questions of a module's experiment. stem: of the module; title: what the experiment is about"""

    stem: str
    title: str
    questions: tuple[Question, ...]

    @property
    def file(self) -> str:
        """Return the path of the answers in a student's repository."""
        return f"{FOLDER}/{self.stem}.toml"

    @property
    def command(self) -> str:
        return f"python run.py experiment {self.stem}"

    def blank(self) -> str:
        """Return a file without answers, in which each question stands above its answer."""
        lines = [
            f"# {self.title}",
            f"# Put each answer in the place of {OPEN!r}, then see what is missing: {self.command}",
        ]
        for question in self.questions:
            lines += ["", *(f"# {line}" for line in question.ask.splitlines())]
            lines += [f"# Write {question.wanted}.", f'{question.name} = "{OPEN}"']
        return "\n".join([*lines, ""])

    def read(self, content: bytes | None) -> Answers:
        """Read a student's file. Whatever is wrong with it is said when a suite asks for an answer. content: None if absent"""
        if content is None:
            return Answers(self, {}, f"{self.file} is missing. This command writes it: {self.command}")
        if len(content) > MAX_BYTES:
            return Answers(self, {}, f"{self.file} is larger than {MAX_BYTES // 1024} KiB. Keep to the answers.")
        try:
            return Answers(self, tomllib.loads(content.decode("utf-8")), "")
        except (ValueError, RecursionError) as error:
            said = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
            return Answers(
                self, {}, f"{self.file} cannot be read: {said}. Write each answer as `name = 0.5`, and words in quotes."
            )


@dataclass(frozen=True)
class Answers:
    """Hold a student's answers to a form. problem: why the file as a whole cannot be used, else the empty string"""

    form: Form
    given: Mapping[str, Any]
    problem: str = ""

    def __getitem__(self, name: str) -> Any:
        """Return the answer to a question: a float, an int if the question says `whole`, or one of its choices.

        Raise NotMeasured if there is none, or if it is not of the form that the question asks for.
        """
        question = self._question(name)
        trouble = self.trouble_with(question)
        if trouble:
            raise NotMeasured(trouble)
        answer = self.given[name]
        return answer if question.choices or question.whole else float(answer)

    def compare(self, name: str, truth: float | str) -> None:
        """Fail unless the answer is as near to `truth` as its question asks. The message does not tell the truth."""
        question, answer = self._question(name), self[name]
        if question.choices:
            right, how = answer == truth, ""
        else:
            right = math.isclose(answer, truth, rel_tol=question.within)  # type: ignore[arg-type]
            how = f" within {100 * question.within:g} %"
        if not right:
            raise AssertionError(
                f"{name} = {answer!r} in {self.form.file}: running the experiment again does not give this answer{how}. "
                f"Measure it again: {self.form.command}"
            )

    def missing(self) -> list[str]:
        """Return what is still to be done, one line for each question without a proper answer."""
        if self.problem:
            return [self.problem]
        return [trouble for question in self.form.questions if (trouble := self.trouble_with(question))]

    def trouble_with(self, question: Question) -> str:
        """Return what is wrong with the answer to a question and what to do, or the empty string."""
        if self.problem:
            return self.problem
        name = question.name
        if name not in self.given:
            near = difflib.get_close_matches(name, set(self.given) - {one.name for one in self.form.questions}, 1)
            return f"{self.form.file} has no answer {name}." + (f" It has {near[0]}: rename that." if near else "")
        problem = question.problem_of(self.given[name])
        if problem is None:
            return ""
        return f"{name}{_shown(self.given[name])} in {self.form.file} {problem}. Write {question.wanted}."

    def _question(self, name: str) -> Question:
        return next(question for question in self.form.questions if question.name == name)


def _shown(answer: object) -> str:
    """Return ` = answer` for a word or a number of sensible length, since a table can be too deep to print."""
    if isinstance(answer, str):
        return f" = {answer[:40]!r}" * (answer != OPEN)
    return f" = {answer!r}" if isinstance(answer, bool | float) or (isinstance(answer, int) and abs(answer) < 1e18) else ""


def form_of(text: str, stem: str, filename: str) -> Form:
    """Read a form. Raise ValueError, naming file and question, if its author made a mistake."""
    try:
        whole = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{filename}: not valid TOML: {error}") from error
    if (
        set(whole) != {"title", "answers"}
        or not isinstance(whole["title"], str)
        or not isinstance(whole["answers"], dict)
    ):
        raise ValueError(
            f'{filename}: write title = "…", and a table [answers.NAME] for each question, and nothing else'
        )
    questions = tuple(_question_of(name, fields, filename) for name, fields in whole["answers"].items())
    if not questions or not questions[0].guess or all(question.guess for question in questions):
        raise ValueError(
            f"{filename}: begin with a question that says `guess = true`, and ask for something to measure"
        )
    return Form(stem, whole["title"], questions)


def _question_of(name: str, fields: object, filename: str) -> Question:
    def refuse(why: str) -> ValueError:
        return ValueError(f"{filename}: [answers.{name}] {why}")

    if not _NAME.fullmatch(name):
        raise refuse("needs a name of small letters, digits and _")
    if not isinstance(fields, dict) or not isinstance(fields.get("ask"), str) or not fields["ask"].strip():
        raise refuse('needs ask = "the question"')
    if unknown := set(fields) - _KEYS:
        raise refuse(f"has the unknown key {min(unknown)}. The keys are {', '.join(sorted(_KEYS))}")
    guess, choices = fields.get("guess", False), fields.get("choices", [])
    if not isinstance(guess, bool) or not isinstance(fields.get("whole", False), bool):
        raise refuse("says `guess` and `whole` with true or false")
    if choices:
        texts = isinstance(choices, list) and all(isinstance(one, str) and one.strip("? ") for one in choices)
        if not texts or len(set(choices)) < max(len(choices), 2) or set(fields) & {"from", "to", "within", "whole"}:
            raise refuse("needs two or more different choices in quotes, and no bounds")
        return Question(name, fields["ask"], guess, tuple(choices))
    bounds = [fields.get("from"), fields.get("to"), fields.get("within", 0.0)]
    numbers = [float(one) for one in bounds if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) < 3 or not -math.inf < numbers[0] < numbers[1] < math.inf or not 0 <= numbers[2] < 1:
        raise refuse("needs `choices`, or bounds `from` and `to`; `within` is a part, such as 0.02")
    lowest, highest, within = numbers
    return Question(name, fields["ask"], guess, (), lowest, highest, within, fields.get("whole", False))


def filled_in(text: str, name: str, literal: str) -> str:
    """Return a file of answers with one more answer. Everything else in the file stays as it is."""
    line = f"{name} = {literal}"
    changed, count = re.subn(rf"(?m)^[ \t]*{name}[ \t]*=.*$", lambda _: line, text, count=1)
    return changed if count else f"{text.rstrip()}\n{line}\n"


def answers_in(form_file: Path, stem: str, folder: Path) -> Answers:
    """Read a form, and the answers to it in `folder`. A link or a device there counts as a missing file."""
    form = form_of(form_file.read_text(encoding="utf-8"), stem, form_file.name)
    file = folder / f"{stem}.toml"
    if file.is_symlink() or not file.is_file():
        return form.read(None)
    with file.open("rb") as opened:
        return form.read(opened.read(MAX_BYTES + 1))
