"""Does the module stand without those that come after it?

Whatever the audit runs has nothing of later modules beside it. This looks for imports that would need them all the same,
in the suite and in what it runs in the jail; the source's own are the build's business.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..grading.submission import PACKAGE
from .finding import Finding, finding
from .material import Material


def findings(material: Material) -> list[Finding]:
    wrong = list(later_imports(material))
    right = f"{material.suite.file.name} and what it needs import {', '.join(material.imports)} at most"
    return [finding("nothing of later modules is needed", wrong, right)]


def later_imports(material: Material) -> Iterator[str]:
    there = {*material.imports, PACKAGE}
    for file in (material.suite.file, *material.suite.helpers):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for name in _modules(node):
                if name.split(".")[0] == PACKAGE and name not in there:
                    yield f"{file.name} imports {name}, which is not among {', '.join(material.imports)}"


def _modules(node: ast.AST) -> list[str]:
    """Modules of the package that an import names; `from tinytorch import tensor` names tinytorch.tensor."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
        return [f"{PACKAGE}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module]
    return []
