"""Provide the small class of the classroom's tests, on either forge."""

from tests.classroom.conftest import classroom, course, forge, root, roster

__all__ = ["classroom", "course", "forge", "root", "roster"]
