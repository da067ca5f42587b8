"""Test that a check stays withdrawn if other parts of the suite change, and that commands ask if the check itself changes."""

from __future__ import annotations

import re

import pytest
from command import cells, refused, run, said

from tests.faults.world import World, build

BY = ("--by", "grace", "--reason", "asks for too much")
SQUARE = "assert_close(square(x), x * x)"
LOSES = "  half  trial  10 -> 6  (-4)"


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Collect two students once. `half` has 6 of 10 points because of test_square."""
    made = build(tmp_path_factory.mktemp("world"), ["all", "half"], ["trial"])
    made.fresh(made.checkout / ".grader")
    said(made.checkout, "collect")
    return made.keep()


@pytest.fixture
def world(collected: World) -> World:
    return collected.put_back()


def withdraw(world: World) -> str:
    """Return the decision's id."""
    shown = said(world.checkout, "decide", "withdraw", "1", "test_square", *BY)
    assert "  half  trial  6 -> 10  (+4)" in shown
    return shown.split()[0]


def edit(world: World, old: str, new: str) -> None:
    suite = world.checkout / "solutions" / "01_trial" / "test_trial.py"
    assert old in suite.read_text()
    suite.write_text(suite.read_text().replace(old, new))


def points(world: World, student: str = "half") -> str:
    return cells(said(world.checkout, "report"))[student][0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("assert_close(double(x), 2 * x)", "assert_close(double(x), x + x)"),
        ('"""Squares arrays of random numbers."""', '"""Squares arrays of any numbers."""'),
        ('CANARY = "', 'ANOTHER = 1\n\nCANARY = "'),
    ],
    ids=["another check", "its sentence", "a new definition"],
)
def test_a_check_stays_withdrawn_when_other_parts_of_the_suite_change(world: World, old: str, new: str) -> None:
    withdraw(world)
    edit(world, old, new)
    said(world.checkout, "collect")
    assert points(world) == "10+"
    edit(world, "number + 1.0)\n", "1.0 + number)\n")
    told = run(world.checkout, "collect")
    assert (told.returncode, "test_square stays withdrawn" in told.stderr) == (0, True)
    assert points(world) == "10+", "through two suites"
    assert "carry" not in said(world.checkout, "decide", "list")


def test_commands_that_would_change_scores_are_refused_when_the_check_itself_has_changed(world: World) -> None:
    number = withdraw(world)
    edit(world, SQUARE, "assert_close(square(x), x**2)")
    for verb in (["collect"], ["regrade", "1"], ["regrade", "1", "--dry-run"], ["plan"]):
        told = refused(world.checkout, *verb)
        assert f"test_square is withdrawn (decision {number} by grace: asks for too much)" in told
        assert f"grader decide carry {number} --by NAME" in told
        assert f"grader decide end {number} --by NAME" in told
        assert LOSES in told
        assert "all  trial" not in told
    assert points(world) == "10+", "nothing has been graded by the new suite"
    assert f"`grader decide carry {number}` or `end`" in said(world.checkout, "decide", "list")


def test_a_carried_withdrawal_also_holds_in_the_new_suite(world: World) -> None:
    number = withdraw(world)
    edit(world, SQUARE, "assert_close(square(x), x**2)")
    said(world.checkout, "decide", "carry", number, *BY)
    said(world.checkout, "collect")
    assert points(world) == "10+"
    edit(world, "assert_close(double(x), 2 * x)", "assert_close(double(x), x + x)")
    said(world.checkout, "collect")
    assert points(world) == "10+", "and in the next one with the same check"


def test_an_ended_withdrawal_does_not_hold_for_grades_of_the_new_suite(world: World) -> None:
    number = withdraw(world)
    edit(world, SQUARE, "assert_close(square(x), x**2)")
    assert "dry run" in said(world.checkout, "decide", "end", number, "--dry-run", *BY)
    refused(world.checkout, "collect")
    said(world.checkout, "decide", "end", number, *BY)
    assert points(world) == "10+", "what was graded before keeps its points"
    assert "  half  trial  10 -> 6  (-4)" in said(world.checkout, "regrade", "1")
    assert points(world) == "6"
    assert "nothing to settle" in refused(world.checkout, "decide", "carry", number, *BY)


def test_code_that_the_check_uses_is_part_of_the_check(world: World) -> None:
    """A wrong oracle is mended beside the check that calls it."""
    edit(world, SQUARE, "assert_close(square(x), oracle(x))")
    edit(world, '@check("square squares"', 'def oracle(x):\n    return x * x\n\n\n@check("square squares"')
    said(world.checkout, "collect")
    withdraw(world)
    edit(world, "def oracle(x):\n    return x * x", "def oracle(x):\n    return x**2")
    assert LOSES in refused(world.checkout, "collect")


def test_a_check_with_a_new_name_is_asked_about(world: World) -> None:
    number = withdraw(world)
    edit(world, "def test_square(", "def test_squares(")
    told = refused(world.checkout, "collect")
    assert "is gone, or has another name" in told
    assert LOSES in told
    assert "give the new name of the check" in refused(world.checkout, "decide", "carry", number, *BY)
    assert "no check 'test_sq'" in refused(world.checkout, "decide", "carry", number, "--check", "test_sq", *BY)
    said(world.checkout, "decide", "carry", number, "--check", "test_squares", *BY)
    said(world.checkout, "collect")
    assert points(world) == "10+"
    edit(world, "assert_close(double(x), 2 * x)", "assert_close(double(x), x + x)")
    said(world.checkout, "collect")
    assert points(world) == "10+"


def test_if_two_checks_swap_their_names_nobody_gets_the_points_of_the_other_check(world: World) -> None:
    """`half` fails both checks: one by its own fault, the other because the suite is wrong."""
    edit(world, "assert_close(double(x), 2 * x)", "assert_close(double(x), 3 * x)")
    said(world.checkout, "collect")
    assert points(world) == "3"
    shown = said(world.checkout, "decide", "withdraw", "1", "test_square", *BY)
    edit(world, "def test_square(", "def test_swap(")
    edit(world, "def test_double(", "def test_square(")
    edit(world, "def test_swap(", "def test_double(")
    said(world.checkout, "decide", "carry", shown.split()[0], "--check", "test_double", *BY)
    said(world.checkout, "collect")
    assert points(world) == "7+"


def test_a_withdrawal_without_code_raises_a_question_as_soon_as_the_suite_has_changed(world: World) -> None:
    """Such a file names only the digest of the suite."""
    withdraw(world)
    file = world.checkout / ".grader" / "decisions.yaml"
    file.write_text(re.sub(r"  code: \w+\n", "", file.read_text()))
    for known in (world.checkout / ".grader" / "suites").rglob("*.json"):
        known.unlink()
    assert points(world) == "10+"
    edit(world, "assert_close(double(x), 2 * x)", "assert_close(double(x), x + x)")
    assert LOSES in refused(world.checkout, "collect")


def test_records_that_a_changed_suite_made_elsewhere_change_no_score_without_a_message(world: World) -> None:
    """This happens if the state is fetched from a machine that did not have the decision."""
    withdraw(world)
    file = world.checkout / ".grader" / "decisions.yaml"
    text = file.read_text()
    file.unlink()
    edit(world, SQUARE, "assert_close(square(x), x**2)")
    said(world.checkout, "collect")
    file.write_text(text)
    (world.checkout / "table.csv").unlink(missing_ok=True)
    for verb in (["report"], ["publish"], ["publish", "--dry-run"], ["export", "csv"]):
        assert "test_square is withdrawn" in refused(world.checkout, *verb)


@pytest.mark.parametrize(
    ("verb", "change"),
    [
        (["withdraw", "1", "test_square"], "  half  trial  6 -> 10  (+4)"),
        (["override", "half", "1", "--points", "8"], "  half  trial  6 -> 8  (+2)"),
        (["excuse", "half", "1"], "  half  trial  6 -> -  (-6)"),
    ],
)
def test_a_dry_run_of_a_decision_shows_whose_score_changes_and_writes_nothing(
    world: World, verb: list[str], change: str
) -> None:
    shown = said(world.checkout, "decide", *verb, "--dry-run", *BY)
    assert change in shown
    assert "1 student changes" in shown
    assert not (world.checkout / ".grader" / "decisions.yaml").exists()
    assert points(world) == "6"
    assert change in said(world.checkout, "decide", *verb, *BY)
    assert points(world) != "6"


def test_if_a_suite_is_put_back_to_its_earlier_text_its_grades_count_again(world: World) -> None:
    """Its records exist already, and are older than those of the newer text."""
    wrong = "assert_close(double(x), 3 * x)"
    edit(world, "assert_close(double(x), 2 * x)", wrong)
    said(world.checkout, "collect")
    assert (points(world, "all"), points(world)) == ("7", "3")
    edit(world, wrong, "assert_close(double(x), 2 * x)")
    said(world.checkout, "collect")
    assert (points(world, "all"), points(world)) == ("10", "6")
    said(world.checkout, "regrade", "1")
    assert (points(world, "all"), points(world)) == ("10", "6")
