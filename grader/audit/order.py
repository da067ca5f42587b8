"""Does the module stand without those that come after it?

Whatever the audit runs has nothing of later modules beside it. This looks for imports that would need them all the same,
in the suite and in what it runs in the jail; the source's own are the build's business.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..grading.submission import PACKAGE
from .finding import Finding, finding
from .material import Material, modules_imported


def findings(material: Material) -> list[Finding]:
    wrong = list(later_imports(material))
    right = f"{material.suite.file.name} and what it needs import {', '.join(material.imports)} at most"
    return [finding("nothing of later modules is needed", wrong, right)]


def later_imports(material: Material) -> Iterator[str]:
    there = {*material.imports, PACKAGE}
    for file in (material.suite.file, *material.suite.helpers):
        for name in sorted(modules_imported(ast.parse(file.read_text(encoding="utf-8"))) - there):
            yield f"{file.name} imports {name}, which is not among {', '.join(material.imports)}"
