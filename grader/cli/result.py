"""`grader result`: print a record in the form of another classroom system, for tools that read that form."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..adapters import autograding, classroom50
from ..grading.store import RecordError, Store, document_at, signed_record
from ..pipeline.people import find_student, read_class
from ..pipeline.workspace import WorkspaceError
from ..reports.audience import Audience
from ..reports.redact import redact
from .options import RosterOption, StateOption, workspace_here


class ResultForm(StrEnum):
    AUTOGRADING = "autograding"
    NOTICES = "notices"
    CLASSROOM50 = "classroom50"


def result(
    form: Annotated[
        ResultForm, typer.Argument(help="GitHub Classroom's result in base64, its two notices, or Classroom 50's JSON.")
    ],
    record: Annotated[Path, typer.Argument(help="A record: a JSON file under records/.")],
    repository: Annotated[
        str | None, typer.Option(help="For classroom50: the repository's address; default: the address in the record.")
    ] = None,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Print the part of one record that the student may see, in the form of another classroom system."""
    workspace = workspace_here(state)
    try:
        known = signed_record(document_at(record), workspace.secret)
    except RecordError as error:
        raise RecordError(f"{record}: {error}") from error
    if not known.complete:
        other = Store(workspace.state).complete_of(known.student, known.module, known.commit, known.suite_digest)
        mend = (
            f"its commit has a grade in {Store(workspace.state).path_of(other)}"
            if other
            else "`grader collect` tries again"
        )
        raise WorkspaceError(f"{record} is not complete, so it has no result. {mend}")
    view = redact(known, Audience.STUDENT)
    if form is ResultForm.AUTOGRADING:
        print(autograding.encoded(view))
    elif form is ResultForm.NOTICES:
        print("\n".join(autograding.notices(view.points, view.max_points)))
    else:
        owner = find_student(read_class(workspace, roster), known.student).login
        document = classroom50.result(view, owner, repository or known.repo)
        print(json.dumps(document, indent=1, ensure_ascii=False))
