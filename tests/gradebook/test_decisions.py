"""Test the file of decisions: entries come back exactly as they were written, and existing text never changes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.gradebook.decisions import DecisionError, Decisions, parse, read_decisions
from grader.gradebook.entries import Entry, Kind, in_force

AT = datetime(2027, 2, 1, 10, tzinfo=UTC)
FILE = Path("decisions.yaml")
PRINTABLE = st.characters(exclude_categories=["C", "Z"], include_characters=" ")
TEXT = st.text(PRINTABLE, min_size=1, max_size=60).filter(str.strip)


def excused(student: str = "ada", reason: str = "ill", author: str = "grace") -> Entry:
    return Entry(kind=Kind.EXCUSED, student=student, module="tensor", at=AT, author=author, reason=reason)


@given(reasons=st.lists(TEXT, min_size=1, max_size=4), author=TEXT)
def test_any_reason_and_author_come_back_as_they_were_written(reasons: list[str], author: str) -> None:
    entries = tuple(excused(f"s{n}", reason, author) for n, reason in enumerate(reasons))
    decisions = Decisions(FILE).with_entries(entries)
    assert parse(decisions.text, FILE).entries == entries


@given(before=st.lists(TEXT, max_size=3), gone=st.sets(st.integers(0, 2)))
def test_removing_students_leaves_the_other_decisions_unchanged(before: list[str], gone: set[int]) -> None:
    entries = tuple(excused(f"s{n}", reason) for n, reason in enumerate(before))
    decisions = Decisions(FILE).with_entries(entries) if entries else Decisions(FILE)
    for number in gone:
        decisions = decisions.without_student(f"s{number}")
    assert decisions.entries == tuple(it for n, it in enumerate(entries) if n not in gone)


@pytest.mark.parametrize("reason", ["\x85", " \n", "a\x07b", "a\u202eb", "\ud800"])
def test_a_reason_must_be_printable_text(reason: str) -> None:
    with pytest.raises(ValueError):
        excused(reason=reason)


def test_a_comment_stays_with_its_decision() -> None:
    written = "- {{kind: excused, student: {0}, module: tensor, at: 2027-02-01T10:00:00Z, author: g, reason: ill}}  # on {0}\n"
    text = "# ours\n" + written.format("ada") + "# more on ada\n" + written.format("ben")
    left = parse(text, FILE).without_student("ada").text
    assert "# ours" in left
    assert "on ben" in left
    assert "ada" not in left


def test_a_list_below_which_no_entry_can_be_added_is_refused_and_unchanged() -> None:
    flow = "[{kind: excused, student: ada, module: tensor, at: 2027-02-01T10:00:00Z, author: g, reason: ill}]\n"
    with pytest.raises(DecisionError, match=r"decisions\.yaml:"):
        parse(flow, FILE).with_entries([excused("ben")])


def test_a_missing_file_and_an_empty_file_hold_no_decisions(tmp_path: Path) -> None:
    assert read_decisions(tmp_path / "decisions.yaml").entries == ()
    (tmp_path / "decisions.yaml").write_text("# nothing yet\n")
    assert read_decisions(tmp_path / "decisions.yaml").entries == ()


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "decisions.yaml").write_bytes(b"- reason: \xff\n")
    with pytest.raises(DecisionError, match="not UTF-8"):
        read_decisions(tmp_path / "decisions.yaml")


def test_an_edited_decision_has_another_id() -> None:
    assert excused().id != excused(reason="travel").id
    assert excused().id == excused().id
    revoked = Entry(kind=Kind.REVOCATION, revokes=excused().id, at=AT, author="g", reason="no")
    assert in_force([excused(), revoked]) == []
    assert in_force([excused(reason="travel"), revoked]) == [excused(reason="travel")]
