"""Give out, or remove, everything that is held on one student."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from ..classroom.roster import Student, read_lines, written
from ..exports.personal import copies, folders_of, personal
from ..files import alone, write_atomic
from ..gradebook.decisions import read_decisions
from ..gradebook.gradebook import Gradebook
from .term import Term
from .workspace import Workspace


def data_of(term: Term, who: Student) -> dict[str, str]:
    """Return the files to give out, by path, from the records in the gradebook."""
    with term.workspace.gradebook() as book:
        place = {module.stem: module.number for module in term.course.modules}
        modules = sorted(book.modules_of(who.id), key=lambda stem: place.get(stem, len(place) + 1))
        records = [record for module in modules for record in book.history(who.id, module)]
        standings = book.standings(term.course, {who.id: who.pseudonym or None}, term.entries(book))
    return personal(who, standings[0], term.decisions.about(who.id), records)


@dataclass(frozen=True)
class Held:
    """Describe the data that is held on a student, or was.

    folders: folders about this student alone, with the number of files in each; shared: folders with copies of everybody's data;
    records, decisions: how many; class_list: the class list, if it has a line for this student
    """

    folders: dict[Path, int]
    records: int
    decisions_file: Path
    decisions: int
    class_list: Path | None
    shared: tuple[Path, ...] = ()

    @property
    def anything(self) -> bool:
        return bool(self.folders or self.records or self.decisions or self.class_list)


def forget(workspace: Workspace, class_list: Path, student: str, *, dry_run: bool) -> Held:
    """Remove everything that is held on the student with this id, and describe it. dry_run: remove nothing"""
    with alone(workspace.state), Gradebook(workspace.gradebook_url) as book:
        decisions = read_decisions(workspace.decisions_file)
        lines = read_lines(class_list)[1]
        held = Held(
            folders={folder: _count_files(folder) for folder in folders_of(workspace.state, student)},
            records=sum(len(book.history(student, module)) for module in book.modules_of(student)),
            decisions_file=decisions.path,
            decisions=len(decisions.about(student)),
            class_list=class_list if any(listed.id == student for _, listed in lines) else None,
        )
        if not held.anything:
            return held
        held = replace(held, shared=tuple(copies(workspace.state)))
        if not dry_run:
            for folder in (*held.shared, *held.folders):
                shutil.rmtree(folder)
            book.forget(student)
            if held.decisions:
                write_atomic(decisions.path, decisions.without_student(student).text)
            if held.class_list:  # last, so that staff can still name the student if an earlier step fails
                write_atomic(class_list, written(listed for _, listed in lines if listed.id != student))
    return held


def _count_files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))
