"""Read course.yaml, and report all problems at once, each with its line, its field and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .model import Course, CourseFile, Module, ModuleEntry, Week
from .problem import CourseError, Problem, did_you_mean
from .yaml_lines import Located, Place

# a password between : and @, or as a part of the query
_PASSWORD = re.compile(r"://[^@]*:[^@]*@|[?&][a-z]*password=", re.IGNORECASE)

# fields that must follow the order of the modules, and how to write each in course.yaml
_RUNS_FORWARD: dict[str, Callable[[Any], str]] = {
    "week": str,
    "release": str,
    "due": lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}Z",
}


def load_course(path: Path) -> Course:
    """Read the course described by the file at `path`. Raise CourseError with every problem found."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise CourseError(
            [f"{path} does not exist. Run this in the course's folder, or give the path of its course.yaml"]
        ) from error
    except UnicodeDecodeError as error:
        raise CourseError(
            [Problem(path.name, 1, f"not UTF-8 at byte {error.start}", "Save the file as UTF-8.")]
        ) from error
    located = Located(text, path.name)
    try:
        written = CourseFile.model_validate(located.data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise CourseError(_in_order([*located.problems, *(_translate(located, d) for d in details)])) from error
    problems = [*located.problems, *_contradictions(located, written)]
    if problems:
        raise CourseError(_in_order(problems))
    fields = {name: getattr(written, name) for name in CourseFile.model_fields}
    fields["weeks"] = tuple(Week(number=n, **dict(w)) for n, w in enumerate(written.weeks, 1))
    fields["modules"] = tuple(
        Module(number=n, line=located.line(("modules", n - 1)), **dict(m)) for n, m in enumerate(written.modules, 1)
    )
    return Course(path=path, **fields)


def _in_order(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda p: p.line)


def _contradictions(located: Located, course: CourseFile) -> list[Problem]:
    """Find problems between parts of the file that are each right on their own."""
    found: list[Problem] = []

    def add(place: Place, message: str, mend: str) -> None:
        found.append(located.problem(place, message, mend))

    if course.policy.late_days_per_module > course.policy.late_days:
        add(
            ("policy", "late_days_per_module"),
            f"more late days for one module than the {course.policy.late_days} of the whole term",
            "Lower this, or raise `late_days`.",
        )
    for n in range(1, len(course.weeks)):
        if course.weeks[n].starts <= course.weeks[n - 1].starts:
            add(("weeks", n, "starts"), f"week {n + 1} does not start after week {n}", "Put the weeks in order.")
    phases = [p.name for p in course.phases]
    for n, name in enumerate(phases):
        if name in phases[:n]:
            add(("phases", n, "name"), f"a second phase called {name!r}", "Rename or remove one.")
    stems = [m.stem for m in course.modules]
    for n, module in enumerate(course.modules):
        here = ("modules", n)
        if module.stem in stems[:n]:
            first = located.line(("modules", stems.index(module.stem)))
            add(
                (*here, "stem"),
                f"a second module {module.stem!r}; the first is at line {first}",
                "Rename or remove one.",
            )
        if module.due <= datetime.combine(module.release, time(), UTC):
            add(
                (*here, "due"),
                f"due {module.due:%Y-%m-%d %H:%M} UTC, before its release {module.release}",
                "Move one of the two.",
            )
        if module.week > len(course.weeks):
            add(
                (*here, "week"), f"week {module.week}, but the plan has {len(course.weeks)}", "Give a week of the plan."
            )
        if module.phase not in phases:
            add((*here, "phase"), f"no phase {module.phase!r}", did_you_mean(module.phase, phases))
        for k, stem in enumerate(module.late_imports):
            place = (*here, "late_imports", k)
            if stem not in stems:
                add(place, f"no module {stem!r}", did_you_mean(stem, stems))
            elif stems.index(stem) <= n:
                add(
                    place,
                    f"{stem!r} does not come later than {module.stem!r}",
                    "Remove it: earlier modules may be imported anyway.",
                )
    return [
        *found,
        *_support(located, course.modules),
        *_gradebook(located, course),
        *_backwards(located, course.modules, len(course.weeks)),
        *_claimed_twice(located, course),
    ]


def _support(located: Located, modules: Sequence[ModuleEntry]) -> Iterator[Problem]:
    """Find support files with a name that the package has already."""
    taken = {module.stem: ("modules", n) for n, module in enumerate(modules)}
    for n, module in enumerate(modules):
        for k, name in enumerate(module.support):
            if name in taken:
                line = located.line(taken[name])
                mend = "Give the file another name: all files of the package are in one folder."
                yield located.problem(
                    ("modules", n, "support", k), f"a second {name}.py; the first is of line {line}", mend
                )
            taken.setdefault(name, ("modules", n))


def _gradebook(located: Located, course: CourseFile) -> Iterator[Problem]:
    """Find problems with the gradebook's address. Never quote the address, because it may hold a password."""
    url = course.gradebook or ""
    if _PASSWORD.search(url):
        yield located.problem(
            ("gradebook",),
            "holds a password, and everybody who may read the repository can read it here",
            "Take it out and change it on the server. Then write the whole address into the environment variable "
            "TINYTORCH_GRADEBOOK, or the password into PGPASSWORD or ~/.pgpass.",
        )
    elif url and not url.startswith(("postgresql://", "postgresql+psycopg://", "sqlite:///")):
        yield located.problem(
            ("gradebook",),
            "is not the address of a database",
            f"Write for example {_example(CourseFile, 'gradebook')}.",
        )


def _claimed_twice(located: Located, course: CourseFile) -> Iterator[Problem]:
    """Find old stems that are also used elsewhere, so that their grades would count twice, or both count and not count."""
    stems = {module.stem: ("modules", n) for n, module in enumerate(course.modules)}
    written = {module.stem for module in course.modules if not module.planned}
    before: dict[str, Place] = {}
    for n, module in enumerate(course.modules):
        for k, stem in enumerate(module.renamed_from):
            there = stems.get(stem) or before.get(stem)
            place: Place = ("modules", n, "renamed_from", k)
            before.setdefault(stem, place)
            if there is not None:
                mend = "The grades under a stem count for one module only: give the other module a new stem."
                what = f"{stem!r} belongs to the module at line {located.line(there[:2])}"
                yield located.problem(place, what, mend)
    for n, stem in enumerate(entry.stem for entry in course.withdrawn):
        place = ("withdrawn", n, "stem")
        if stem in written:
            mend = "Remove one of the two; a new module needs a new stem."
            yield located.problem(place, f"{stem!r} is a module at line {located.line(stems[stem])}", mend)
        elif stem in before:
            mend = "Remove one of the two."
            where = located.line(before[stem])
            yield located.problem(place, f"{stem!r} is another module's old name at line {where}", mend)


def _backwards(located: Located, modules: Sequence[ModuleEntry], weeks: int) -> Iterator[Problem]:
    """Find weeks and dates that do not follow the order of the modules, as happens after a module has been moved.

    weeks: how many the plan has. The advice is always to move the later module's date back, because an earlier deadline would
    take points from work that has been graded.
    """
    for field, write in _RUNS_FORWARD.items():
        # a week that the plan does not have is a mistake of its own, and would put every later module in the wrong place
        fits = [n for n, module in enumerate(modules) if field != "week" or module.week <= weeks]
        latest = next(iter(fits), 0)
        for n in fits[1:]:
            here, before = getattr(modules[n], field), getattr(modules[latest], field)
            if here >= before:
                latest = n
                continue
            name, other = (f"{at + 1:02d}_{modules[at].stem}" for at in (n, latest))
            line = located.line(("modules", latest, field))
            yield located.problem(
                ("modules", n, field),
                f"{name} has {write(here)}, and {other}, which comes before it, has {write(before)} (line {line})",
                f"Write `{field}: {write(before)}` here, or a later one; or put the modules in another order.",
            )


def _translate(located: Located, detail: ErrorDetails) -> Problem:
    """Say one of pydantic's errors in our words."""
    place = tuple(detail["loc"])
    owner, field = _owner(place)
    kind, got = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        known = list(owner.model_fields)
        if field in ("number", "id") and "stem" in known:
            return located.problem(
                place, "a module's number is not written", "Remove it: the number is the place in this list."
            )
        return located.problem(place, "unknown key", did_you_mean(field, known))
    example = _example(owner, field)
    if kind == "missing":
        return located.problem(place, "missing", f"Add it, for example {example}.")
    messages = {
        "int_type": "expected a whole number",
        "int_from_float": "expected a whole number",
        "float_type": "expected a number",
        "string_type": "expected text",
        "bool_type": "expected true or false",
        "tuple_type": "expected a list",
        "model_type": "expected keys and values",
        "model_attributes_type": "expected keys and values",
        "string_too_short": "it is empty",
        "too_short": "the list is empty",
        "string_pattern_mismatch": f"does not match {detail.get('ctx', {}).get('pattern', '')}",
    }
    said = messages.get(kind) or detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return located.problem(place, f"got {_shown(got)}: {said}", f"Write for example {example}.")


def _shown(got: Any) -> str:
    """Show a value as in YAML, if it is short."""
    if isinstance(got, bool):
        return str(got).lower()
    if isinstance(got, dict):
        return "keys and values"
    if isinstance(got, tuple):
        return "a list"
    return "nothing" if got is None else repr(got)


def _owner(place: Place) -> tuple[type[BaseModel], str]:
    """Return the model that has the field at `place`, and the field's name."""
    model: type[BaseModel] = CourseFile
    names = [part for part in place if isinstance(part, str)]
    for name in names[:-1]:
        model = _model_in(model.model_fields[name].annotation) or model
    if place and isinstance(place[-1], int) and names:  # for an item of a list, name the field of the list
        return model, names[-1]
    return model, names[-1] if names else ""


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for m in map(_model_in, get_args(annotation)) if m), None)


def _example(owner: type[BaseModel], field: str) -> str:
    info = owner.model_fields.get(field)
    if info is None:
        return "`title: some text`"
    if info.examples:
        return f"`{field}: {info.examples[0]}`"
    inner = _model_in(info.annotation)
    keys = ", ".join(inner.model_fields) if inner else ""
    return f"`{field}:` with {keys} indented under it"
