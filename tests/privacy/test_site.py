"""Test that the public site identifies no student who did not choose it, and that the search would find such a student."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from pathlib import Path
from urllib.parse import quote

import pytest
from command import DAY, graded, said, term
from trial import Trial

from grader.classroom.roster import Student, read_roster

from .search import exposed

ROSTER = """id,name,login,email,section,pseudonym,dropped
u7301,Zoë Ångström-Vasquez,zoe-vasq,zoe.av@students.example.edu,Alpha,quicksand,
u7302,Brannagh O'Hallorannin,brannagh9,b.ohallo@students.example.edu,Alpha,,
u7303,Mehmet Çelikbilek,celikmeh,mehmet.c@students.example.edu,Beta,night-owl,
u7304,Ngozi Adeyemiwole,ngozi-ade,ngozi@students.example.edu,Beta,Ngozi,
u7305,Władysław Brzęczyszczek,wladek-brz,wladek@students.example.edu,Beta,,
u7306,Thandiwe Mkhizenkosi,thandimkh,thandi@students.example.edu,Alpha,"<b>tag</b> & co",
u7307,Quillon Featherstonhaugh,quillonf,quillon@students.example.edu,Alpha,,
u7308,Ingeborg Tvedestrandet,,ingeborg@students.example.edu,Alpha,,
u7309,Xochitl Ramirezdelgado,xochi-ram,xochitl@students.example.edu,Beta,gone-girl,2026-02-01
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    trial = Trial.build(tmp_path_factory.mktemp("class") / "course")
    failed = {"u7302": ("test_box",), "u7303": ("test_square",), "u7305": ("test_double", "test_box")}
    records = [
        graded(f"u730{n}", failed.get(f"u730{n}", ()), after_due=(n - 5) * DAY) for n in (1, 2, 3, 4, 5, 6, 7, 9)
    ]
    made = term(trial, ROSTER, *records)
    for verb in (["excuse", "u7301", "1"], ["override", "u7307", "1", "--points", "3"]):
        said(made, "decide", *verb, "--by", "Grace Hopper", "--reason", "was ill")
    said(made, "report")
    return made


def site(folder: Path) -> Path:
    return folder / ".grader" / "site"


def everyone(folder: Path) -> tuple[Student, ...]:
    return read_roster(folder / ".grader" / "roster.csv").everyone


def test_no_file_of_the_site_identifies_a_student_who_did_not_choose_it(folder: Path) -> None:
    assert [path.name for path in site(folder).iterdir()], "there is a site to search"
    assert exposed(site(folder), everyone(folder)) == []


def test_students_are_shown_by_their_pseudonym_and_those_who_left_are_not_shown(folder: Path) -> None:
    page = (site(folder) / "index.html").read_text()
    for shown in ("quicksand", "night-owl", "Ngozi", "&lt;b&gt;tag"):
        assert shown in page
    assert "gone-girl" not in page


def test_the_site_does_not_show_who_is_excused_or_why(folder: Path) -> None:
    page = (site(folder) / "index.html").read_text().casefold()
    for word in ("excuse", "was ill", "grace hopper", "override", "set by staff", "/ 0"):
        assert word not in page


SECRET = "Brannagh O'Hallorannin <b.ohallo@students.example.edu>"
HIDDEN = {
    "plain": SECRET.encode(),
    "capitals": SECRET.upper().encode(),
    "percent": "".join(f"%{byte:02x}" for byte in SECRET.encode()).encode(),
    "url": quote(SECRET).encode(),
    "decimal entities": "".join(f"&#{ord(char)};" for char in SECRET).encode(),
    "hexadecimal entities": "".join(f"&#x{ord(char):x};" for char in SECRET).encode(),
    "json": "".join(f"\\u{ord(char):04x}" for char in SECRET).encode(),
    "css": "".join(f"\\{ord(char):06x}" for char in SECRET).encode(),
    "hex": b"data " + SECRET.encode().hex().encode(),
    "utf-16": SECRET.encode("utf-16-le"),
    "reversed": SECRET[::-1].encode(),
    "gzip": gzip.compress(SECRET.encode()),
    "zlib": zlib.compress(SECRET.encode()),
    "twice": base64.b64encode(quote(SECRET).encode()),
    "json in base64": b"data:application/json;base64," + base64.b64encode(json.dumps({"name": SECRET}).encode()),
    **{f"base64 after {n} bytes": base64.b64encode(b"x" * n + SECRET.encode()) for n in range(3)},
    **{f"base64 behind {n} letters": b"abc"[:n] + base64.b64encode(SECRET.encode()) for n in range(1, 4)},
    "base64 of the web": base64.urlsafe_b64encode(b"\xff\xfe\xfd" + SECRET.encode()),
}


@pytest.mark.parametrize("way", HIDDEN)
def test_the_search_finds_a_person_in_any_encoding(folder: Path, tmp_path: Path, way: str) -> None:
    (tmp_path / "data.bin").write_bytes(HIDDEN[way])
    assert any("u7302" in line for line in exposed(tmp_path, everyone(folder)))


@pytest.mark.parametrize("name", ["u7305.svg", "badges/wladek-brz/01.svg", "Wladyslaw.html"])
def test_the_search_finds_a_person_in_the_name_of_a_file(folder: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(b"")
    assert any("u7305" in line for line in exposed(tmp_path, everyone(folder)))
