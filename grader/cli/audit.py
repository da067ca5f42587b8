"""`grader audit`: check that a module is fit to be released, point by point, and write the results to modules/STEM/audit.json."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..audit import quick_points
from ..audit.finding import Audit
from ..audit.full_audit import SEEDS, OnStep, cheap_strategies, full_audit
from ..audit.results import write
from ..course import Course, Module
from ..pipeline.workspace import WorkspaceError
from .options import workspace_here
from .progress import bar


def audit(
    modules: Annotated[list[str] | None, typer.Argument(help="Modules to audit; default: all written modules.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Run only the points that a release checks; write nothing.")
    ] = False,
    cheap: Annotated[
        bool, typer.Option("--strategies", help="Only show which checks the cheap strategies earn; write nothing.")
    ] = False,
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds with which the outcomes must agree.")] = SEEDS,
    workers: Annotated[int | None, typer.Option(min=1, help="Jails at a time; default: the number of cores.")] = None,
) -> None:
    """Test a module's suite: stub, solution, seeds, regions, mutants, other solutions, cheap strategies, leaks.

    Exit status 1 if a point fails.
    """
    workspace = workspace_here()
    failed = False
    for module in _chosen(workspace.course, modules):
        if quick:
            found = quick_points.audit(workspace.root, workspace.course, module)
            _show(found)
        elif cheap:
            strategies, findings = cheap_strategies(workspace.root, workspace.course, module, workers=workers)
            for strategy in strategies:
                print(f"{strategy.name}: {strategy.points} points: {', '.join(strategy.passed) or 'no check passes'}")
            found = Audit(module.numbered, tuple(findings))
            _show(found)
        else:
            with _bar(module.numbered) as on_step:
                whole = full_audit(
                    workspace.root, workspace.course, module, seeds=seeds, workers=workers, on_step=on_step
                )
            found = whole.audit
            _show(found)
            for path in write(whole):
                print(f"  {path.relative_to(workspace.root)}")
        failed = failed or bool(found.failed)
    if failed:
        raise typer.Exit(1)


def _chosen(course: Course, names: list[str] | None) -> list[Module]:
    chosen = [course.module(name) for name in names] if names else list(course.written)
    for module in chosen:
        if module.planned:
            raise WorkspaceError(f"{module.numbered} is planned, not written: there is nothing to audit yet")
    return chosen


@contextmanager
def _bar(module: str) -> Iterator[OnStep]:
    with bar() as progress:
        task = progress.add_task(module, total=None, now="the quick points")
        progress.refresh()
        yield lambda done, total, what: progress.update(task, completed=done, total=total, now=what, refresh=True)


def _show(audit: Audit) -> None:
    table = Table(title=audit.module, title_justify="left", show_header=False)
    for finding in audit.findings:
        mark = Text("holds", "green") if finding.holds else Text("FAILS", "bold red")
        table.add_row(mark, Text(finding.point), Text(finding.detail))
    Console().print(table)
