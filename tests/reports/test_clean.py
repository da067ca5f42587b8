"""Test what is left of hostile text after cleaning."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.reports.clean import one_line, plain
from reports.hostile import HOSTILE

BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def is_plain(text: str) -> bool:
    lines = text.split("\n")
    return (
        all(char in "\n\t" or (ord(char) >= 32 and ord(char) not in range(127, 160)) for char in text)
        and not BIDI & set(text)
        and not any(line.lstrip().startswith("::") for line in lines)
        and "##[" not in text
        and text.encode().decode() == text
    )


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_becomes_plain_and_short(text: str) -> None:
    began = time.process_time()
    cleaned = plain(text, 2000)
    assert time.process_time() - began < 1.0
    assert is_plain(cleaned)
    assert len(cleaned) <= 2000


@given(
    st.text(alphabet=st.characters() | st.sampled_from("\x1b[]:#\n\r\u202e\ud800 m"), max_size=200), st.integers(1, 90)
)
def test_any_text_becomes_plain_and_short(text: str, limit: int) -> None:
    cleaned = plain(text, limit)
    assert is_plain(cleaned)
    assert len(cleaned) <= limit
    assert "\n" not in one_line(text, limit)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;a title\x07text", "text"),
        ("abc\u202edef", "abcdef"),
        ("::error::x", ": :error::x"),
        ("  ::error::x", "  : :error::x"),
        ("\x1b[0m::error::x", ": :error::x"),
        ("\u202e::error::x", ": :error::x"),
        ("a##[error]b", "a## [error]b"),
        ("a[::2] and b::c", "a[::2] and b::c"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("naïve Λ 日本\tx", "naïve Λ 日本\tx"),
        ("\ud800", "\ufffd"),
    ],
)
def test_visible_characters_stay(written: str, read: str) -> None:
    assert plain(written, 100) == read


def test_a_cut_keeps_the_beginning_and_the_end_and_says_how_much_is_missing() -> None:
    cleaned = plain("first\n" + "x" * 5000 + "\nlast", 300)
    assert cleaned.startswith("first")
    assert cleaned.endswith("last")
    assert "more characters" in cleaned


@pytest.mark.parametrize("mark", ["\u0301", "\u0488", "\u0e47", "\u064b", "\u05b0", "\U000e0100"])
def test_combining_marks_of_any_script_do_not_pile_up(mark: str) -> None:
    unseen = "\u200b".join(mark * 300)
    assert plain(f"a{mark * 300}b{unseen}c", 1000) == f"a{mark * 3}b{mark * 3}c"


def test_cutting_a_text_does_not_make_a_command() -> None:
    assert all(is_plain(plain("x" * 37 + "::" * 400, limit)) for limit in range(1, 300))
