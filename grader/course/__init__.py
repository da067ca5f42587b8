"""Read course.yaml into a Course, which gives all other rooms the modules, points, dates and policies."""

from .load import load_course
from .model import Badges, Capability, Course, Milestone, Module, Phase, Policy, Week, Withdrawn
from .problem import CourseError, Problem
from .sources import check_sources

__all__ = [
    "Badges",
    "Capability",
    "Course",
    "CourseError",
    "Milestone",
    "Module",
    "Phase",
    "Policy",
    "Problem",
    "Week",
    "Withdrawn",
    "check_sources",
    "load_course",
]
