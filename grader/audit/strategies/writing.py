"""Write the source of a submission that follows a strategy: a module of the course, and code that cheats at its end."""

from __future__ import annotations

from pathlib import Path

from ...editions.regions import regions
from ..material import Material

SUBMITTED = Path(__file__).with_name("submitted")


def written_with(file: str, material: Material, base: str, how: str, table: str = "") -> str:
    """`base`, and at its end the code of submitted/FILE.py, called for the functions that a student writes."""
    written = [region.function for region in regions(material.annotated, material.files.source)]
    texts = [(SUBMITTED / f"{name}.py").read_text(encoding="utf-8") for name in ("replace", file)]
    given = {"how": how, **({"table": table} if table else {})}
    return (
        f'{base}\n\n_cheat = {{"__name__": "cheat"}}\n'
        + "".join(f"exec({text!r}, _cheat)\n" for text in texts)
        + f'_cheat["cheat"](globals(), {written!r}, **{given!r})\n'
    )
