"""Compose a student's repository: the starter, and the student edition of released modules with their milestones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from grader.course import Course, Module
from grader.course.layout import SOURCES, STAFF_AREA, STARTER, STUDENT_AREA, ModuleFiles
from grader.editions.check_specs import checks_in
from grader.errors import GraderError

from .repo_facts import FACTS, PLAIN_PATH, day, facts, module_facts

_SKIPPED = {"__pycache__", ".pytest_cache", ".DS_Store"}


class TemplateError(GraderError):
    """Report that the files to give out are not complete."""


def compose(course: Course, released: Sequence[Module], root: Path) -> dict[str, bytes]:
    """Return all files of the template by path. None of them needs to be executable; lines end with \\n."""
    files = dict(_starter(course, released, root / STARTER))
    files["tinytorch/__init__.py"] = _content(root / SOURCES / "__init__.py")
    known, scripts = {}, {}
    for module in released:
        given = dict(_module(module, root / STUDENT_AREA / module.numbered))
        suite = f"test_{module.stem}.py"
        public = checks_in(
            given[f"modules/{module.numbered}/{suite}"].decode(), f"{STUDENT_AREA}/{module.numbered}/{suite}"
        )
        whole = checks_in(
            _content(root / STAFF_AREA / module.numbered / suite).decode(), f"{STAFF_AREA}/{module.numbered}/{suite}"
        )
        known[module.numbered] = module_facts(module, public, whole)
        files |= given
        if module.milestone is not None:
            scripts[module.milestone.name] = dict(
                _milestone(module.milestone.name, root / ModuleFiles.of(module).milestone)
            )
            files |= scripts[module.milestone.name]
    odd = [path for path in files if not PLAIN_PATH.fullmatch(path)]
    if odd:
        raise TemplateError(f"{odd[0]!r} cannot be given out: use letters, digits, '.', '_' and '-' in file names")
    files[FACTS] = facts(course, known, [name for name, script in scripts.items() if script], files)
    return dict(sorted(files.items()))


def _starter(course: Course, released: Sequence[Module], folder: Path) -> Iterator[tuple[str, bytes]]:
    """Return the starter's files. A file that ends in .j2 is a Jinja template."""
    jinja = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    for name, content in _folder(folder):
        if name.endswith(".j2"):
            page = jinja.from_string(content.decode())
            text = page.render(course=course, released={module.stem for module in released}, day=day)
            yield name.removesuffix(".j2"), text.encode()
        else:
            yield name, content


def _module(module: Module, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Return a module's student edition. Source and support files go into the package, the others beside the handout."""
    package = {f"{name}.py" for name in (module.stem, *module.support)}
    needed = {*package, f"test_{module.stem}.py", "README.md"}
    found = dict(_folder(folder)) if folder.is_dir() else {}
    missing = needed - found.keys()
    if missing:
        raise TemplateError(f"{folder} has no {', '.join(sorted(missing))}; run `grader build {module.numbered}` first")
    for name, content in found.items():
        yield f"tinytorch/{name}" if name in package else f"modules/{module.numbered}/{name}", content


def _milestone(name: str, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Return a milestone's script, and the content of the folder with its name (data it ships with)."""
    script = folder / f"{name}.py"
    if script.is_file():
        yield f"milestones/{name}.py", _content(script)
        if (folder / name).is_dir():
            yield from ((f"milestones/{name}/{inner}", content) for inner, content in _folder(folder / name))


def _folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    if not folder.is_dir():
        raise TemplateError(f"{folder} does not exist; it is part of what students get")
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.is_file() and not (_SKIPPED & set(inner.parts)) and path.suffix != ".pyc":
            yield inner.as_posix(), _content(path)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TemplateError(f"{path} cannot be read: {error.strerror}; it is part of what students get") from error
