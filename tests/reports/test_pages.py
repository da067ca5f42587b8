"""Test pages: tags match, nothing is fetched, and text of a submission or a pseudonym adds no markup."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from gradebook.making import check, course, module, record, worth

from grader.course.model import Milestone
from grader.gradebook.scores import Score, Standing
from grader.grading.record import Outcome
from grader.reports import html, markdown
from grader.reports.site import leaderboard, leaderboard_page
from reports.hostile import HOSTILE
from reports.test_markdown import hostile_record

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """Collect the tags, links and headings of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.problems: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)
        self.close()
        self.problems += self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}>")

    def shape(self) -> list[str]:
        return [tag for tag, _ in self.tags]


def assert_closed(source: str) -> Page:
    """Assert that tags match, and that the page fetches nothing and has no handler and no style but its own."""
    page = Page(source)
    assert page.problems == []
    for tag, attributes in page.tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form")
        assert not {"src", "href", "style", "srcset", "action"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
    outside = re.sub(r"<pre.*?</pre>|<code.*?</code>|<li>.*?</li>|<span.*?</span>", "", source, flags=re.DOTALL)
    assert not re.search(r"url\(|@import|(?<!evil)\.example/", outside)
    assert page.tags[0] == ("html", {"lang": "en"})
    levels = [int(tag[1]) for tag in page.shape() if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in page.tags if tag == "th")
    assert "default-src 'none'" in source
    return page


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_makes_no_tag(text: str) -> None:
    expected = assert_closed(html.for_staff(hostile_record("harmless"))).shape()
    assert assert_closed(html.for_staff(hostile_record(text))).shape() == expected
    student = assert_closed(html.for_student(hostile_record("harmless"))).shape()
    assert assert_closed(html.for_student(hostile_record(text))).shape() == student


def test_the_staff_page_shows_history_with_a_line_of_points() -> None:
    past = [worth(points, commit=f"{points:040d}") for points in (45, 30, 10)]
    source = html.for_staff(past[0], past)
    assert_closed(source)
    assert 'aria-label="Points over 3 gradings, from 10 to 45"' in source
    assert source.count('aria-current="true"') == 1


def test_staff_see_all_failed_checks_open_and_a_student_the_first() -> None:
    outcomes = (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.FAILED)
    graded = record(*(check(f"test_{at}", outcome) for at, outcome in enumerate(outcomes)))
    assert opened(html.for_staff(graded)) == [False, True, False, True]
    assert opened(html.for_student(graded)) == [False, True, False, False]


def opened(source: str) -> list[bool]:
    """Return for each check whether it is open."""
    return ["open" in attributes for tag, attributes in Page(source).tags if tag == "details"]


def test_staff_see_the_whole_id_of_the_commit() -> None:
    assert record().commit in html.for_staff(record())
    assert record().commit in markdown.for_staff(record())


def test_a_record_without_checks_or_files_gives_a_complete_page() -> None:
    empty = record().model_copy(update={"checks": (), "points": 0, "max_points": 0})
    assert "No file of this submission was graded." in html.for_staff(empty, [empty])
    assert_closed(html.for_staff(empty, [empty]))


def standing(student: str, pseudonym: str | None, points: int | None = 30, **facts: object) -> Standing:
    score = None if points is None else Score(module="tensor", points=points, max_points=60, **facts)
    return Standing(student, pseudonym, {"tensor": score}, (), points or 0, 60)


TERM = course(module(2, "tensor", 60))


def test_only_students_who_chose_a_pseudonym_are_on_the_board() -> None:
    people = [standing(f"login-{at}", "Countess" if at == 3 else None, points=20 + at) for at in range(9)]
    source = leaderboard_page(TERM, people)
    assert "login-" not in source
    assert "And 8 who are not shown" in source
    assert source.count('scope="row"') == 1
    assert 'data-label="02"' in source, "a narrow screen shows this label beside the number, instead of columns"
    assert "Countess" in source


def test_ranks_count_only_students_shown_and_ties_share_a_rank() -> None:
    people = [standing("a", None, 60), standing("b", "Bea", 50), standing("c", "Cyd", 50), standing("d", "Dot", 40)]
    source = leaderboard_page(TERM, people)
    assert re.findall(r'class="rank number" data-sort="(\d)"', source) == ["1", "1", "3"]


@pytest.mark.parametrize("pseudonym", ["", "   ", "\u202e\u200b", "LOGIN-2"])
def test_an_empty_pseudonym_or_somebody_elses_id_is_not_shown(pseudonym: str) -> None:
    source = leaderboard_page(TERM, [standing("login-1", pseudonym), standing("login-2", None)])
    assert "There are 2 who are not shown" in source
    assert "login-2" not in source.lower()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_pseudonym_is_only_a_name(text: str) -> None:
    expected = assert_closed(leaderboard_page(TERM, [standing("a", "harmless")])).shape()
    assert assert_closed(leaderboard_page(TERM, [standing("a", "x" + text)])).shape() == expected


@pytest.mark.parametrize(
    ("shown", "unshown", "published"), [(4, 0, False), (5, 0, True), (9, 1, False), (9, 2, False), (9, 3, True)]
)
def test_statistics_are_shown_only_when_no_result_can_be_found_by_subtraction(
    shown: int, unshown: int, published: bool
) -> None:
    people = [standing(f"s{at}", f"Name {at}", 40) for at in range(shown)]
    people += [standing(f"u{at}", None, 13) for at in range(unshown)]
    assert ("Median" in leaderboard_page(TERM, people)) is published


def test_statistics_leave_out_modules_that_are_not_graded() -> None:
    people = [standing(f"s{at}", f"Name {at}", points) for at, points in enumerate([0, 30, 30, 59, 60, None])]
    source = leaderboard_page(TERM, people)
    assert 'Median <strong class="points">30</strong> of 60 points, 5 students' in source
    assert "0 to 6 points: 1; 30 to 36 points: 2; 54 to 60 points: 2" in source


def test_the_board_counts_milestones_if_the_course_has_any() -> None:
    milestone = Milestone(name="xor_1969", title="XOR 1969", embedded="every seed")
    with_one = course(module(2, "tensor", 60, milestone=milestone))
    source = leaderboard_page(with_one, [standing("a", "Ada", milestone=True), standing("b", "Bea")])
    assert '<td class="cell" data-label="Milestones" title="XOR 1969">1</td>' in source
    assert '<td class="cell" data-label="Milestones">0</td>' in source
    assert "Milestones" not in leaderboard_page(TERM, [standing("a", "Ada")])
    assert_closed(source)


def test_the_leaderboard_has_the_same_bytes_when_it_is_written_twice(tmp_path: Path) -> None:
    people = [standing("a", "Ada", pending=True, capability=True)]
    first = leaderboard(TERM, people, tmp_path / "site").read_bytes()
    assert leaderboard(TERM, people, tmp_path / "site").read_bytes() == first
    assert [path.name for path in (tmp_path / "site").iterdir()] == ["index.html"]
    assert "with capability Tensors" in first.decode()
    assert "waits to be graded again" in first.decode()
    assert_closed(first.decode())


def test_an_empty_board_is_a_complete_page() -> None:
    assert "Nobody is on the board yet." in leaderboard_page(TERM, [])
    assert_closed(leaderboard_page(TERM, []))
