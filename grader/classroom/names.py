"""Name the repositories of the course."""

from __future__ import annotations

from grader.course import Course

from .roster import Student


def template_repo(course: Course) -> str:
    """Name the template. No login has an underscore, so this cannot be a student's repository."""
    return f"{course.slug}_template"


def staff_repo(course: Course) -> str:
    """Name the repository where a course that is graded by workflows keeps its class list and records.

    No login has an underscore, so this cannot be a student's repository.
    """
    return f"{course.slug}_staff"


def student_repo(course: Course, student: Student) -> str:
    return f"{student_prefix(course)}{student.login.lower()}"


def student_prefix(course: Course) -> str:
    """Return the beginning that the names of all students' repositories share."""
    return f"{course.slug}-"
