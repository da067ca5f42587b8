"""Test that nobody is on the leaderboard under a name that the class would take for somebody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.classroom.lookalike_names import look
from grader.classroom.roster import RosterError, read_roster

HEAD = "id,name,login,pseudonym\ns01,Ada Byron,ada-b,Analyst\n"

IMPOSTORS = {
    "another's pseudonym": "ANALYST",
    "with a Cyrillic letter": "\u0410nalyst",
    "all in Greek and Cyrillic": "\u0430\u03b7\u0430ly\u0455t",
    "in wide letters": "\uff21nalyst",
    "in mathematical letters": "\U0001d400nalyst",
    "with a digit for a letter": "Ana1yst",
    "with a capital I for an l": "AnaIyst",
    "with an accent": "\u00c1nalyst",
    "with an accent set apart": "A\u0301nalyst",
    "with a letter without ink": "Analyst\u3164",
    "with a blank pattern": "\u2800Analyst",
    "with a variation selector": "Analyst\ufe0f",
    "with a joiner that is a mark": "Ana\u034flyst",
    "with a space": "Ana lyst",
    "with punctuation": "Analyst.",
    "another's name": "Ada Byron",
    "another's name, run together": "adabyron",
    "another's id": "S01",
    "another's login": "Ada B",
}


BEN = {
    "with the last name first": "Ruiz, Ben",
    "with the last name first, no comma": "Ruiz Ben",
    "with the last name first, run together": "RuizBen",
    "by the last name": "ruiz",
    "by the first name": "Ben",
    "with a digit": "B3n Ruiz",
    "with other digits": "Ru1z",
    "without the middle name": "Ben Ruiz",
    "with a middle name of two letters": "ben-de-ruiz",
    "across two words": "Mar Nia",  # rn looks like m
}


def of(tmp_path: Path, pseudonym: str, name: str = "Eve", first: str = "") -> list[str]:
    path = tmp_path / "roster.csv"
    path.write_text(f'{HEAD}{first}s02,{name},eve,"{pseudonym}"\n', encoding="utf-8")
    try:
        read_roster(path)
    except RosterError as error:
        return [text for _, text in error.problems]
    return []


@pytest.mark.parametrize("pseudonym", IMPOSTORS.values(), ids=IMPOSTORS)
def test_a_pseudonym_that_looks_like_somebody_else_is_refused(tmp_path: Path, pseudonym: str) -> None:
    (said,) = of(tmp_path, pseudonym)
    assert "looks like somebody else, on line 2" in said


@pytest.mark.parametrize("pseudonym", BEN.values(), ids=BEN)
def test_the_words_of_another_students_name_are_refused_in_any_order(tmp_path: Path, pseudonym: str) -> None:
    first = "s05,Ben de Ruiz Gil,b-r,\ns06,Nia Mar,n-m,\n"
    (said,) = of(tmp_path, pseudonym, first=first)
    assert f"looks like somebody else, on line {4 if 'Nia' in pseudonym else 3}; let the student choose another" in said


@pytest.mark.parametrize(
    "pseudonym", ["night-owl", "quicksand", "analytical", "Rotor", "Benign", "de", "Benn Ruiz", "B."]
)
def test_a_name_with_other_or_fewer_words_is_allowed(tmp_path: Path, pseudonym: str) -> None:
    """This allows misspellings too, because a rule against them would refuse students' own names."""
    assert of(tmp_path, pseudonym, first="s05,Ben de Ruiz Gil,b-r,\n") == []


def test_students_may_use_a_word_of_their_own_name_even_if_another_shares_it(tmp_path: Path) -> None:
    ben = "s05,Ben Ruiz,b-r,\n"
    for pseudonym in ("Ruiz", "Eve", "ruiz, eve"):
        assert of(tmp_path, pseudonym, name="Eve Ruiz", first=ben) == []
    assert of(tmp_path, "Ben Ruiz", name="Eve Ruiz", first=ben)


@pytest.mark.parametrize("pseudonym", ["\u3164", "\u2800\u2800", "\u115f\u1160", "...", "\ufe0f", "\u0301"])
def test_an_invisible_pseudonym_is_refused(tmp_path: Path, pseudonym: str) -> None:
    (said,) = of(tmp_path, pseudonym)
    assert "can be seen" in said


@pytest.mark.parametrize("pseudonym", ["Ana\u200blyst", "\u202etsylanA", "a\tb", "a\x1b[31m", "\ud7ffx\ue000"])
def test_a_pseudonym_with_unprintable_characters_is_refused(tmp_path: Path, pseudonym: str) -> None:
    (said,) = of(tmp_path, pseudonym)
    assert "cannot be printed" in said


@pytest.mark.parametrize("pseudonym", ["=1+1", "+1", "-1", "@x", "\uff1d1", "\uff0bx", "\uff20x", "\ufe63x"])
def test_no_field_of_a_class_list_may_begin_like_a_formula(tmp_path: Path, pseudonym: str) -> None:
    (said,) = of(tmp_path, pseudonym)
    assert "takes for a formula" in said


@pytest.mark.parametrize(
    "pseudonym", ["Rotor", "\u65e5\u672c\u8a9e", "\U0001f98a", "\u0410\u043d\u043d\u0430", "Eve", "n\u00ba 7"]
)
def test_students_are_free_to_choose_other_pseudonyms(tmp_path: Path, pseudonym: str) -> None:
    assert of(tmp_path, pseudonym) == []


def test_students_may_use_their_own_name_even_if_another_shares_it(tmp_path: Path) -> None:
    assert of(tmp_path, "Ada Byron", name="Ada Byron") == []


def test_names_that_look_different_do_not_match() -> None:
    names = ["Ada", "Ida", "Bob", "Eve", "\u7530", "\u7531", "\U0001f98a", "\U0001f43a", "C++", "C"]
    assert len({look(name) for name in names}) == len(names)
