"""`grader roster check`: check the class list and the list of staff."""

from __future__ import annotations

from collections import Counter

from ...classroom.staff import ALL, read_staff
from ...counted import counted
from ...pipeline.people import read_class
from ..options import RosterOption, StateOption, workspace_here


def check(roster: RosterOption = None, state: StateOption = None) -> None:
    """Check the class list and the list of staff. Show sections, students without a login, and who has left."""
    workspace = workspace_here(state)
    students = read_class(workspace, roster)
    staff = read_staff(workspace.staff_file, students) or ()
    sections = Counter(student.section for student in students.enrolled)
    for section, number in sorted(sections.items()):
        helpers = [helper.login for helper in staff if {section, ALL} & set(helper.sections)]
        print(f"section {section or '(none)'}: {counted(number, 'student')}; read by {', '.join(helpers) or 'nobody'}")
    for student in students.waiting:
        print(f"no login yet: {student.id}, {student.name}")
    for student in students.enrolled:
        if student.dropped:
            print(f"leaves on {student.dropped}: {student.id}, {student.name}")
    for student in students.dropped:
        print(f"left on {student.dropped}: {student.id}, {student.name}")
    shown = sum(1 for student in students.enrolled if student.pseudonym)
    print(
        f"the class list is right: {counted(len(students.enrolled), 'student')}, {shown} of them on the leaderboard by choice"
    )
