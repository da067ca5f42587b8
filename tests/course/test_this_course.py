"""Test the course of this repository: its course.yaml is valid, and what it names is there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from grader.course import Course, load_course
from grader.course.layout import ModuleFiles
from grader.editions.build import remarks


@pytest.fixture(scope="module")
def course() -> Course:
    return load_course(Path(__file__).parents[2] / "course.yaml")


def test_a_module_is_released_in_its_week_and_due_after_at_least_one(course: Course) -> None:
    for module in course.modules:
        assert module.release == course.weeks[module.week - 1].starts
        assert module.due.date() - module.release >= timedelta(days=7)


def test_names_that_become_files_and_badges_are_unique(course: Course) -> None:
    milestones = [module.milestone.name for module in course.modules if module.milestone]
    capabilities = [module.capability.name for module in course.modules]
    assert len(set(milestones)) == len(milestones)
    assert len(set(capabilities)) == len(capabilities)


def test_every_written_module_has_its_source_and_its_folder(course: Course) -> None:
    root = course.path.parent
    for module in course.written:
        files = ModuleFiles.of(module)
        assert (root / files.source).is_file()
        assert (root / files.suite).is_file()
        assert (root / files.handout).is_file()


def test_every_written_module_says_how_long_it_takes_and_which_wall_it_begins_with(course: Course) -> None:
    assert [module.stem for module in course.written if not (module.hours and module.wall)] == []


def test_no_text_names_a_number_and_every_handout_leads_to_the_module_that_comes_next(course: Course) -> None:
    assert remarks(course.path.parent, course) == []
