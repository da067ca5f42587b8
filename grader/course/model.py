"""The words of course.yaml as data: frozen, strict (a number in quotes is not a number), and closed to unknown keys.

What the instructor writes is a `CourseFile` of `ModuleEntry`s; what the rest of the grader uses is a `Course` of
`Module`s, which know their number. The number is a module's place in the file and is written nowhere by hand.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from .problem import CourseError


def _day(value: object) -> date:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise ValueError("not a date of the calendar") from error


def _moment(value: object) -> datetime:
    try:
        when = value if isinstance(value, datetime) else datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise ValueError("not a moment in time") from error
    if when.tzinfo is None:
        raise ValueError("has no time zone")
    return when.astimezone(UTC)


Day = Annotated[date, BeforeValidator(_day), Field(examples=["2027-01-11"])]
Moment = Annotated[datetime, BeforeValidator(_moment), Field(examples=["2027-01-24T23:59:00Z"])]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$", examples=['"#2e7d32"'])]
Text = Annotated[str, Field(min_length=1, examples=["some text"])]
Stem = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", examples=["tensor"])]
Count = Annotated[int, Field(ge=0, examples=["2"])]
_NUMBER = re.compile(r"^\d+_")


def _several(value: object) -> object:
    """One value may stand where a list is wanted."""
    return (value,) if isinstance(value, str | int) else value


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)


class Capability(Part):
    """What a student can do once the module's capability check passes; shown as a badge."""

    name: Text
    question: Text


class Milestone(Part):
    """A piece of ML history that the student's own framework can rebuild after this module."""

    name: Stem = Field(examples=["xor_1969"])
    title: Text
    embedded: Text = Field(description="The metric to reach on what ships with the course.")

    @property
    def check(self) -> str:
        """The check of the module's suite that says whether a submission meets it."""
        return f"test_milestone_{self.name}"


class Policy(Part):
    """The rules of the term."""

    score: Literal["best", "last"] = Field(default="best", examples=["best"])
    late_days: Count = Field(default=0, description="Free late days in the whole term.")
    late_days_per_module: Count = Field(default=0, description="How many of them one module may use.")
    late_penalty_percent: Count = Field(default=0, le=100, description="Taken off for each day after the free ones.")
    prerequisites: Literal["own", "reference"] = Field(default="own", examples=["own"])
    hidden_until: Literal["never", "due"] = Field(default="never", examples=["never"])


class Badges(Part):
    """Colours of the badges, as #rrggbb."""

    label: Colour = "#37474f"
    earned: Colour = "#2e7d32"
    partial: Colour = "#f9a825"
    missing: Colour = "#9e9e9e"
    planned: Colour = "#cfd8dc"


class Phase(Part):
    name: Stem = Field(examples=["foundation"])
    title: Text


class WeekEntry(Part):
    """One week as written. Weeks are counted in the order written, so a break is simply a gap between two dates."""

    starts: Day
    topic: Text


class Week(WeekEntry):
    number: int


class Withdrawn(Part):
    """A module that has been graded and counts no more: its records stay, and no score shows them."""

    stem: Stem
    reason: Text


class ModuleEntry(Part):
    """One module as written.

    renamed_from: stems that the module had before in this term; its grades stand under them
    points_before: what it was worth before in this term; some of its grades are out of that
    """

    stem: Stem
    title: Text
    capability: Capability
    points: int = Field(ge=1, examples=["40"])
    release: Day
    due: Moment
    week: int = Field(ge=1, examples=["3"])
    chapter: Text = Field(examples=["3 DL Primer"])
    phase: Stem = Field(examples=["foundation"])
    milestone: Milestone | None = None
    planned: bool = Field(default=False, examples=["true"])
    exclusive: bool = Field(default=False, description="Whether it is graded alone on its machine: it measures time.")
    late_imports: tuple[Stem, ...] = Field(default=(), examples=["[autograd]"])
    renamed_from: Annotated[tuple[Stem, ...], BeforeValidator(_several)] = Field(default=(), examples=["old_name"])
    points_before: Annotated[tuple[int, ...], BeforeValidator(_several)] = Field(default=(), examples=["40"])
    hidden_until: Literal["never", "due"] | None = Field(default=None, examples=["due"])


class Module(ModuleEntry):
    """One unit of the course. Its stem is what it is called wherever something is kept; its number may change any day."""

    number: int
    line: int = Field(default=1, repr=False, description="Where course.yaml describes it.")

    @property
    def numbered(self) -> str:
        """How the module is shown, and its folder in an edition: 02_tensor."""
        return f"{self.number:02d}_{self.stem}"

    @property
    def stems(self) -> tuple[str, ...]:
        """Its stem, and those that it had before in this term."""
        return (self.stem, *self.renamed_from)


class CourseFile(Part):
    """course.yaml as written.

    gradebook: where the gradebook is, as SQLAlchemy writes it and without a password; by default SQLite in the state folder
    """

    title: Text
    term: Text
    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", examples=["tinytorch-spring-2027"])
    textbook: Text
    policy: Policy = Policy()
    badges: Badges = Badges()
    phases: tuple[Phase, ...] = Field(min_length=1)
    weeks: tuple[WeekEntry, ...] = Field(min_length=1)
    modules: tuple[ModuleEntry, ...] = Field(min_length=1, max_length=99)
    gradebook: Text | None = Field(default=None, examples=["postgresql+psycopg://grader@db.example.edu/tinytorch"])
    withdrawn: tuple[Withdrawn, ...] = ()


class Course(Part):
    """The course, with modules in order, planned ones included."""

    title: str
    term: str
    slug: str
    textbook: str
    policy: Policy
    badges: Badges
    phases: tuple[Phase, ...]
    weeks: tuple[Week, ...]
    modules: tuple[Module, ...]
    withdrawn: tuple[Withdrawn, ...] = ()
    gradebook: str | None = None
    path: Path

    @property
    def written(self) -> tuple[Module, ...]:
        """The modules that have a source; the others are planned, and skipped with a word."""
        return tuple(m for m in self.modules if not m.planned)

    def module(self, key: str | int) -> Module:
        """The module called `key`: its stem (tensor), its number (2 or 02) or both (02_tensor)."""
        text = str(key).strip()
        for module in self.modules:
            if text in (module.numbered, *module.stems) or (
                text.isascii() and text.isdigit() and int(text) == module.number
            ):
                return module
        moved = next((m for m in self.modules if m.stem == _NUMBER.sub("", text)), None)
        if moved is not None:
            raise CourseError([f"no module {text!r} in {self.path.name}: {moved.stem} is {moved.numbered} there"])
        known = ", ".join(m.numbered + (" (planned)" if m.planned else "") for m in self.modules)
        raise CourseError([f"no module {text!r} in {self.path.name}. Its modules are: {known}"])

    @property
    def renamed(self) -> dict[str, str]:
        """By each stem that a module had before in this term: the stem it has now."""
        return {old: module.stem for module in self.modules for old in module.renamed_from}

    def earlier(self, module: Module) -> tuple[Module, ...]:
        return self.modules[: module.number - 1]

    def next(self, module: Module) -> Module | None:
        return self.modules[module.number] if module.number < len(self.modules) else None

    def hidden_until(self, module: Module) -> Literal["never", "due"]:
        """When checks marked AFTER_DUE are shown: what the module says, or else the policy."""
        return module.hidden_until or self.policy.hidden_until
