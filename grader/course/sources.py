"""Check that a module's files fit the order of course.yaml: each written module has a source that imports only earlier modules.

The same holds for the files that run with the source: the suite, its helpers, the experiment, and the milestone's script. The
wall comes before the module, so it imports only earlier modules.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from .layout import SOURCES, ModuleFiles
from .model import Course, Module
from .problem import Problem, did_you_mean

STUDENTS = "tinytorch"
_ABSOLUTE = (SOURCES, STUDENTS)
Import = TypeVar("Import")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def check_sources(course: Course, root: Path, modules: Iterable[Module] | None = None) -> list[Problem]:
    """Find problems with the files under `root` of these modules, by default of all written modules."""
    found: list[Problem] = []
    for module in course.written if modules is None else modules:
        name = ModuleFiles.of(module).source
        if not (root / name).is_file():
            mend = f"Write {name}, or add `planned: true`."
            field = f"modules[{module.number - 1}]"
            found.append(Problem(course.path.name, module.line, f"{module.numbered} has no source", mend, field))
        else:
            for part in (name, *(ModuleFiles(support).source for support in module.support)):
                if not (root / part).is_file():
                    mend = f"Write {part}, or remove it from `support`."
                    found.append(Problem(course.path.name, module.line, f"{part} is missing", mend, "support"))
                    continue
                for line, stem, late in _read(root / part, part, _imports, found):
                    found.extend(_judge(course, module, root, part, line, stem, late))
        before = course.package_before(module)
        beside = [(name, {*before, module.stem}) for name in _beside(module)]
        beside.append((ModuleFiles.of(module).wall, {name for name, one in before.items() if one != module}))
        for name, there in beside:
            if (root / name).is_file():
                for line, stem in _read(root / name, name, _imports_from_outside, found):
                    found.extend(_judge_beside(course, module, there, name, line, stem))
    return found


def _beside(module: Module) -> Iterator[str]:
    """Yield the names of the files that import the package from outside, as students do."""
    files = ModuleFiles.of(module)
    yield from (files.suite, files.helpers, files.experiment)
    if module.milestone is not None:
        yield f"{files.milestone}/{module.milestone.name}.py"


def _read(path: Path, name: str, imports: Callable[[ast.AST], Iterator[Import]], found: list[Problem]) -> list[Import]:
    """Return the imports of a file. If the file is not valid Python, add that to the problems `found`."""
    try:
        return list(imports(ast.parse(path.read_bytes(), name)))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        found.append(Problem(name, line, f"not valid Python: {getattr(error, 'msg', error)}", "Mend the syntax."))
        return []


def _judge_beside(
    course: Course, module: Module, there: set[str], name: str, line: int, stem: str
) -> Iterator[Problem]:
    """Yield the problem with one import of a file beside the source, if there is one. there: the names that it may import"""
    if stem in there:
        return
    other = next((other for other in course.modules if other.stem == stem), None)
    if other is None:
        mend = did_you_mean(stem, sorted(there))
        yield Problem(name, line, f"imports tinytorch.{stem}, which is not a module of the course", mend)
    elif other == module:
        mend = "A wall runs before its module is written: use earlier modules."
        yield Problem(name, line, f"the wall of {module.numbered} imports {module.numbered}", mend)
    else:
        mend = f"Move the code that needs it to {other.numbered} or later, or change the order in course.yaml."
        yield Problem(name, line, f"{module.numbered} imports {other.numbered}, which comes later", mend)


def _judge(
    course: Course, module: Module, root: Path, name: str, line: int, stem: str, late: bool
) -> Iterator[Problem]:
    """Yield the problem with one import, if there is a problem. late: it runs only when a function is called"""
    if stem.startswith(_ABSOLUTE):
        mend = (
            "Import other modules relatively, as in `from .tensor import Tensor`: the file must work in both packages."
        )
        yield Problem(name, line, f"imports {stem} by its absolute name", mend)
        return
    if stem in course.package_before(module) and name != ModuleFiles(stem).source:
        return
    other = next((m for m in course.modules if m.stem == stem), None)
    if other is None:
        mend = did_you_mean(stem, [m.stem for m in course.earlier(module)])
        yield Problem(
            name, line, f"imports .{stem or ' (the package itself)'}, which is not a module of the course", mend
        )
    elif other.number >= module.number:
        if late and stem in module.late_imports:
            return
        what = f"{other.numbered}, which comes later"
        if other == module:
            what = "itself" if name == ModuleFiles(stem).source else f"{other.numbered}, to which it belongs"
        mend = f"Move the code that it needs to {module.numbered} or before" + (
            f", or list `late_imports: [{stem}]` for it in course.yaml."
            if late
            else ", or change the order in course.yaml."
        )
        yield Problem(name, line, f"{module.numbered} imports {what}", mend)
    elif other.planned and not (root / ModuleFiles.of(other).source).is_file():
        yield Problem(
            name, line, f"imports {other.numbered}, which is planned and has no source", "Write that module first."
        )


def _imports(tree: ast.AST, late: bool = False) -> Iterator[tuple[int, str, bool]]:
    """Yield (line, module, late) of each import of another module. Absolute names come as they are written."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            names = [node.module.split(".")[0]] if node.module else [alias.name for alias in node.names]
            yield from ((node.lineno, stem, late) for stem in names)
        elif isinstance(node, ast.ImportFrom) and node.level > 1:
            yield node.lineno, _ABSOLUTE[0] + " from above", late
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in _ABSOLUTE:
            yield node.lineno, node.module or "", late
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, a.name, late) for a in node.names if a.name.split(".")[0] in _ABSOLUTE)
        else:
            yield from _imports(node, late or isinstance(node, _FUNCTIONS))


def _imports_from_outside(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield (line, module) of each import of the package's modules anywhere in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module == STUDENTS:
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.lineno, stem) for stem in _within(node.module or ""))
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, stem) for alias in node.names for stem in _within(alias.name))


def _within(dotted: str) -> list[str]:
    """Return ["tensor"] for tinytorch.tensor, and [] for a name outside the package."""
    package, _, rest = dotted.partition(".")
    return [rest.split(".")[0]] if package == STUDENTS and rest else []
