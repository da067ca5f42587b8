"""Check that students cannot read a solution anywhere, even with other variable names.

The build looks for the exact statements of a module's solution in that module's student files. The audit looks for the
statements of every module in everything that is published, and ignores names of variables: `p = e / e.sum()` equals
`powers / powers.sum()` with one name changed. Names of functions, modules and attributes count. A statement counts only
if it calls or computes: statements that only move values stand in every file and tell nothing about the solution.
"""

from __future__ import annotations

import ast
import builtins
import copy
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..course import Course
from ..course.layout import STARTER, STUDENT_AREA, ModuleFiles
from ..editions.leaks import MIN_WORK, SIMPLE, work
from ..editions.regions import regions
from .finding import Finding, finding

_FENCE = re.compile(r"^```(?:python|py)\b[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def published_files(root: Path) -> list[Path]:
    """Return the Python and Markdown files that students get: the student editions, and the starter with `checks`."""
    folders = (root / STUDENT_AREA, root / STARTER)
    names = ("*.py", "*.md", "*.j2")
    return sorted(path for folder in folders for name in names for path in folder.rglob(name))


def statements_out(root: Path, course: Course, only: str | None = None) -> Iterator[str]:
    """Yield a line for each statement of a solution in a published file. only: the stem of the module to look for."""
    sources = {
        module.stem: (root / ModuleFiles.of(module).source).read_text(encoding="utf-8") for module in course.written
    }
    kept = _kept(sources.values())
    public: dict[str, list[str]] = {}
    for path in published_files(root):
        for line, form in _forms_of_file(path, kept):
            public.setdefault(form, []).append(f"{path.relative_to(root).as_posix()}:{line}")
    for stem, text in sources.items():
        if only not in (None, stem):
            continue
        for region in regions(text, f"{stem}.py"):
            for node in (inner for statement in region.body for inner in ast.walk(statement)):
                if isinstance(node, SIMPLE) and work(node) >= MIN_WORK:
                    for place in public.get(_form(node, kept), ()):
                        yield f"{place} holds `{ast.unparse(node)}` of {region.function}, names aside"


def findings(root: Path, course: Course, only: str) -> list[Finding]:
    out = list(dict.fromkeys(statements_out(root, course, only)))
    files = len(published_files(root))
    return [finding("no statement of the solution is published", out, f"looked for in {files} files, names aside")]


def _forms_of_file(path: Path, kept: frozenset[str]) -> Iterator[tuple[int, str]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        blocks = [(0, text)]
    else:
        blocks = [(text.count("\n", 0, found.start(1)), found.group(1)) for found in _FENCE.finditer(text)]
    for above, block in blocks:
        try:
            tree = ast.parse(block)
        except SyntaxError:
            continue  # such a block may show output or part of a line; solutions are whole statements
        for node in ast.walk(tree):
            if isinstance(node, SIMPLE) and work(node) >= MIN_WORK:
                yield above + node.lineno, _form(node, kept)


def _kept(sources: Iterable[str]) -> frozenset[str]:
    """Return names that mean the same everywhere: builtins, and names that a module defines or imports at its top."""
    names = set(vars(builtins))
    for text in sources:
        for node in ast.parse(text).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                names.add(node.name)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                names |= {alias.asname or alias.name for alias in node.names}
            elif isinstance(node, ast.Assign):
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(names)


def _form(node: ast.stmt, kept: frozenset[str]) -> str:
    """Return the statement's value with its variables renamed in the order in which they come. Its target does not matter."""
    value = None if isinstance(node, ast.AugAssign) else getattr(node, "value", None)
    tree = copy.deepcopy(value or node)
    names: dict[str, str] = {}
    for inner in ast.walk(tree):
        if isinstance(inner, ast.Name) and inner.id not in kept:
            inner.id = names.setdefault(inner.id, f"_{len(names)}")
        elif isinstance(inner, ast.arg):
            inner.arg = names.setdefault(inner.arg, f"_{len(names)}")
    return ast.unparse(tree)
