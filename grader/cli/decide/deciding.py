"""Give a verb the options that every decision has, and write the decisions that it returns.

@deciding
def excuse(desk: Desk, student: StudentArgument, module: ModuleArgument) -> Facts: ...

becomes a command with the arguments `student` and `module`, and with --reason, --by, --dry-run, --roster and --state.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, cast, get_type_hints

import typer

from ...gradebook.changes import table
from ...pipeline.decide import Decided, Desk, Facts, decide, described
from ...pipeline.people import read_class
from ..options import RosterOption, StateOption, workspace_here
from ..printing import print_notes

Reason = Annotated[str, typer.Option(help="The reason; kept with the decision.")]
By = Annotated[str, typer.Option("--by", envvar="GRADER_AUTHOR", help="Who decides; kept with the decision.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show which scores change; write nothing.")]


def deciding(facts_of: Callable[..., Facts | Sequence[Facts]]) -> Callable[..., None]:
    """Make a verb from a function that takes a desk and returns the facts of one decision or of several."""

    def verb(**given: Any) -> None:
        reason, by, dry_run, roster, state = (given.pop(name) for name in _COMMON)
        workspace = workspace_here(cast(Path | None, state))
        desk = Desk(workspace, read_class(workspace, cast(Path | None, roster)))
        found = facts_of(desk, **given)
        wanted = [found] if isinstance(found, Mapping) else found
        done = decide(desk, wanted, author=by, reason=reason, dry_run=dry_run)
        _tell(done, workspace.decisions_file, dry_run=dry_run)

    own = [option for name, option in inspect.signature(facts_of).parameters.items() if name != "desk"]
    hints = get_type_hints(facts_of, include_extras=True)
    options = [option.replace(annotation=hints[option.name]) for option in own] + list(_COMMON.values())
    verb.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        sorted((option.replace(kind=inspect.Parameter.KEYWORD_ONLY) for option in options), key=_optional)
    )
    verb.__annotations__ = {option.name: option.annotation for option in options}
    verb.__name__, verb.__doc__ = facts_of.__name__, facts_of.__doc__
    return verb


def _tell(done: Decided, file: Path, *, dry_run: bool) -> None:
    """Print what was decided already, what is new, and whose score changes."""
    for entry in done.known:
        print(f"decided already: {entry.id}  {described(entry)}")
        if entry.days:
            print("to give late days a second time, give another reason")
    print_notes(done.notes)
    for entry in done.new:
        print(f"{entry.id}  {described(entry)}")
    if done.new:
        for line in table(done.changes):
            print(line)
        written = f"written to {file}; `grader report` shows the standings that follow"
        print("dry run: no decision was written, no score has changed" if dry_run else written)


def _optional(parameter: inspect.Parameter) -> bool:
    return parameter.default is not inspect.Parameter.empty


def _option(name: str, annotation: object, default: object = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


_COMMON = {
    option.name: option
    for option in (
        _option("reason", Reason),
        _option("by", By),
        _option("dry_run", DryRun, False),
        _option("roster", RosterOption, None),
        _option("state", StateOption, None),
    )
}
