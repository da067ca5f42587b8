"""Write the course's public page: a leaderboard of students who want to be on it, and statistics that give nobody away.

This file hands out one `BoardLine` for each student who chose a pseudonym, without ids, logins or names. Ranks count only the
students shown, since a gap in the ranks would reveal the place of somebody who is not shown. A module's statistics appear
only when nobody's result can be found by subtraction: with five results or more, of which none or at least three are from
students not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from grader.course import Course, Module
from grader.files import write_atomic
from grader.gradebook.scores import Score, Standing
from grader.reports.clean import one_line
from grader.reports.pages import page

NAME_LIMIT = 40
FEWEST_RESULTS = 5
FEWEST_UNSHOWN = 3
BINS = 10


@dataclass(frozen=True)
class Cell:
    points: int | None
    max_points: int
    pending: bool
    badge: str  # the module's capability, once earned
    milestone: str = ""  # the milestone at the end of the module, once it is met


@dataclass(frozen=True)
class BoardLine:
    """Hold one student on the board."""

    rank: int
    name: str
    total: int
    max_points: int
    cells: tuple[Cell, ...]

    @property
    def badges(self) -> list[str]:
        return [cell.badge for cell in self.cells if cell.badge]

    @property
    def milestones(self) -> list[str]:
        return [cell.milestone for cell in self.cells if cell.milestone]


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    said: str


@dataclass(frozen=True)
class Statistic:
    """Hold the statistics of one module over the whole class. It has no bars when there are too few results to show."""

    number: int
    title: str
    question: str
    max_points: int
    count: int
    median: str = ""
    median_x: float = 0.0
    bars: tuple[Bar, ...] = ()

    @property
    def spoken(self) -> str:
        return "; ".join(bar.said for bar in self.bars)


def leaderboard(course: Course, standings: Sequence[Standing], out_dir: Path) -> Path:
    """Write the page into `out_dir` and return its path."""
    path = out_dir / "index.html"
    write_atomic(path, leaderboard_page(course, standings))
    return path


def leaderboard_page(course: Course, standings: Sequence[Standing]) -> str:
    named = _named(standings)
    shown = [(standing, named[standing.student]) for standing in standings if standing.student in named]
    shown.sort(key=lambda pair: (-pair[0].total, pair[1].casefold()))
    totals = [standing.total for standing, _ in shown]
    return page(
        "leaderboard.html",
        script="sort.js",
        course=course,
        shown=[_line(totals.index(standing.total) + 1, name, standing, course) for standing, name in shown],
        unshown=len(standings) - len(shown),
        milestones=[module.milestone for module in course.written if module.milestone],
        statistics=[_statistic(module, standings, set(named)) for module in course.written],
    )


def _named(standings: Sequence[Standing]) -> dict[str, str]:
    """Return the name of each student who chose one. A name that is another student's id is not shown."""
    ids = {standing.student.casefold() for standing in standings}
    chosen = {standing.student: one_line(standing.pseudonym or "", NAME_LIMIT) for standing in standings}
    return {
        student: name for student, name in chosen.items() if name and name.casefold() not in ids - {student.casefold()}
    }


def _line(rank: int, name: str, standing: Standing, course: Course) -> BoardLine:
    return BoardLine(
        rank=rank,
        name=name,
        total=standing.total,
        max_points=sum(
            module.points for module in course.written
        ),  # the sum of a single student would tell who is excused
        cells=tuple(_cell(module, standing.scores[module.stem]) for module in course.written),
    )


def _cell(module: Module, score: Score | None) -> Cell:
    if score is None:
        return Cell(None, module.points, False, "")
    badge = module.capability.name if score.capability else ""
    milestone = module.milestone.title if module.milestone and score.milestone else ""
    return Cell(score.points, module.points, score.pending, badge, milestone)


def _statistic(module: Module, standings: Sequence[Standing], shown: set[str]) -> Statistic:
    results: list[int] = []
    unshown = 0
    for standing in standings:
        score = standing.scores[module.stem]
        if score and score.points is not None:
            results.append(score.points)
            unshown += standing.student not in shown
    statistic = Statistic(module.number, module.title, module.capability.question, module.points, len(results))
    if len(results) < FEWEST_RESULTS or 0 < unshown < FEWEST_UNSHOWN:
        return statistic
    middle = median(results)
    return replace(
        statistic,
        median=f"{middle:g}",
        median_x=round(200 * min(1, middle / module.points), 1),
        bars=_bars(results, module.points),
    )


def _bars(results: list[int], top: int) -> tuple[Bar, ...]:
    """Draw ten bins of equal width over 0..top, 200 wide and 60 high in all. The last bin includes `top`."""
    counts = [0] * BINS
    for points in results:
        counts[min(BINS - 1, points * BINS // top)] += 1
    wide = 200 / BINS
    tallest = max(counts)
    return tuple(
        Bar(
            x=round(at * wide + 1, 1),
            y=round(60 - 56 * count / tallest, 1),
            width=wide - 2,
            height=round(56 * count / tallest, 1),
            said=f"{at * top / BINS:g} to {(at + 1) * top / BINS:g} points: {count}",
        )
        for at, count in enumerate(counts)
        if count
    )
