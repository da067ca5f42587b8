"""What a name looks like: two names with the same look can be taken for one another on a page.

A short table in place of Unicode's whole list of confusables: it has the Cyrillic and Greek letters that are drawn as
Latin ones, and the digits and pairs that a quick reader takes for a letter. Accents, case, spaces and punctuation do not
count, nor do letters that are drawn as nothing. Who is known by a name is known by its words as well, in any order. What no
table tells is left to a person who looks at the list: misspellings, initials, nicknames.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

LEAST = 3  # letters; less of a name names nobody
_DRAWN_AS = str.maketrans(
    "авеѕіјкмнорстухһԁԛԝґӏгпαβεικνορτυχγηω013457i|ıłøđ",
    "abesljkmhopctyxhdqwrlrnabelkvoptuxynwoleastllllod",
)
_BLANK = set("\u115f\u1160\u2800\u3164\uffa0\U0001d159")  # letters and symbols without ink
_INK = {"L", "N", "S"}  # letters, numbers, symbols


def look(name: str) -> str:
    """ "Analyst", "ＡNALYST", "Аnаlyst" (Cyrillic А), "Ana1yst" and "Ana-lyst\\u3164" all have one; "" cannot be seen.

    The look of two words is the looks of both, one after the other; so it is m that is taken for rn.
    """
    return _ink(name).translate(_DRAWN_AS).replace("m", "rn").replace("w", "vv")


@dataclass(frozen=True)
class Known:
    """What somebody is known by: the looks of all they are called, and of the words of their name."""

    whole: frozenset[str]
    words: frozenset[str]

    @classmethod
    def by(cls, name: str, *others: str) -> Known:
        words = "".join(" " if unicodedata.category(char)[0] in "PZ" else char for char in name).split()
        return cls(frozenset(map(look, (name, *others))) - {""}, frozenset(map(look, words)) - {""})


def owners(pseudonym: str, known: Iterable[Known]) -> set[int]:
    """Whom the class would read it as, by place. Of "Ben Ruiz" also "Ruiz, Ben", "RuizBen", "ruiz" and "B3n"."""
    seen, names = look(pseudonym), len(_ink(pseudonym)) >= LEAST
    return {at for at, one in enumerate(known) if seen in one.whole or (names and _made_of(seen, one.words))}


def _made_of(seen: str, words: frozenset[str]) -> bool:
    """Is this nothing but these words, each once at most, in any order?"""
    starts = (word for word in words if seen.startswith(word))
    return not seen or any(_made_of(seen.removeprefix(word), words - {word}) for word in starts)


def _ink(name: str) -> str:
    """What is seen of it, without accents and case."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return "".join(char for char in apart if unicodedata.category(char)[0] in _INK and char not in _BLANK)
