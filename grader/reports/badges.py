"""Draw badges as SVG. A badge service cannot fetch the badge of a private repository, so we draw it here."""

from __future__ import annotations

import re
from html import escape

from grader.course import Badges, Module
from grader.gradebook.scores import Score
from grader.reports.clean import one_line

LABEL, EARNED, PARTIAL, MISSING = "#37474f", "#2e7d32", "#f9a825", "#9e9e9e"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_NARROW = frozenset("fijlrtI1!|.,:;'`()[]{}/\\ -")
_WIDE = frozenset("mwMWQO@%&—")

_SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{name}">\
<title>{name}</title>\
<clipPath id="r"><rect width="{width}" height="20" rx="3"/></clipPath>\
<g clip-path="url(#r)"><rect width="{left}" height="20" fill="{label_colour}"/>\
<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>\
<g text-anchor="middle" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">\
<text x="{label_x}" y="14" textLength="{label_width}" fill="{label_ink}">{label}</text>\
<text x="{value_x}" y="14" textLength="{value_width}" fill="{ink}">{value}</text></g></svg>
"""


def badge(label: str, value: str, colour: str, label_colour: str = LABEL) -> str:
    """Draw a flat badge: `label` on the left, `value` on `colour` on the right. Colours are #rrggbb."""
    for given in (colour, label_colour):
        if not _COLOUR.fullmatch(given):
            raise ValueError(f"{given!r} is not a colour: write it as #rrggbb")
    label, value = one_line(label, 60), one_line(value, 60)
    label_width, value_width = _width(label), _width(value)
    left, right = label_width + 12, value_width + 12
    return _SVG.format(
        width=left + right,
        left=left,
        right=right,
        name=escape(f"{label}: {value}"),
        label=escape(label),
        value=escape(value),
        label_x=left / 2,
        value_x=left + right / 2,
        label_width=label_width,
        value_width=value_width,
        label_colour=label_colour,
        colour=colour,
        label_ink=_ink(label_colour),
        ink=_ink(colour),
    )


def module_badge(module: Module, score: Score | None, colours: Badges | None = None) -> str:
    """Draw "02 Tensor | 45/60".

    The colour is "earned" at full points, "partial" above zero, and "missing" at zero or before the first grading.
    """
    label = f"{module.number:02d} {module.title}"
    earned, partial, missing = _colours(colours)
    side = colours.label if colours else LABEL
    if score is not None and score.excused:
        return badge(label, "excused", missing, side)
    if score is None or score.points is None:
        return badge(label, "pending" if score and score.pending else "not handed in", missing, side)
    colour = earned if score.points >= module.points else partial if score.points else missing
    return badge(label, f"{score.points}/{module.points}" + (" (pending)" if score.pending else ""), colour, side)


def capability_badge(name: str, earned: bool, colours: Badges | None = None) -> str:
    """Draw "capability | Tensors", in colour once the capability is earned, and grey before."""
    yes, _, no = _colours(colours)
    return badge("earned" if earned else "to earn", name, yes if earned else no, colours.label if colours else LABEL)


def milestone_badge(title: str, met: bool, colours: Badges | None = None) -> str:
    """Draw "milestone | XOR 1969", in colour once the milestone is met, and grey before."""
    yes, _, no = _colours(colours)
    return badge("milestone" if met else "to meet", title, yes if met else no, colours.label if colours else LABEL)


def badges_of(module: Module, score: Score | None, colours: Badges | None = None) -> dict[str, str]:
    """Draw the files of a student's repository for one module.

    A badge that was earned once stays, as in the score of record.
    """
    shown = score is not None and score.capability
    files = {
        f"{module.stem}.svg": module_badge(module, score, colours),
        f"capability_{module.stem}.svg": capability_badge(module.capability.name, shown, colours),
    }
    if module.milestone:
        met = score is not None and score.milestone
        files[f"milestone_{module.milestone.name}.svg"] = milestone_badge(module.milestone.title, met, colours)
    return files


def _colours(colours: Badges | None) -> tuple[str, str, str]:
    return (colours.earned, colours.partial, colours.missing) if colours else (EARNED, PARTIAL, MISSING)


def _width(text: str) -> int:
    """Estimate the width of `text` in Verdana 11, in pixels. `textLength` makes the browser keep to it."""
    return round(sum(map(_advance, text))) or 1


def _advance(character: str) -> float:
    if character in _NARROW:
        return 4.2
    if character in _WIDE or ord(character) > 0x2E7F:
        return 10.3
    return 7.6 if character.isupper() else 6.8


def _ink(background: str) -> str:
    """Choose black or white, whichever contrasts more (WCAG relative luminance)."""
    parts = [int(background[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#000000"
