"""Test the reports in the terminal, the badges, and the writing of files."""

from __future__ import annotations

import os
import stat
import threading
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from gradebook.making import DUE, check, course, module, record, worth
from rich.console import Console, RenderableType

from grader.course import Badges, Milestone
from grader.files import write_atomic
from grader.gradebook.entries import Entry, Kind
from grader.gradebook.scores import Score, Standing
from grader.grading.record import IgnoredFile, Outcome, Visibility
from grader.reports.badges import badge, badges_of, capability_badge, milestone_badge, module_badge
from grader.reports.redact import Audience
from grader.reports.summary import summary_line
from grader.reports.terminal import MARKS, ClassTable, record_panel
from reports.hostile import HOSTILE
from reports.test_clean import is_plain
from reports.test_markdown import hostile_record


def printed(shown: RenderableType, width: int = 120) -> str:
    console = Console(file=StringIO(), width=width)
    console.print(shown)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_the_panel_says_level_ignored_files_and_both_counts() -> None:
    graded = record(
        check("a"),
        check("b", Outcome.FAILED, visibility=Visibility.HIDDEN),
        ignored=(IgnoredFile(path="tinytorch/conftest.py", reason="never taken"),),
    )
    shown = printed(record_panel(graded, Audience.STUDENT))
    for said in ("10 / 20 points", "Public checks 1/1, hidden 0/1", "level 3", "tinytorch/conftest.py (never taken)"):
        assert said in shown
    assert shown.isascii()


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_cannot_colour_or_command_the_terminal(text: str, audience: Audience) -> None:
    graded = hostile_record(text)
    assert is_plain(printed(record_panel(graded, audience)))
    assert is_plain(summary_line(graded, audience))
    assert "\n" not in summary_line(graded, audience)


def test_rich_markup_of_a_submission_is_shown_as_text() -> None:
    failed = check("a", Outcome.FAILED, message="[bold]x[/bold] [/] [link=http://evil.example]y")
    assert "[bold]x[/bold] [/] [link=http://evil.example]y" in printed(record_panel(record(failed), Audience.STUDENT))


def test_the_summary_says_when_there_is_no_score() -> None:
    assert "NOT COMPLETE, no score" in summary_line(record(complete=False))
    assert "45 / 60 points" in summary_line(worth(45))


def test_the_class_table_marks_pending_late_and_overridden_scores() -> None:
    override = Entry(kind=Kind.OVERRIDE, student="a", module="tensor", at=DUE, author="grace", reason="oral", points=50)
    scores = {
        "setup": Score(module="setup", points=None, max_points=20, pending=True),
        "tensor": Score(module="tensor", points=50, max_points=60, penalty_percent=10, override=override),
        "activations": None,
    }
    standing = Standing("ada", None, scores, ("Tensors", "Networks", "Losses"), 50, 120, ("XOR 1969", "MLP 1986"))
    shown = printed(ClassTable([standing], course()))
    for said in ("?*", "50L!", "50/120", " 3 ", " 2 "):
        assert said in shown


@pytest.mark.parametrize(("number", "tables"), [(7, 1), (20, 3)])
def test_the_class_table_reads_well_at_80_columns(number: int, tables: int) -> None:
    term = course(*(module(at, f"part{at}", 60) for at in range(1, number + 1)))
    scores = {it.stem: Score(module=it.stem, points=60, max_points=60) for it in term.written}
    standing = Standing("lovelace", None, scores, ("Tensors",) * number, 60 * number, 60 * number)
    lines = printed(ClassTable([standing], term), width=80).splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    heads, cells = rows[::2], rows[1::2]
    assert len(heads) == tables
    assert [name for head in heads for name in head[1:]] == [
        *(f"{at:02d}" for at in range(1, number + 1)), "Total", "Cap.", "Mil.",
    ]  # fmt: skip
    assert [cell for line in cells for cell in line[1:]] == ["60"] * number + [
        f"{60 * number}/{60 * number}",
        str(number),
        "0",
    ]
    assert {line[0] for line in cells} == {"lovelace"}
    assert lines[-2:] == MARKS.splitlines()


SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_badge_is_well_formed_for_any_text(text: str) -> None:
    root = ElementTree.fromstring(badge(text, text, "#2e7d32"))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg",
        "title",
        "clipPath",
        "rect",
        "g",
        "text",
    }
    assert root.get("role") == "img"
    assert root.get("aria-label") == root.findtext(f"{SVG}title")


@pytest.mark.parametrize("colour", ["red", "#12345", '#123456"/><script>', ""])
def test_a_badge_refuses_a_colour_that_is_not_rrggbb(colour: str) -> None:
    with pytest.raises(ValueError, match="write it as #rrggbb"):
        badge("a", "b", colour)


@pytest.mark.parametrize(
    ("score", "says", "colour"),
    [
        (None, "not handed in", Badges().missing),
        (Score(module="x", points=None, max_points=60, pending=True), "pending", Badges().missing),
        (Score(module="x", points=0, max_points=60), "0/60", Badges().missing),
        (Score(module="x", points=59, max_points=60), "59/60", Badges().partial),
        (Score(module="x", points=60, max_points=60), "60/60", Badges().earned),
        (Score(module="x", points=60, max_points=60, pending=True), "60/60 (pending)", Badges().earned),
    ],
)
def test_a_module_badge_says_the_score(score: Score | None, says: str, colour: str) -> None:
    shown = module_badge(module(2, "tensor", 60), score, Badges())
    assert f"<title>02 Tensor: {says}</title>" in shown
    assert f'fill="{colour}"' in shown


def test_a_capability_badge_is_coloured_once_earned() -> None:
    assert "#2e7d32" in capability_badge("Tensors", True)
    assert "#2e7d32" not in capability_badge("Tensors", False)


def test_a_milestone_badge_is_coloured_once_met() -> None:
    met, to_meet = milestone_badge("XOR 1969", True, Badges()), milestone_badge("XOR 1969", False, Badges())
    assert "<title>milestone: XOR 1969</title>" in met
    assert "<title>to meet: XOR 1969</title>" in to_meet
    assert f'fill="{Badges().earned}"' in met
    assert f'fill="{Badges().earned}"' not in to_meet


def test_a_module_with_a_milestone_has_three_badges() -> None:
    losses = module(3, "losses", 40, milestone=Milestone(name="xor_1969", title="XOR 1969", embedded="all four"))
    shown = badges_of(losses, Score(module=losses.stem, points=30, max_points=40, capability=True))
    assert list(shown) == ["losses.svg", "capability_losses.svg", "milestone_xor_1969.svg"]
    says = [svg.partition("<title>")[2].partition("</title>")[0] for svg in shown.values()]
    assert says == ["03 Losses: 30/40", "earned: " + losses.capability.name, "to meet: XOR 1969"]
    assert list(badges_of(module(2, "tensor", 60), None)) == ["tensor.svg", "capability_tensor.svg"]


def test_writing_replaces_the_whole_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    write_atomic(path, "first\r\nline, a longer one")
    write_atomic(path, "zwölf\n")
    assert path.read_bytes() == "zwölf\n".encode()
    write_atomic(path, b"\x00\xff")
    assert path.read_bytes() == b"\x00\xff"
    assert list(path.parent.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600


def test_a_failed_write_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_atomic(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, "\ud800")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        write_atomic(tmp_path / "folder", "x")
    assert sorted(os.listdir(tmp_path)) == ["file.txt", "folder"]
    assert path.read_text() == "old"


def test_readers_never_see_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    wholes = {letter * 100_000 for letter in "ab"}
    write_atomic(path, "a" * 100_000)
    writer = threading.Thread(target=lambda: [write_atomic(path, whole) for _ in range(50) for whole in wholes])
    writer.start()
    while writer.is_alive():
        assert path.read_text() in wholes
    writer.join()
