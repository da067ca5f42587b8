"""Show records and standings in a terminal, with Rich.

Use plain text, never Rich markup, because a submission may write brackets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from grader.course import Course, Module
from grader.gradebook.scores import Score, Standing
from grader.grading.record import Outcome, Record
from grader.reports import words
from grader.reports.audience import Audience
from grader.reports.clean import one_line
from grader.reports.redact import LINE_LIMIT, CheckView, View, redact

MARKS = """*  waits to be graded again   L  penalty for lateness   !  set by staff
+  a withdrawn check   exc  excused   Cap.  capabilities   Mil.  milestones"""
SUMS = (">Total", ">Cap.", ">Mil.")
WIDEST = 1_000  # the width for measuring a table that is not bounded by the terminal
_MARKS = {
    Outcome.PASSED: ("PASS", "green"),
    Outcome.FAILED: ("FAIL", "red"),
    Outcome.ERROR: ("ERROR", "yellow"),
    Outcome.NOT_RUN: ("NOT RUN", "yellow"),
}


def record_panel(record: Record, audience: Audience, *, past_due: bool = False) -> Panel:
    """Show everything about one record that `audience` may see."""
    view = redact(record, audience, past_due=past_due)
    parts: list[RenderableType] = [_checks(view)]
    parts += [_failure(check) for check in view.checks if words.needs_details(check)]
    parts += _notes(view)
    colour = "yellow" if view.pending else "green" if view.points == view.max_points else "blue"
    who = f"  {view.student}" if view.for_staff else ""
    title = Text(f" {view.module}{who}: {words.points(view)} ", style="bold")
    return Panel(Group(*parts), title=title, title_align="left", border_style=colour, box=box.ASCII2, padding=(1, 2))


@dataclass(frozen=True)
class ClassTable:
    """Show the class for staff: one line for each student, one column for each module.

    On a narrow terminal the columns are split over several tables, one below the other. MARKS explains the signs.
    """

    standings: Sequence[Standing]
    course: Course

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        tables: list[Table] = []
        for parts in range(1, len(self.course.written) + 1):
            tables = self._tables(parts)
            if all(
                console.measure(it, options=options.update_width(WIDEST)).maximum <= options.max_width for it in tables
            ):
                break
        yield from tables
        yield Text(MARKS)

    def _tables(self, parts: int) -> list[Table]:
        """Split the modules into `parts` tables of nearly equal size, with the sums in the last table."""
        modules = self.course.written
        size = -(-len(modules) // parts)
        chunks = [modules[at : at + size] for at in range(0, len(modules), size)]
        return [self._table(chunk, sums=chunk is chunks[-1]) for chunk in chunks]

    def _table(self, modules: Sequence[Module], *, sums: bool) -> Table:
        table = _table("Student", *(f">{module.number:02d}" for module in modules), *SUMS * sums)
        for standing in self.standings:
            cells = [Text(_score(standing.scores[module.stem])) for module in modules]
            total = Text(f"{standing.total}/{standing.max_points}", style="bold")
            badges = str(len(standing.capabilities)), str(len(standing.milestones))
            table.add_row(Text(one_line(standing.student, LINE_LIMIT)), *cells, *(total, *badges) * sums)
        return table


def _table(*columns: str) -> Table:
    table = Table(box=box.ASCII2, header_style="bold")
    for name in columns:
        table.add_column(name.removeprefix(">"), justify="right" if name.startswith(">") else "left", overflow="fold")
    return table


def _score(score: Score | None) -> str:
    if score is None:
        return "-"
    if score.excused:
        return "exc"
    points = "?" if score.points is None else str(score.points)
    marks = {"*": score.pending or score.regrading, "L": score.penalty_percent, "!": score.override, "+": score.given}
    return points + "".join(mark for mark, holds in marks.items() if holds)


def _checks(view: View) -> Table:
    table = _table("", "Check", ">Points", "Shown", "")
    for check in view.checks:
        mark, style = _MARKS[check.outcome]
        star = " [capability]" if check.capability else ""
        table.add_row(
            Text(mark, style=style),
            Text(check.title + star),
            f"{check.points}/{check.max_points}",
            words.VISIBILITIES[check.visibility],
            Text(words.reason(check)),
        )
    return table


def _failure(check: CheckView) -> Text:
    mark, style = _MARKS[check.outcome]
    shown = Text("\n").append(f"{mark}  {check.title}", style=f"bold {style}").append(f"\n{check.about}\n")
    if check.withheld:
        shown.append(f"{words.PENDING if check.outcome is Outcome.ERROR else words.WITHHELD}\n", style="dim")
    for name, written in (("", check.message), ("where", check.detail), ("printed", check.output)):
        if written:
            shown.append(f"-- {name}\n" if name else "", style="dim").append(f"{written}\n")
    shown.rstrip()
    return shown


def _notes(view: View) -> list[RenderableType]:
    notes = Text("\n")
    for sentence in words.opening(view):
        notes.append(f"{sentence}\n", style="bold yellow")
    notes.append(f"{words.tallies(view).capitalize()}.  ")
    notes.append(f"Capability {view.capability.name}: {words.earned(view)}.\n")
    if view.milestone:
        notes.append(f"Milestone {view.milestone.name}: {words.met(view)}.\n")
    notes.append(f"Confinement {words.confinement(view)}; earlier modules: {words.prerequisites(view)}.\n")
    for file in view.ignored:
        notes.append(f"Not graded: {file.path} ({file.note})\n")
    for note in (*view.warnings, *view.jail_notes):
        notes.append(f"Note: {note}\n")
    for sentence in words.closing(view):
        notes.append(f"{sentence}\n")
    notes.rstrip()
    return [notes]
