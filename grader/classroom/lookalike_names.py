"""Compare how names look, because two names with the same look can be confused on a page.

This is a short table in place of Unicode's whole list of confusables. It has the Cyrillic and Greek letters that look like
Latin letters, and the digits and pairs of letters that a quick reader takes for another letter. Accents, case, spaces,
punctuation and invisible letters do not count. The words of a person's name count too, in any order. A person who looks at
the list has to find misspellings, initials and nicknames.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

LEAST = 3  # letters; a shorter part of a name identifies nobody
_DRAWN_AS = str.maketrans(
    "авеѕіјкмнорстухһԁԛԝґӏгпαβεικνορτυχγηω013457i|ıłøđ",
    "abesljkmhopctyxhdqwrlrnabelkvoptuxynwoleastllllod",
)
_BLANK = set("\u115f\u1160\u2800\u3164\uffa0\U0001d159")  # letters and symbols without ink
_INK = {"L", "N", "S"}  # letters, numbers, symbols


def look(name: str) -> str:
    """Return the look of a name.

    "Analyst", "ＡNALYST", "Аnаlyst" (Cyrillic А), "Ana1yst" and "Ana-lyst\\u3164" have the same look. An invisible name gives
    "". The look of two words together is the look of the first and then of the second. For this reason m becomes rn here,
    and rn does not become m.
    """
    return _ink(name).translate(_DRAWN_AS).replace("m", "rn").replace("w", "vv")


@dataclass(frozen=True)
class Known:
    """Hold the names of a person: the looks of their name, id and login, and of the words of their name."""

    whole: frozenset[str]
    words: frozenset[str]

    @classmethod
    def by(cls, name: str, *others: str) -> Known:
        words = "".join(" " if unicodedata.category(char)[0] in "PZ" else char for char in name).split()
        return cls(frozenset(map(look, (name, *others))) - {""}, frozenset(map(look, words)) - {""})


def owners(pseudonym: str, known: Iterable[Known]) -> set[int]:
    """Find the people for whom the class could take this pseudonym, by index.

    For "Ben Ruiz" also "Ruiz, Ben", "RuizBen", "ruiz", "B3n".
    """
    seen, names = look(pseudonym), len(_ink(pseudonym)) >= LEAST
    return {at for at, one in enumerate(known) if seen in one.whole or (names and _made_of(seen, one.words))}


def _made_of(seen: str, words: frozenset[str]) -> bool:
    """Decide whether `seen` consists only of these words, each used at most once, in any order."""
    starts = (word for word in words if seen.startswith(word))
    return not seen or any(_made_of(seen.removeprefix(word), words - {word}) for word in starts)


def _ink(name: str) -> str:
    """Return the visible characters of a name, without accents and case."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return "".join(char for char in apart if unicodedata.category(char)[0] in _INK and char not in _BLANK)
