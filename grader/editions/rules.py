"""Check the rules for one module. Each function yields problems as text with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from grader.course import Course, Module
from grader.course.layout import ModuleFiles

from .check_specs import PUBLIC, CheckSpec, checks_in, suite_problems
from .marks import IN_SUITE, python_blocks
from .problems import at
from .surface import idle_names, loose_names, surface_problems

_FIGURE = re.compile(r"(?<![\w/.-])figures/([\w-]+(?:\.[\w-]+)*)")

_LEADS_TO = re.compile(r"<!--# next: (\w+) -->")


def source_rules(source: str, student: str, staff: str, name: str) -> Iterator[str]:
    """Check that the stub shows the same surface as the solution, and uses no name that a mark has removed."""
    yield from surface_problems(student, staff, source, name)
    for edition, text in (("stub", student), ("solution", staff)):
        for line, used in loose_names(text):
            mend = "Define it outside the marks."
            yield at(
                name, line_in_source(source, text, line), f"the {edition} uses {used!r}, which it does not define", mend
            )


def suite_rules(suite: str, public: str, checks: tuple[CheckSpec, ...], module: Module, name: str) -> Iterator[str]:
    """Check that points add up, that hidden checks are hidden in both ways, and that the public suite needs none of them."""
    yield from suite_problems(checks, name, module.points, f"course.yaml:{module.line}")
    yield from _milestone_problems(checks, module, name)
    dropped = [b for b in python_blocks(suite, name, IN_SUITE) if b.tag != "student"]
    for check in checks:
        inside = any(block.holds(check.line) for block in dropped)
        if inside and check.visibility == PUBLIC:
            mend = "Say visibility=HIDDEN or AFTER_DUE, or take it out of the block."
            yield at(name, check.line, f"{check.id} stands in a hidden block, but its visibility is public", mend)
        if not inside and check.visibility != PUBLIC:
            mend = "Put #% hidden … #% endhidden around it, or make it PUBLIC: students would read it."
            yield at(name, check.line, f"{check.id} is {check.visibility} but stands outside a hidden block", mend)
    if not any(check.visibility == PUBLIC for check in checks):
        yield at(name, 1, "no check is public", "Write one, to show students an example of what is asked.")
    for line, used in loose_names(public):
        mend = "Take its definition out of the hidden block."
        yield at(name, line_in_source(suite, public, line), f"the public suite uses {used!r}, which is hidden", mend)
    for line, kind, unused in idle_names(public):
        mend = "Move it into the hidden block of the checks that use it, or remove it."
        yield at(name, line_in_source(suite, public, line), f"the {kind} {unused!r} is not used by public checks", mend)


def _milestone_problems(checks: tuple[CheckSpec, ...], module: Module, name: str) -> Iterator[str]:
    """Check that a module with a milestone has the check that gives its badge, and that no other check has such a name."""
    wanted = module.milestone.check if module.milestone else None
    if wanted and not any(check.id == wanted for check in checks):
        mend = "Write a check that does the main step of the milestone on the submission."
        yield at(name, 1, f"course.yaml:{module.line} names a milestone, but no check is called {wanted}", mend)
    for check in checks:
        if check.id.startswith("test_milestone_") and check.id != wanted:
            mend = f"Call it {wanted}." if wanted else "Name a milestone in course.yaml, or rename the check."
            yield at(name, check.line, f"{check.id} is not the check of this module's milestone", mend)


def public_checks(public: str, name: str) -> tuple[CheckSpec, ...]:
    return tuple(c for c in checks_in(public, name) if c.visibility == PUBLIC)


def figures_used(handout: str) -> list[str]:
    """Return the names of the figures that a handout shows, as `figures/NAME`."""
    return sorted(set(_FIGURE.findall(handout)))


def figure_problems(used: list[str], root: Path, files: ModuleFiles, handout_source: str) -> Iterator[str]:
    for figure in used:
        if not (root / files.figures / figure).is_file():
            line = next((n for n, text in enumerate(handout_source.split("\n"), 1) if f"figures/{figure}" in text), 1)
            mend = f"Run its script, which writes the figure into {files.figures}/."
            yield at(files.handout, line, f"shows figures/{figure}, which does not exist", mend)


def fold_problems(handout: str, name: str) -> Iterator[str]:
    """Check that each folded part of a handout has a title on its first line and an end, and holds no other folded part.

    Students can also show folded parts one by one in a terminal (starter/modules/folds.py).
    """
    opened = 0
    for line, text in enumerate(handout.split("\n"), 1):
        for mark in re.finditer(r"<details>(<summary>.+?</summary>)?|</details>", text):
            if mark.group() == "</details>":
                if not opened:
                    yield at(name, line, "</details> without <details>", "Put <details> before it, or remove it.")
                opened = 0
                continue
            if opened:
                yield at(name, line, f"<details> inside the one at line {opened}", "Write </details> first.")
            if not mark[1]:
                yield at(
                    name, line, "<details> without a title", "Write <details><summary>title</summary> on one line."
                )
            opened = line
    if opened:
        yield at(name, opened, "<details> never ends", "Put </details> after it.")


def remarks_on(root: Path, course: Course, module: Module, texts: Mapping[str, str], used: list[str]) -> Iterator[str]:
    """Yield what does not stop the build, but will cause trouble later."""
    number = re.compile(rf"\b\d\d_(?:{'|'.join(m.stem for m in course.modules)})\b|\b[Mm]odules? \d+\b")
    for name, text in texts.items():
        for line, content in enumerate(text.split("\n"), 1):
            for written in number.findall(content):
                mend = "Write the name, or {{ module.numbered }} in a handout: the number changes with the order."
                yield at(name, line, f"the number of a module is written by hand: {written}", mend)
    handout = ModuleFiles.of(module).handout
    yield from _next_remarks(course, module, texts.get(handout, ""), handout)
    for path in sorted((root / ModuleFiles.of(module).figures).glob("*")):
        if path.suffix in (".svg", ".png") and path.name not in used:
            yield at(path.relative_to(root).as_posix(), 1, "no handout shows this figure", "Show it, or remove it.")


def _next_remarks(course: Course, module: Module, handout: str, name: str) -> Iterator[str]:
    """Check the end of a handout, which introduces the next module. Its mark must name the module that now comes next."""
    following = course.next(module)
    now = following.stem if following else "nothing"
    mark = f"<!--# next: {now} -->"
    written = _LEADS_TO.search(handout)
    if written is None:
        if following and "next_module" in handout:
            line = handout[: handout.index("next_module")].count("\n") + 1
            mend = f"Write `{mark}` above these lines: the build then reports when another module comes next."
            yield at(name, line, "introduces the next module without a mark that names it", mend)
    elif written[1] != now:
        line = handout[: written.start()].count("\n") + 1
        mend = f"Rewrite the text below, then write `{mark}`."
        yield at(name, line, f"introduces {written[1]}, but {now} now comes next", mend)


def line_in_source(source: str, edition: str, line: int) -> int:
    """Return the line of the annotated text from which `line` of an edition comes, found by its text; 1 if not found."""
    wanted = edition.split("\n")[line - 1]
    lines = [re.sub(r"^( *)#\| ?", r"\1", text) for text in source.split("\n")]
    for number in range(line - 1, len(lines)):
        if lines[number] == wanted:
            return number + 1
    return 1
