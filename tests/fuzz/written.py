"""Define fuzz targets for texts and files: reports of hostile records, records as JSON, paths of submissions."""

from __future__ import annotations

import json
import random
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from io import StringIO
from itertools import cycle
from typing import Any
from xml.etree import ElementTree

from markdown_it import MarkdownIt
from pydantic import ValidationError
from rich.console import Console

from grader.gradebook.scores import Score, Standing
from grader.grading import submission as submissions
from grader.grading.record import IgnoredFile, Outcome, ReachedLevel, Record, SubmittedFile, Visibility
from grader.grading.store import RecordError, signed_record
from grader.reports import data as data_report
from grader.reports import html, markdown
from grader.reports.audience import Audience
from grader.reports.badges import badge
from grader.reports.clean import one_line, plain
from grader.reports.site import leaderboard_page
from grader.reports.summary import summary_line
from grader.reports.terminal import record_panel
from grader.repository import TreeEntry
from tests.gradebook.making import SECRET, check, course, module, record

SEPARATOR = b"\xf8"  # never part of UTF-8; it separates the texts of an input
HIDDEN = "an input of a hidden check"
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_OWN_HTML = re.compile(r"(</?details>|<details><summary>|</summary>|\s)*")
_COMMAND = re.compile(r"^\s*::|##\[", re.MULTILINE)


def texts(data: bytes) -> None:
    """Clean a text. The result has nothing invisible and no command, is never too long, and stays the same when cleaned again."""
    text = data.decode("utf-8", "surrogatepass" if _is_surrogates(data) else "surrogateescape")
    for limit in (20, 300, 4000):
        clean, line = plain(text, limit), one_line(text, limit)
        assert len(clean) <= limit
        assert len(line) <= limit
        assert "\n" not in line
        for written in (clean, line):
            _assert_plain(written)
            assert _COMMAND.search(written) is None, "a workflow command"
            written.encode()
    source = badge(text, text, "#123456")
    assert {element.tag for element in ElementTree.fromstring(source).iter()} <= _badge_tags()
    _assert_plain(source)


def reports(data: bytes) -> None:
    """Write pages, Markdown and JSON of a record whose every text is hostile: no markup, command or mention comes from it."""
    hostile = hostile_record(data)
    if hostile is None:
        return
    pages = [html.for_staff(hostile, [hostile, hostile]), html.for_student(hostile), _leaderboard(hostile)]
    for page in pages:
        _assert_page(page)
    for written in (markdown.for_student(hostile, past_due=True), markdown.for_staff(hostile)):
        _assert_markdown(written)
    for document in (data_report.for_staff_json(hostile), data_report.for_student_json(hostile)):
        json.loads(document)
        assert document.isascii()
        _assert_plain(document)
    for seen in (html.for_student(hostile), markdown.for_student(hostile), data_report.for_student_json(hostile)):
        assert HIDDEN not in seen or HIDDEN.encode() in data, "an input of a hidden check"


def terminal(data: bytes) -> None:
    """Show the same record on a terminal and in a log: no escape sequence, nothing invisible, no workflow command."""
    hostile = hostile_record(data)
    if hostile is None:
        return
    for printed in (*_printed(hostile), summary_line(hostile), summary_line(hostile, Audience.STAFF)):
        _assert_plain(printed)
        assert not any(line.lstrip().startswith("::") for line in printed.splitlines()), "a workflow command"


def records(data: bytes) -> None:
    """Read a record from outside. It is refused with one of two errors, or stays the same when written and read again.

    It is never signed.
    """
    text = data.decode("utf-8", "surrogateescape")
    try:
        read = Record.model_validate_json(data)
    except ValidationError:
        read = None
    if read is not None:
        written = read.to_json()
        assert Record.model_validate_json(written).to_json() == written
        html.for_staff(read)
    try:
        signed_record(text, SECRET)
    except RecordError:
        return
    raise AssertionError("a record was taken for one that the course has signed")


def paths(data: bytes) -> None:
    """Take paths of a submission: only plain names of modules under tinytorch/, each once, and not too many."""
    found = []
    for chunk in data.split(b"\0")[:400]:
        path = chunk[1:].decode("utf-8", "surrogateescape")
        if chunk and path:
            entry = TreeEntry(path, "100644" if chunk[0] & 0x70 else "120000", "0" * 40, (chunk[0] & 15) << 16)
            found.append(submissions.Found(entry.path, entry.size or 0, entry.problem, bytes, str))
    judged = submissions._judge(found, frozenset()).submission()
    assert len(judged.files) <= submissions.MAX_FILES
    for path in judged.files:
        assert re.fullmatch(r"tinytorch(/[A-Za-z_][A-Za-z0-9_]{0,60})*/[A-Za-z_][A-Za-z0-9_]{0,60}\.py", path), path
    assert len({path.lower() for path in judged.files}) == len(judged.files)
    assert len(judged.ignored) <= submissions.MAX_LISTED
    for shown, reason in judged.ignored:
        shown.encode()
        assert reason


def hostile_record(data: bytes) -> Record | None:
    """Make a record with the input's texts in every text field, or return None if the input holds no valid text."""
    flags, *chunks = data.split(SEPARATOR) if data else [b""]
    some = cycle([chunk.decode("utf-8", "replace") for chunk in chunks] or ["nothing"])
    choose = cycle(flags or b"\0")
    outcomes, visibilities = list(Outcome), list(Visibility)
    checks = []
    for number in range(3):
        outcome = outcomes[next(choose) % len(outcomes)]
        visibility = visibilities[next(choose) % len(visibilities)]
        fields: dict[str, Any] = {name: next(some) for name in ("title", "about", "message", "detail", "output")}
        fields["exception"] = next(some)
        if visibility is Visibility.HIDDEN:
            fields |= {"message": HIDDEN, "detail": HIDDEN, "output": HIDDEN}
        fields["blocked_by"] = "test_0" if next(choose) % 3 == 0 and outcome is Outcome.FAILED else None
        checks.append(check(f"test_{number}", outcome, visibility=visibility, capability=number == 1, **fields))
    try:
        return record(
            *checks,
            **{name: next(some) for name in ("student", "module", "repo", "commit", "capability", "suite_digest")},
            jail=ReachedLevel(level=next(choose) % 4, name=next(some), notes=(next(some),)),
            complete=next(choose) % 4 != 0,
            files=(SubmittedFile(path=next(some), sha256="0", size=1),),
            ignored=(IgnoredFile(path=next(some), reason=next(some)), IgnoredFile(path=next(some), reason="a link")),
            warnings=(next(some), next(some)),
            submitted_at=datetime(2027, 1, 20, tzinfo=UTC) + timedelta(minutes=next(choose)),
        )
    except ValidationError:
        return None


def _printed(hostile: Record) -> list[str]:
    found = []
    for shown in (
        record_panel(hostile, Audience.STUDENT),
        record_panel(hostile, Audience.STAFF),
    ):
        console = Console(file=StringIO(), width=100)
        console.print(shown)
        assert isinstance(console.file, StringIO)
        found.append(console.file.getvalue())
    return found


def _leaderboard(hostile: Record) -> str:
    standing = Standing(hostile.student, hostile.capability, {"tensor": None}, (), 0, 60)
    other = Standing("ada", hostile.checks[0].title, {"tensor": _score(30)}, ("Tensors",), 30, 60)
    return leaderboard_page(_course(), [other, standing])


def _assert_plain(text: str) -> None:
    for character in set(text):
        if not character.isascii() or character < " " or character == "\x7f":
            category = unicodedata.category(character)
            allowed = character in "\n\t\u200b" or category not in ("Cc", "Cf", "Cs", "Co", "Cn")
            assert allowed, f"an invisible character, {character!r}"


class _Page(HTMLParser):
    """Collect the tags of a page with the names of their attributes. Anything else than tags, text or doctype is an error."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: set[tuple[str, frozenset[str]]] = set()
        self.open: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, frozenset(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another"

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data!r}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data!r}")


def _assert_page(page: str) -> None:
    _assert_plain(page)
    others = _Page(page).found - _page_tags()
    assert not others, f"tags that no template has: {others}"


@cache
def _page_tags() -> frozenset[tuple[str, frozenset[str]]]:
    """Return every tag with its attributes that the templates write for records with harmless texts, of every shape."""
    found: set[tuple[str, frozenset[str]]] = set()
    draw = random.Random(0)
    for _ in range(40):
        harmless = hostile_record(draw.randbytes(12).replace(SEPARATOR, b"") + SEPARATOR + draw.choice((b"words", b"")))
        assert harmless is not None
        for page in (
            html.for_staff(harmless, [harmless, harmless]),
            html.for_staff(harmless),
            html.for_student(harmless),
        ):
            found |= _Page(page).found
        found |= _Page(_leaderboard(harmless)).found
    return frozenset(found)


@cache
def _badge_tags() -> frozenset[str]:
    return frozenset(element.tag for element in ElementTree.fromstring(badge("a", "b", "#123456")).iter())


def _assert_markdown(written: str) -> None:
    """Read it as GitHub would: one heading, only our own folds as HTML, no link, picture or mention."""
    _assert_plain(written)
    assert len(written.encode()) <= 65_535
    headings = 0
    fences: set[str] = set()
    for token in _MARKDOWN.parse(written):
        for one in (token, *(token.children or ())):
            headings += one.type == "heading_open"
            if one.type in ("html_block", "html_inline"):
                rest = (
                    re.sub(r"(?s)<summary>.*?</summary>", "", one.content) if one.type == "html_block" else one.content
                )
                assert _OWN_HTML.fullmatch(rest), f"HTML: {one.content!r}"
            assert one.type not in ("link_open", "image"), "a link"
            assert one.type != "code_block", "a block by indentation: something broke out of its place"
            if one.type == "fence":
                fences.add(one.info)
            if one.type == "text":
                assert re.search(r"@(?!\u200b)\w", one.content) is None, f"a mention: {one.content!r}"
    assert headings == 1, f"{headings} headings"
    assert fences <= {"text"}, fences
    assert not any(line.lstrip().startswith("::") for line in written.splitlines()), "a workflow command"


@cache
def _course() -> Any:
    return course(module(2, "tensor", 60))


def _score(points: int) -> Score:
    return Score(module="tensor", points=points, max_points=60)


def _is_surrogates(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True
