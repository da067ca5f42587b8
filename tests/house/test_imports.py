"""Test that imports stand at the top of a file, where circles show. Later imports are listed here, with the reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trial import ROOT

# (file of grader/, its later import): why it is not at the top
START = "the child that this starts does it beside its parent, which reads on"
HEAVY = "a command that grades nothing, or lets another process grade, does not wait for NumPy and pytest"
SMALL = (
    "`grader grade` needs neither class nor gradebook, and SQLAlchemy takes longer to import than a submission to grade"
)
NO_LIBRARY = "importing it loads libseccomp, and a machine without it still has lower levels"
CHECKS = "needs the library `checks`, which is importable only while a suite is read"
IN_JAIL = "in the jail nothing of ours can be imported before the path is set, and nothing at all before it is confined"
PASTED = "for mypy alone: the file goes into the jail as text, with the other's text before it"
TYPED = "for mypy alone: the library is imported by its path, since another course may have another"
LATER = {
    "editions/forms.py": (TYPED, "checks.answers"),
    "audit/wrong_answers.py": (TYPED, "checks.answers"),
    "grading/head_start.py": (
        START,
        "sandbox.host sandbox.faults sandbox.levels outcomes ready_suite run_request suite numpy pytest",
    ),
    "grading/batch.py": (HEAVY, "sandbox msgpack numpy pytest pytest_metadata.plugin . "),
    "grading/grade.py": (HEAVY, "ready_suite"),
    "grading/fork_server.py": (HEAVY, "ready_suite"),
    "grading/ready_suite.py": (CHECKS, "plugin checks.plugin"),
    "cli/app.py": (START, "verbs"),
    "cli/options.py": (SMALL, "pipeline.term"),
    "pipeline/workspace.py": (SMALL, "gradebook.gradebook"),
    "sandbox/host.py": ("the jail starts first, and NumPy is imported beside it", "connection"),
    "sandbox/seccomp.py": (NO_LIBRARY, "pyseccomp"),
    "sandbox/inside/worker.py": (IN_JAIL, "grader.sandbox.inside grader.sandbox.inside.session numpy"),
    "audit/strategies/submitted/differences.py": (PASTED, "replace"),
    "audit/strategies/submitted/flat.py": (PASTED, "replace"),
    "audit/strategies/submitted/hollow.py": (PASTED, "replace"),
}


def test_every_import_that_is_not_at_the_top_is_listed() -> None:
    found = {
        (str(file.relative_to(ROOT / "grader")), name)
        for file in sorted((ROOT / "grader").rglob("*.py"))
        for name in _imported_later(ast.parse(file.read_bytes()))
    }
    assert found == {(path, name) for path, (_, names) in LATER.items() for name in names.split()}


def _imported_later(module: ast.Module) -> Iterator[str]:
    for statement in module.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Import):
                yield from (name.name for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield node.module or "."
