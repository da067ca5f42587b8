"""Test Markdown for GitHub: text of a submission stays inside its fence."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from gradebook.making import check, record
from markdown_it import MarkdownIt

from grader.grading.record import CheckResult, IgnoredFile, Outcome, Record
from grader.reports import markdown
from grader.reports.clean import plain
from reports.hostile import HOSTILE

PARSER = MarkdownIt("gfm-like", {"linkify": False, "html": True})


def hostile_record(text: str) -> Record:
    """Make a record with `text` in every field that a submission can influence."""
    bad = check("test_x", Outcome.FAILED, exception="x").model_copy(
        update={"exception": text[:5000], "message": text, "detail": text, "output": text}
    )
    ignored = (IgnoredFile.model_construct(path=text[:5000], reason=text[:5000]),)
    whole = record(check("test_before"), bad, check("test_after"))
    return whole.model_copy(update={"ignored": ignored, "warnings": (text[:5000],), "repo": text[:5000]})


class Tags(HTMLParser):
    """Collect the tags that GitHub would render, and the tags that do not match."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.problems: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(tag)


@pytest.mark.parametrize("show", [markdown.for_student, markdown.for_staff], ids=["student", "staff"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_makes_no_markup(text: str, show: object) -> None:
    source = show(hostile_record(text))  # type: ignore[operator]
    harmless = show(hostile_record("harmless"))  # type: ignore[operator]
    rendered, expected = Tags(PARSER.render(source)), Tags(PARSER.render(harmless))
    assert (rendered.problems, rendered.open) == ([], [])
    assert rendered.seen == expected.seen
    assert not any(line.lstrip().startswith("::") for line in source.splitlines())
    assert len(source.encode()) <= markdown.LIMIT
    rendered_prose = re.sub(r"<(code)\b.*?</\1>", "", PARSER.render(source), flags=re.DOTALL)
    assert not re.search(r"@\w", rendered_prose)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_can_end_its_fence_or_its_code_span(text: str) -> None:
    written = plain(text, 3000)
    (token,) = PARSER.parse(markdown.fence(written))
    assert (token.type, token.content) == ("fence", written + "\n")
    (_, inline, _) = PARSER.parse("x " + markdown.code(written))
    assert [child.type for child in inline.children or []] == ["text", "code_inline"]


def test_failures_that_do_not_fit_are_left_out_whole_and_the_report_says_so() -> None:
    checks = tuple(
        check(f"test_{at}", Outcome.FAILED, message="m" * 3000, detail="é`" * 3000, output="<" * 3000)
        for at in range(40)
    )
    source = markdown.for_staff(record(*checks))
    assert len(source.encode()) <= markdown.LIMIT
    assert source.endswith("staff have the complete report._\n")
    assert (Tags(PARSER.render(source)).problems, source.count("<details>")) == ([], source.count("</details>"))


def test_text_of_the_course_is_escaped() -> None:
    title = "*a* | <b> & `c` @everyone"
    rendered = PARSER.render(markdown.for_student(record(check(title=title))))
    assert "<td>*a* | &lt;b&gt; &amp; `c` @\u200beveryone</td>" in rendered


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_code_span_stays_in_its_table_cell(text: str) -> None:
    table = f"| a | b |\n| --- | --- |\n| {markdown.code(plain(text, 3000))} | end |\n"
    assert PARSER.render(table).count("<tr>") == 2
    assert "</code></td>\n<td>end</td>" in PARSER.render(table)


def test_the_counts_distinguish_public_from_hidden_checks() -> None:
    def one(name: str, outcome: Outcome, visibility: str) -> CheckResult:
        return check(name, outcome, visibility=visibility)

    graded = record(
        one("a", Outcome.PASSED, "public"),
        one("b", Outcome.FAILED, "public"),
        one("c", Outcome.PASSED, "hidden"),
        one("d", Outcome.PASSED, "after_due"),
        one("e", Outcome.FAILED, "hidden"),
    )
    assert "Public checks 1/2, hidden 2/3." in markdown.for_student(graded)


def test_an_incomplete_record_says_that_it_is_not_a_score() -> None:
    assert "It is not a score" in markdown.for_student(record(check(outcome=Outcome.ERROR)))
    assert "It is not a score" in markdown.for_student(record(complete=False))
