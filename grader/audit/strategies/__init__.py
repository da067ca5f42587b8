"""Measure what cheap strategies earn: submissions that do not solve the module. Each is graded in a jail like any other.

replay    repeats what the reference answered under another seed, request by request, including helpers
public    knows the answers to all requests of the public checks
helpers   forges the suite's helpers from their answers for the reference
zeros, ones  returns zeros or ones of the right shape
identity  returns its first argument
differences  differentiates its own forward numerically instead of deriving a backward. If the capability needs no backward,
    as in a module of layers, only the points count that do need one
walk   has the rules, and differentiates whole graphs numerically instead of walking them
flat   returns zero gradients, and makes its own forward flat where a check differentiates it
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgpack

from ...editions.check_specs import CheckSpec
from ...editions.partial import partial
from ...editions.regions import regions
from ..excused import Excused, stale
from ..finding import Finding, finding
from ..material import Material
from ..trial_runs import Bench, Transcripts, Tried, Version

SUBMITTED = Path(__file__).with_name("submitted")
SHARE = 15  # percentage of a module's points that a strategy may earn
SHARES = {"differences": 50, "walk": 50}
_FILES = {"walk": "differences"}
HONEST = "flat, with no backward written"
RECORDED, REPLAYED = "the run that was recorded", "the run that is graded"


@dataclass(frozen=True)
class Strategy:
    """Hold the result of one strategy: the checks that it passes, and their points without those of excused checks.

    share: the percentage of the module's points that it may earn
    """

    name: str
    points: int
    passed: tuple[str, ...]
    share: int = SHARE


def versions_of(material: Material, bench: Bench) -> list[Version]:
    """Return one version for each strategy for which the module has what it needs."""
    recorded = bench.recorded(Version("the reference, recorded", material.solution, material.answers, RECORDED))
    public = {check.id for check in material.suite.checks if check.visibility == "public"}
    tables: list[tuple[str, Transcripts]] = [
        ("replay", recorded),
        ("public", tuple(one for one in recorded if one.check in public)),
    ]
    if material.suite.helpers:
        tables.append(("helpers", recorded))
    backward = "_backward(" in material.solution
    differentiated = [how for how in ("differences", "flat") if backward]
    if "def gradients(" in material.solution:
        differentiated.append("walk")
    sources = {
        **{how: _written_with("replay", material, material.stub, how, _packed(table)) for how, table in tables},
        **{how: _written_with("hollow", material, material.solution, how) for how in ("zeros", "ones", "identity")},
        **{how: _written_with(_FILES.get(how, how), material, material.solution, how) for how in differentiated},
    }
    if "flat" in sources:
        sources[HONEST] = partial(
            material.annotated, material.files.source, lambda name: not name.endswith("_backward")
        )
    alone = tuple(
        (check.id,) for check in material.suite.checks
    )  # each check runs alone, since a cheat may honestly earn the checks that others need
    return [Version(name, source, "", REPLAYED, alone) for name, source in sources.items()]


def strategies(tried: Sequence[Tried], checks: Sequence[CheckSpec], excused: Sequence[Excused]) -> tuple[Strategy, ...]:
    let_pass = {(one.strategy, one.check) for one in excused}
    passed = {one.version.name: one.passed for one in tried}
    honest = passed.pop(HONEST, ())  # points that the rest of the module earns without any backward
    beside = any(check.capability and check.id in honest for check in checks)  # the module's idea is not its backward
    without_forward = {"flat", "differences"} if beside else {"flat"}
    for how in without_forward:
        if how in passed:
            passed[how] = tuple(check for check in passed[how] if check not in honest)
    return tuple(
        Strategy(
            name,
            sum(check.points for check in checks if check.id in by and (name, check.id) not in let_pass),
            by,
            SHARE if name in without_forward else SHARES.get(name, SHARE),
        )
        for name, by in passed.items()
    )


def findings(found: Sequence[Strategy], checks: Sequence[CheckSpec], excused: Sequence[Excused]) -> list[Finding]:
    capability = next((check.id for check in checks if check.capability), "")
    most = sum(check.points for check in checks)
    wrong = stale(excused, {one.name: one.passed for one in found}, capability)
    for one in found:
        if capability in one.passed:
            wrong.append(f"{one.name} earns the capability")
        if 100 * one.points > one.share * most:
            by = ", ".join(one.passed)
            wrong.append(f"{one.name} earns {one.points} of {most} points, more than {one.share} %: {by}")
    return [finding("cheap strategies earn little", wrong, ", ".join(f"{one.name} {one.points}" for one in found))]


def _written_with(file: str, material: Material, base: str, how: str, table: str = "") -> str:
    """Return `base` with the code of submitted/FILE.py at its end, called for the functions that a student writes."""
    written = [region.function for region in regions(material.annotated, material.files.source)]
    texts = [(SUBMITTED / f"{name}.py").read_text(encoding="utf-8") for name in ("replace", file)]
    given = {"how": how, **({"table": table} if table else {})}
    return (
        f'{base}\n\n_cheat = {{"__name__": "cheat"}}\n'
        + "".join(f"exec({text!r}, _cheat)\n" for text in texts)
        + f'_cheat["cheat"](globals(), {written!r}, **{given!r})\n'
    )


def _packed(transcripts: Transcripts) -> str:
    """Return the transcripts as text that a submission can hold."""
    table = msgpack.packb([one.talk for one in transcripts])
    return base64.b85encode(zlib.compress(table)).decode("ascii")
