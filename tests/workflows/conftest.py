"""Provide the small class of the classroom's tests for the workflows."""

from tests.classroom.conftest import classroom, course, forge, root, roster

__all__ = ["classroom", "course", "forge", "root", "roster"]
