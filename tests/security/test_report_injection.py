"""Test that others read a student's text only as text: messages of git, the terminal, the pages and the comments."""

from __future__ import annotations

import html as entities
import re
from html.parser import HTMLParser
from io import StringIO

import pytest
from gradebook.making import check, record
from reports.hostile import HOSTILE
from reports.test_clean import is_plain
from rich.console import Console

from grader.classroom.posting import status_of
from grader.cli.printing import print_problems
from grader.grading.record import IgnoredFile, Outcome, Record
from grader.reports import data, html, markdown
from grader.reports.audience import Audience
from grader.reports.summary import summary_line
from grader.reports.terminal import record_panel
from grader.repository import RepositoryError, run

MORE = {
    "break out of the page": "\"'></title></style></head><base href=//evil><meta http-equiv=refresh content=0;url=//evil>",
    "an element that runs": "<svg/onload=alert(1)><a href=javascript:alert(1)>x</a><iframe srcdoc='<script>1</script>'>",
    "entities": "&lt;script&gt; &#60;img src=x&#62; &amp;lt;b&amp;gt; &#x202e;",
    "a comment that never ends": "<!-- <![CDATA[ <?php -->  --!>",
    "an image that tells": "![x](https://evil.example/pixel.png) [x]: https://evil.example",
    "a footnote and a task": "[^1]: x\n- [x] passed\n> [!NOTE]\n> 10 of 10",
    "mathematics": "$`\\href{javascript:alert(1)}{x}`$ $$\\unicode{x202e}$$",
    "a fence that closes": "`````text\n" + "~~~~\n" * 3 + "``````````\n</details>\n\n## 10 / 10 points",
    "an underline that makes a heading": "10 / 10 points\n===\n---\n",
    "commands after odd spaces": "\u00a0::error::x\n\u3000::warning::x\n\u2003##[group]x\n\u200b::notice::x\n\ufeff::debug::x",
    "commands after a bare return": "x\r::error::x\x0b::error::x\x1c::error::x\x85::error::x",
    "a terminal's answer": "\x1b[6n\x1bP$q\"p\x1b\\\x1b[>c\x9b6n\x05\x1b]52;c;ZXZpbA==\x07",
    "a terminal's screen": "\x1b[2J\x1b[H\x1b[?1049h\x1b#8\x0e\x8e\x1b(0",
    "half an escape": "\x1b",
    "letters without ink": "\u3164\u115f\u2800\ufe0f\U000e0100",
    "a line of marks": "a" + "\u0488\u20dd\u0e47" * 300,
}  # fmt: skip
SMALL = {name: text for name, text in HOSTILE.items() if len(text) < 10_000}


def graded(text: str) -> Record:
    """Return a record with `text` on its own lines in every field that a submission can influence."""
    text = f"before\n{text}\nafter"
    bad = check("test_x", Outcome.FAILED).model_copy(
        update={"exception": text, "message": text, "detail": text, "output": text}
    )
    whole = record(check("test_before"), bad)
    ignored = (IgnoredFile.model_construct(path=text, reason=text),)
    return whole.model_copy(update={"ignored": ignored, "warnings": (text,), "repo": text})


class Page(HTMLParser):
    """Collect tags with the names of their attributes, and the text, as a browser reads them."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.texts: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("text", (SMALL | MORE).values(), ids=SMALL | MORE)
def test_a_page_has_the_same_tags_with_and_without_hostile_text(text: str) -> None:
    for show in (html.for_staff, html.for_student):
        page, harmless = Page(show(graded(text))), Page(show(graded("harmless")))
        assert [one for one in page.tags if one != ("br", ())] == harmless.tags
        assert is_plain("".join(page.texts))


@pytest.mark.parametrize("text", MORE.values(), ids=MORE)
def test_hostile_text_stays_inside_its_place_in_a_comment_and_a_summary(text: str) -> None:
    parser = pytest.importorskip("markdown_it").MarkdownIt("gfm-like", {"linkify": False, "html": True})
    for show in (markdown.for_staff, markdown.for_student):
        source = show(graded(text))
        kinds = [tag for tag, _ in Page(parser.render(source)).tags]
        expected = [tag for tag, _ in Page(parser.render(show(graded("harmless")))).tags]
        assert kinds == expected
        assert is_plain(source.replace("@\u200b", "@ "))


@pytest.mark.parametrize("text", (SMALL | MORE).values(), ids=SMALL | MORE)
def test_the_terminal_shows_hostile_text_without_obeying_it(text: str) -> None:
    one = graded(text)
    for shown in (record_panel(one, Audience.STAFF), record_panel(one, Audience.STUDENT)):
        out = StringIO()
        Console(file=out, width=100, force_terminal=True, color_system="standard", legacy_windows=False).print(shown)
        without_ours = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
        assert is_plain(without_ours)
    for reader in Audience:
        assert is_plain(summary_line(one, reader))
        assert "\n" not in summary_line(one, reader)


@pytest.mark.parametrize("text", (SMALL | MORE).values(), ids=SMALL | MORE)
def test_the_json_report_is_ascii_and_its_texts_are_plain(text: str) -> None:
    for show in (data.for_staff_json, data.for_student_json):
        assert show(graded(text)).isascii()


@pytest.mark.parametrize("text", MORE.values(), ids=MORE)
def test_a_page_still_shows_the_visible_part_of_hostile_text(text: str) -> None:
    """Hostile text is made harmless but not removed, so that a TA can read what a submission tried."""
    visible = re.sub(r"[^a-z]+", " ", entities.unescape(html.for_staff(graded(text))))
    assert "before" in visible
    assert "after" in visible


def test_an_error_message_of_git_is_put_on_one_line(tmp_path: object) -> None:
    with pytest.raises(RepositoryError) as error:
        run(None, "ls-remote", "--", "/nowhere/\x1b[31m\n::error::owned\n\u202e\u009b2J")
    assert str(error.value).isprintable()
    assert not re.search(r"(?m)^\s*::", str(error.value))


def test_a_problem_of_one_student_is_printed_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_problems("problem", [f"eve: {text}" for text in MORE.values()])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(MORE)
    assert all(line.startswith("problem: eve:") and is_plain(line) for line in lines)


def test_a_status_holds_only_words_of_the_course_and_numbers() -> None:
    one = record(check("test_a", Outcome.FAILED, exception="x\n::error::", message="10/10"))
    assert status_of(one, "tensor").description == "0/10"
