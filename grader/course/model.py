"""Define the data of course.yaml. It is frozen and strict (a number in quotes is not a number), and refuses unknown keys.

The instructor writes a `CourseFile` of `ModuleEntry`s. The rest of the grader uses a `Course` of `Module`s, which know their
number. The number is a module's place in the file; nobody writes it by hand.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from .problem import CourseError, nearest


def unreadable(value: object, otherwise: str) -> str:
    """Say why a value is no date. Return `otherwise` if it does not look like a date: 2027-02-31 looks like one."""
    looks = isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d(?!\d)", value)
    return "there is no such day or time" if looks else otherwise


SENTENCE = 160


def _day(value: object) -> date:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise ValueError(unreadable(value, "not a date")) from error


def _moment(value: object) -> datetime:
    try:
        when = value if isinstance(value, datetime) else datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise ValueError(unreadable(value, "not a date and time")) from error
    if when.tzinfo is None:
        raise ValueError("has no time zone")
    return when.astimezone(UTC)


def _sentence(value: str) -> str:
    if len(value) > SENTENCE or "\n" in value or not value.endswith((".", "?")):
        raise ValueError(f"not a sentence of at most {SENTENCE} letters that ends with a full stop or a question mark")
    return value


Day = Annotated[date, BeforeValidator(_day), Field(examples=["2027-01-11"])]
Moment = Annotated[datetime, BeforeValidator(_moment), Field(examples=["2027-01-24T23:59:00Z"])]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$", examples=['"#2e7d32"'])]
Text = Annotated[str, Field(min_length=1, examples=["some text"])]
Stem = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", examples=["tensor"])]
Sentence = Annotated[str, AfterValidator(_sentence)]
Hours = Annotated[float, Field(gt=0, le=40, multiple_of=0.5)]
Count = Annotated[int, Field(ge=0, examples=["2"])]
_NUMBER = re.compile(r"^\d+_")


def _several(value: object) -> object:
    """Accept a single value where a list is expected."""
    return (value,) if isinstance(value, str | int) else value


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)


class Capability(Part):
    """Name what a student can do once the module's capability check passes. It is shown as a badge."""

    name: Text
    question: Text


class Milestone(Part):
    """Describe a piece of ML history that the student's own framework can rebuild after this module."""

    name: Stem = Field(examples=["xor_1969"])
    title: Text
    embedded: Text = Field(description="The metric to reach on the data that comes with the course.")

    @property
    def check(self) -> str:
        """Return the check of the module's suite that tells whether a submission meets the milestone."""
        return f"test_milestone_{self.name}"


class Policy(Part):
    """Hold the rules of the term."""

    score: Literal["best", "last"] = Field(default="best", examples=["best"])
    late_days: Count = Field(default=0, description="Free late days in the whole term.")
    late_days_per_module: Count = Field(default=0, description="How many free late days one module may use.")
    late_penalty_percent: Count = Field(default=0, le=100, description="Taken off for each late day that is not free.")
    prerequisites: Literal["own", "reference"] = Field(default="own", examples=["own"])
    hidden_until: Literal["never", "due"] = Field(default="never", examples=["never"])


class Badges(Part):
    """Hold the colours of the badges, as #rrggbb."""

    label: Colour = "#37474f"
    earned: Colour = "#2e7d32"
    partial: Colour = "#f9a825"
    missing: Colour = "#9e9e9e"
    planned: Colour = "#cfd8dc"


class Phase(Part):
    name: Stem = Field(examples=["foundation"])
    title: Text


class WeekEntry(Part):
    """Describe one week in the file. Weeks are counted in their order there, so a break is a gap between two dates."""

    starts: Day
    topic: Text


class Week(WeekEntry):
    number: int


class Withdrawn(Part):
    """Name a module that has been graded and no longer counts. Its records stay, but no score uses them."""

    stem: Stem
    reason: Text


class ModuleEntry(Part):
    """Describe one module in the file.

    hours: how long a student needs, as measured by solving the module from handout and stub, in half hours
    wall: one sentence on what hurts without the module, as a question or a fact; it does not name the cure
    support: further files of the package that come with the module and are given, so that students write nothing in them
    renamed_from: earlier stems of the module in this term, the first one first; its old grades are stored under them
    points_before: earlier maximum points of the module in this term; some grades are out of these
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
    hours: Hours | None = Field(default=None, examples=["3.5"])
    wall: Sentence | None = Field(default=None, examples=['"Two runs, two answers: which one is right?"'])
    milestone: Milestone | None = None
    planned: bool = Field(default=False, examples=["true"])
    exclusive: bool = Field(default=False, description="Graded alone on its machine, because it measures time.")
    support: Annotated[tuple[Stem, ...], BeforeValidator(_several)] = Field(default=(), examples=["[parameter_groups]"])
    late_imports: tuple[Stem, ...] = Field(default=(), examples=["[autograd]"])
    renamed_from: Annotated[tuple[Stem, ...], BeforeValidator(_several)] = Field(default=(), examples=["old_name"])
    points_before: Annotated[tuple[int, ...], BeforeValidator(_several)] = Field(default=(), examples=["40"])
    hidden_until: Literal["never", "due"] | None = Field(default=None, examples=["due"])


class Module(ModuleEntry):
    """Describe one unit of the course. All stored data names it by its stem, because its number may change any day."""

    number: int
    line: int = Field(default=1, repr=False, description="The line of course.yaml that describes it.")

    @property
    def numbered(self) -> str:
        """Return the name that people see, which is also the folder in an edition: 02_tensor."""
        return f"{self.number:02d}_{self.stem}"

    @property
    def time_needed(self) -> str:
        """Write the hours as people do: 2 hours, 3½ hours. Return an empty text if they are not known."""
        if self.hours is None:
            return ""
        whole, half = divmod(self.hours, 1)
        number = (f"{whole:.0f}" if whole else "") + ("½" if half else "")
        return f"{number} hour" + ("s" if self.hours > 1 else "")

    @property
    def stems(self) -> tuple[str, ...]:
        """Return the module's stem, and its earlier stems in this term."""
        return (self.stem, *self.renamed_from)

    @property
    def first_stem(self) -> str:
        """Return the stem with which the module began the term. Inputs and digests use it, so a new stem changes neither."""
        return next(iter(self.renamed_from), self.stem)


class CourseFile(Part):
    """Hold course.yaml as the instructor writes it.

    gradebook: the gradebook's address in the form of SQLAlchemy, without a password; by default SQLite in the state folder
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
    """Hold the course, with all modules in order, including planned modules."""

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
        """Return the modules that have a source. The others are planned."""
        return tuple(m for m in self.modules if not m.planned)

    def module(self, key: str | int) -> Module:
        """Find a module by its stem (tensor), its number (2 or 02) or both (02_tensor)."""
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
        names = [name for module in self.modules for name in (module.stem, module.numbered)]
        mend = nearest(text, names, f"Its modules are: {known}")
        raise CourseError([f"no module {text!r} in {self.path.name}. {mend}"])

    @property
    def renamed(self) -> dict[str, str]:
        """Return the current stem of a module by each of its earlier stems in this term."""
        return {old: module.stem for module in self.modules for old in module.renamed_from}

    @property
    def first_stems(self) -> dict[str, str]:
        """Return the first stem of each renamed module by its current stem."""
        return {module.stem: module.first_stem for module in self.modules if module.renamed_from}

    def earlier(self, module: Module) -> tuple[Module, ...]:
        return self.modules[: module.number - 1]

    def package_before(self, module: Module) -> dict[str, Module]:
        """Return the files of the package that are there before a student writes `module`, in order.

        These are all earlier modules with their support files, and the module's own support files. The keys are their names
        without .py, and the values the modules with which they come.
        """
        earlier = [one for one in self.earlier(module) if not one.planned]
        before = {name: one for one in earlier for name in (*one.support, one.stem)}
        return {**before, **dict.fromkeys(module.support, module)}

    def next(self, module: Module) -> Module | None:
        return self.modules[module.number] if module.number < len(self.modules) else None

    def hidden_until(self, module: Module) -> Literal["never", "due"]:
        """Return when checks marked AFTER_DUE are shown, from the module or else from the policy."""
        return module.hidden_until or self.policy.hidden_until
