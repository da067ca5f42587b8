"""Test what a student reads in a terminal: hints one by one, a page with closed folds, each fold, and walls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from selection import first_of_each

from grader.editions.hints import Hint, hints_page
from tests.checks.student import FACTS, python

HINTS = {
    "add": (Hint("What is 1 + 1?", 1), Hint("def add(a, b):\n    a + b", 2, keeps_lines=True)),
    "Tensor.sum": (Hint("one call", 1),),
    "Tensor.forward": (Hint("of tensor", 1),),
}
PAGE = """\
# Tensor

## The idea

Compute it first: 1 + 1.

<details><summary>Compare with yours</summary>

Two.
</details>

## Check yourself

1. **Find the error.** *"1 + 1 is 3, since it rhymes with nothing at all in the whole wide world."*
   <details><summary>Answer</summary>It is two: $1 + 1$.
   Both lines belong to it.</details>
2. Again?
   <details><summary>Answer</summary>Still two.</details>
"""


@pytest.fixture
def repo(repo: Path) -> Path:
    """Add a second module, the hints of both, a page with folded parts, and walls."""
    modules = {**FACTS["modules"], "03_activations": {}}
    files = {
        ".tinytorch.json": json.dumps({**FACTS, "modules": modules}),
        "modules/02_tensor/HINTS.md": hints_page("02_tensor", HINTS),
        "modules/03_activations/HINTS.md": hints_page("03_activations", {"Tensor.forward": (Hint("of relu", 1),)}),
        "modules/02_tensor/README.md": PAGE,
        "modules/03_activations/README.md": "# Nothing is folded here.\n",
        "modules/03_activations/wall.py": "from milestones.report import expect\nfrom tinytorch.tensor import add\n\n"
        'expect("How much?")\nprint("1 + 1 is", add(1, 1))\nraise SystemExit(add(1, 1))\n',
    }
    for path, text in files.items():
        (repo / path).parent.mkdir(parents=True, exist_ok=True)
        (repo / path).write_text(text, encoding="utf-8")
    return repo


def told(repo: Path, *words: str, **extra: str) -> str:
    done = python(repo, "-S", "run.py", *words, **extra)  # a Python without packages, as before the set-up
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refused(repo: Path, *words: str) -> str:
    done = python(repo, "run.py", *words)
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


def test_each_call_shows_one_hint_more_until_there_are_no_more(repo: Path) -> None:
    first = "Hint 1 of 2 for add (02_tensor)\n\nWhat is 1 + 1?\n\n"
    second = "Hint 2 of 2 for add (02_tensor)\n\ndef add(a, b):\n    a + b\n\n"
    assert told(repo, "hint", "add") == first + "The same command shows the next hint.\n"
    assert told(repo, "hint", "Tensor.sum").startswith("Hint 1 of 1 for Tensor.sum")
    for _ in range(2):
        assert told(repo, "hint", "add") == first + second + "There are no more hints for it.\n"


def test_what_was_given_is_remembered_in_a_file_that_git_ignores(repo: Path) -> None:
    told(repo, "hint", "add")
    assert (repo / "build/hints_given.txt").read_text() == "02_tensor add\n"
    assert "build/" in (repo / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize(
    ("name", "near"),
    first_of_each([("ad", "add"), ("Tensor.sun", "Tensor.sum"), ("tensor.Sum", "Tensor.sum"), ("sum", "Tensor.sum")]),
)
def test_an_unknown_function_gets_the_nearest_name(repo: Path, name: str, near: str) -> None:
    assert f"There are no hints for {name!r}. Did you mean {near}" in refused(repo, "hint", name)


def test_a_name_that_is_near_to_none_gets_the_list_of_functions(repo: Path) -> None:
    assert "  02_tensor: add, Tensor.sum, Tensor.forward\n  03_activations: Tensor.forward\n" in refused(
        repo, "hint", "x"
    )
    assert "Which function? For example: make hint FUNCTION=softmax" in refused(repo, "hint")


def test_a_function_of_two_modules_needs_the_module(repo: Path) -> None:
    assert refused(repo, "hint", "Tensor.forward") == (
        "2 modules have hints for Tensor.forward. Which one?\n"
        "  make hint FUNCTION=Tensor.forward MODULE=02_tensor\n"
        "  make hint FUNCTION=Tensor.forward MODULE=03_activations\n"
    )
    assert "of relu" in told(repo, "hint", "Tensor.forward", "activations")
    assert "of tensor" in told(repo, "hint", "Tensor.forward", "2")


def test_a_page_is_read_with_its_folds_closed(repo: Path) -> None:
    page = told(repo, "read", "tensor")
    assert "Compute it first: 1 + 1.\n\n[folded part 1: Compare with yours]\n\n## Check yourself\n" in page
    assert 'world."*\n   [folded part 2: Answer]\n2. Again?\n   [folded part 3: Answer]\n' in page
    assert page.endswith("To show folded part 1: make unfold MODULE=02_tensor PART=1\n")
    assert "wo." not in page
    assert "wo:" not in page


def test_folded_parts_are_listed_under_their_headings_with_the_words_before_them(repo: Path) -> None:
    assert told(repo, "unfold", "tensor") == (
        "Folded parts of 02_tensor. To show part 1: make unfold MODULE=02_tensor PART=1\n"
        "\nThe idea\n"
        "    1  Compare with yours        Compute it first: 1 + 1.\n"
        "\nCheck yourself\n"
        '    2  Answer                    1. Find the error. "1 + 1 is 3, since it rhymes with …\n'
        "    3  Answer                    2. Again?\n"
    )


def test_one_folded_part_is_shown_and_no_other(repo: Path) -> None:
    assert told(repo, "unfold", "2", "2") == (
        'Check yourself: 1. Find the error. "1 + 1 is 3, since it rhymes with …\n'
        "Answer\n\nIt is two: $1 + 1$.\nBoth lines belong to it.\n"
    )
    assert "02_tensor has no folded part '4'. It has parts 1 to 3." in refused(repo, "unfold", "tensor", "4")
    assert "The page of 03_activations has no folded parts." in refused(repo, "unfold", "3")


def test_a_terminal_that_lacks_letters_shows_something_in_their_place(repo: Path) -> None:
    (repo / "modules/02_tensor/README.md").write_text("β ≥ 1\n", encoding="utf-8")
    assert told(repo, "read", "tensor", PYTHONIOENCODING="ascii") == "? ? 1\n\n"


def test_a_wall_runs_on_the_students_own_framework_and_returns_its_status(repo: Path) -> None:
    done = python(repo, "run.py", "wall", "activations")
    assert (done.returncode, done.stdout) == (2, "\nHow much?\n1 + 1 is 2\n")


def test_a_wall_names_the_function_that_it_needs_in_one_line(repo: Path) -> None:
    stub = 'def add(a, b):\n    raise NotImplementedError("add: not written yet. For a hint: make hint FUNCTION=add")\n'
    (repo / "tinytorch/tensor.py").write_text(stub)
    done = python(repo, "run.py", "wall", "3")
    assert done.returncode == 2
    assert done.stderr == (
        "The wall of 03_activations needs add of tinytorch/tensor.py, which is not written yet. Write it first.\n"
    )
    (repo / "tinytorch/tensor.py").unlink()
    assert python(repo, "run.py", "wall", "3").stderr.startswith(
        "The wall of 03_activations needs tinytorch/tensor.py, which is not here. Merge the open pull request"
    )


def test_an_error_in_the_students_code_under_a_wall_is_an_ordinary_traceback(repo: Path) -> None:
    (repo / "tinytorch/tensor.py").write_text("def add(a, b):\n    return a + c\n")
    done = python(repo, "run.py", "wall", "3")
    assert done.returncode == 1
    assert 'tinytorch/tensor.py", line 2, in add' in done.stderr
    assert "NameError: name 'c' is not defined" in done.stderr


@pytest.mark.parametrize("verb", first_of_each(["wall", "read", "unfold", "check"]))
def test_a_module_that_is_not_there_gets_the_nearest_name(repo: Path, verb: str) -> None:
    assert (
        "There is no module 'tenser' in this repository. Did you mean 02_tensor? You have: 02_tensor, 03_"
        in refused(repo, verb, "tenser")
    )


def test_a_module_without_a_wall_names_those_that_have_one(repo: Path) -> None:
    assert refused(repo, "wall", "tensor") == "02_tensor has no wall. Modules with a wall: 03_activations.\n"
    assert refused(repo, "wall") == "Which module? You have: 02_tensor, 03_activations.\n"
