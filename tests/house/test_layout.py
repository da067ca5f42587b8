"""Test that the grader reads neither tests/ nor docs/, and that the reference package holds only sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from trial import ROOT

from grader.course import load_course
from grader.course.layout import SOURCES

NOT_READ = {"tests", "docs"}


def paths_read(tree: ast.AST) -> Iterator[str]:
    """Yield texts that are used as a path (beside a slash, given to Path, joined or globbed), and imported modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            yield from _texts(node.left, node.right)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {
            *("Path", "PurePath", "PurePosixPath", "open", "joinpath", "join", "glob", "rglob", "copytree"),
        }:
            yield from _texts(*node.args)
        elif isinstance(node, ast.Import):
            yield from (alias.name.replace(".", "/") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").replace(".", "/")


def _texts(*nodes: ast.expr) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield from (part.value for part in node.values[:1] if isinstance(part, ast.Constant))


def first_folder(path: str) -> str:
    return path.removeprefix("./").partition("/")[0]


def test_the_grader_reads_neither_tests_nor_docs() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {path}"
        for file in sorted((ROOT / "grader").rglob("*.py"))
        for path in paths_read(ast.parse(file.read_bytes()))
        if first_folder(path) in NOT_READ
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        'root / "tests" / "alternatives"',
        'root / f"docs/audit/{name}.json"',
        'Path("tests", name)',
        'root.glob("docs/*.json")',
        'open("tests/x")',
        "import tests.trial",
        "from tests.trial import Trial",
    ],
)
def test_each_way_to_read_them_is_found(code: str) -> None:
    assert NOT_READ & {first_folder(path) for path in paths_read(ast.parse(code))}


def test_the_reference_package_holds_sources_and_nothing_else() -> None:
    stems = {module.stem for module in load_course(ROOT / "course.yaml").written}
    there = {path.name for path in Path(ROOT, SOURCES).iterdir() if path.name != "__pycache__"}
    assert {f"{stem}.py" for stem in stems} | {"__init__.py"} <= there
    assert all(name.endswith(".py") for name in there)
