"""Do the sources fit the order of course.yaml? Every written module has one, and imports only what comes before it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from .model import Course, Module
from .problem import Problem, did_you_mean

PACKAGE = "tinytorch_ref"
_ABSOLUTE = (PACKAGE, "tinytorch")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def check_sources(course: Course, root: Path) -> list[Problem]:
    """What is wrong with the written modules' sources under `root`; planned modules are not looked at."""
    found: list[Problem] = []
    for module in course.written:
        name = f"{PACKAGE}/{module.stem}.py"
        path = root / name
        if not path.is_file():
            mend = f"Write {name}, or add `planned: true`."
            found.append(
                Problem(
                    course.path.name, module.line, f"{module.id} has no source", mend, f"modules[{module.number - 1}]"
                )
            )
            continue
        try:
            tree = ast.parse(path.read_bytes(), name)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            found.append(Problem(name, line, f"not valid Python: {getattr(error, 'msg', error)}", "Mend the syntax."))
            continue
        for line, stem, late in _imports(tree):
            found.extend(_judge(course, module, root, name, line, stem, late))
    return found


def _judge(
    course: Course, module: Module, root: Path, name: str, line: int, stem: str, late: bool
) -> Iterator[Problem]:
    """The problem with one import, if any. `late`: it runs only when a function is called."""
    if stem.startswith(_ABSOLUTE):
        mend = "Import neighbours relatively, `from .tensor import Tensor`: the file must work in both packages."
        yield Problem(name, line, f"imports {stem} by its absolute name", mend)
        return
    other = next((m for m in course.modules if m.stem == stem), None)
    if other is None:
        mend = did_you_mean(stem, [m.stem for m in course.earlier(module)])
        yield Problem(name, line, f"imports .{stem or ' (the package itself)'}, which is no module of the course", mend)
    elif other.number >= module.number:
        if late and stem in module.late_imports:
            return
        what = "itself" if other == module else f"{other.id}, which comes later"
        mend = f"Move what it needs to {module.id} or before" + (
            f", or list `late_imports: [{stem}]` for it in course.yaml."
            if late
            else ", or change the order in course.yaml."
        )
        yield Problem(name, line, f"{module.id} imports {what}", mend)
    elif other.planned and not (root / PACKAGE / f"{stem}.py").is_file():
        yield Problem(name, line, f"imports {other.id}, which is planned and has no source", "Write that module first.")


def _imports(tree: ast.AST, late: bool = False) -> Iterator[tuple[int, str, bool]]:
    """(line, neighbour, late) of each import of a neighbour; absolute names of the package come as they are written."""
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
