"""The small class of the classroom's tests is the one that the workflows work for."""

from tests.classroom.conftest import classroom, course, forge, root, roster

__all__ = ["classroom", "course", "forge", "root", "roster"]
