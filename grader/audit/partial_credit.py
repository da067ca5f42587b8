"""Check that partial credit is real: solve each region alone, and solve all regions except that one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..editions.partial import partial
from ..editions.regions import regions
from .finding import Finding, finding
from .material import Material
from .trial_runs import Tried, Version


@dataclass(frozen=True)
class Moved:
    """Hold the effect of one region.

    alone: checks that pass only because this region alone is solved; without: checks that fail only because it is unsolved
    """

    function: str
    alone: tuple[str, ...]
    without: tuple[str, ...]


def versions_of(material: Material) -> list[Version]:
    """Return the versions: nothing solved, all solved, then for each region in order: only it solved, all but it solved."""
    text, name = material.annotated, material.files.source
    functions = [region.function for region in regions(text, name)]
    return [
        Version("nothing solved", material.stub, ""),
        Version("all solved", material.solution, material.answers),
    ] + [
        version
        for one in functions
        for version in (
            Version(f"{one} alone", partial(text, name, lambda function, one=one: function == one), ""),  # type: ignore[misc]
            Version(f"all but {one}", partial(text, name, lambda function, one=one: function != one), material.answers),  # type: ignore[misc]
        )
    ]


def moved(material: Material, tried: Sequence[Tried]) -> tuple[Moved, ...]:
    functions = [region.function for region in regions(material.annotated, material.files.source)]
    nothing, everything, *rest = (one.passed for one in tried)
    return tuple(
        Moved(
            one,
            tuple(check for check in alone if check not in nothing),
            tuple(check for check in everything if check not in without),
        )
        for one, alone, without in zip(functions, rest[::2], rest[1::2], strict=True)
    )


def findings(found: Sequence[Moved]) -> list[Finding]:
    idle = [one.function for one in found if not one.alone and not one.without]
    alone = sum(bool(one.alone) for one in found)
    right = f"{len(found)} regions, each moves a check; {alone} earn points alone"
    return [finding("every region moves a check", [f"{name} moves none" for name in idle], right)]
