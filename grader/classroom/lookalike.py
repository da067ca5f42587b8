"""What a name looks like: two names with the same look can be taken for one another on a page.

A short table in place of Unicode's whole list of confusables: it has the Cyrillic and Greek letters that are drawn as
Latin ones, and the digits and pairs that a quick reader takes for a letter. Accents, case, spaces and punctuation do not
count, nor do letters that are drawn as nothing.
"""

from __future__ import annotations

import unicodedata

_DRAWN_AS = str.maketrans(
    "авеѕіјкмнорстухһԁԛԝґӏгпαβεικνορτυχγηω01i|ıłøđ",
    "abesljkmhopctyxhdqwrlrnabelkvoptuxynwolllllod",
)
_BLANK = set("\u115f\u1160\u2800\u3164\uffa0\U0001d159")  # letters and symbols without ink
_INK = {"L", "N", "S"}  # letters, numbers, symbols


def look(name: str) -> str:
    """ "Analyst", "ＡNALYST", "Аnаlyst" (Cyrillic А), "Ana1yst" and "Ana-lyst\\u3164" all have one; "" cannot be seen."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    seen = (char for char in apart if unicodedata.category(char)[0] in _INK and char not in _BLANK)
    return "".join(seen).translate(_DRAWN_AS).replace("rn", "m").replace("vv", "w")
