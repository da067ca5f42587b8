"""How repositories are called."""

from __future__ import annotations

from grader.course import Course

from .roster import Student


def template_repo(course: Course) -> str:
    """No login has an underscore, so this is nobody's repository."""
    return f"{course.slug}_template"


def staff_repo(course: Course) -> str:
    """Where a course that is graded by workflows keeps its class list and records. Nobody's login, either."""
    return f"{course.slug}_staff"


def student_repo(course: Course, student: Student) -> str:
    return f"{student_prefix(course)}{student.login.lower()}"


def student_prefix(course: Course) -> str:
    """What the name of every student's repository begins with."""
    return f"{course.slug}-"
