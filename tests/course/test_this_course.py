"""Test the course of this repository: its course.yaml is valid and follows the plan."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from grader.course import Course, load_course
from grader.editions.build import remarks

PLAN = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 5, 7: 6, 8: 7, 9: 8, 10: 9, 11: 10, 12: 10, 13: 11, 14: 12}
PLAN |= {15: 13, 16: 13, 17: 14, 18: 14, 19: 14, 20: 15}


@pytest.fixture(scope="module")
def course() -> Course:
    return load_course(Path(__file__).parents[2] / "course.yaml")


def test_the_written_modules_have_their_numbers_and_points(course: Course) -> None:
    assert len(course.modules) == 20
    assert [(m.numbered, m.points) for m in course.written] == [
        ("01_setup", 20),
        ("02_tensor", 60),
        ("03_activations", 40),
        ("04_layers", 50),
        ("05_losses", 40),
        ("06_optimizers", 40),
        ("07_autograd", 60),
    ]
    assert course.modules[-1].numbered == "20_capstone"


def test_the_plan_has_fifteen_weeks(course: Course) -> None:
    assert len(course.weeks) == 15
    assert {m.number: m.week for m in course.modules} == PLAN


def test_a_module_is_released_in_its_week_and_due_after_at_least_one(course: Course) -> None:
    for module in course.modules:
        assert module.release == course.weeks[module.week - 1].starts
        assert module.due.date() - module.release >= timedelta(days=7)


def test_names_that_become_files_and_badges_are_unique(course: Course) -> None:
    milestones = [m.milestone.name for m in course.modules if m.milestone]
    capabilities = [m.capability.name for m in course.modules]
    assert milestones == [
        "perceptron_1957",
        "xor_1969",
        "mlp_1986",
        "lenet_1998",
        "alexnet_2012",
        "gpt_2018",
        "mlperf_2018",
    ]
    assert len(set(capabilities)) == 20


def test_no_text_names_a_number_and_every_handout_leads_to_the_module_that_comes_next(course: Course) -> None:
    assert remarks(course.path.parent, course) == []
