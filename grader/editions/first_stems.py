"""Read code as if no module had been renamed in this term, so that a rename alone changes no digest.

An author who renames the module alpha to first also changes `from tinytorch.alpha import f`, `from .alpha import f` and
`import alpha_helpers`. Nothing else in the code needs to change.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

_PACKAGE = "tinytorch"
_HELPERS = "_helpers"


def under_first_stems(tree: ast.Module, first_stems: Mapping[str, str]) -> None:
    """Give modules their first stems wherever `tree` imports them. first_stems: by present stem, of renamed modules only."""
    if first_stems:
        _Renaming(tree, first_stems).carry_out()


class _Renaming:
    def __init__(self, tree: ast.Module, first_stems: Mapping[str, str]) -> None:
        self._tree, self._stems = tree, first_stems
        self._helpers = {now + _HELPERS: first + _HELPERS for now, first in first_stems.items()}
        self._variables = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        self._others = _other_names(tree)
        self._renamed: dict[str, str] = {}  # variables that hold renamed modules

    def carry_out(self) -> None:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self._import(alias)
            elif isinstance(node, ast.ImportFrom):
                self._import_from(node)
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Name):
                node.id = self._renamed.get(node.id, node.id)

    def _import(self, alias: ast.alias) -> None:
        package, dot, stem = alias.name.partition(".")
        if dot and package == _PACKAGE:
            alias.name = f"{package}.{self._stems.get(stem, stem)}"
        else:
            self._bind(alias, self._helpers)

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if _is_package(node):
            for alias in node.names:
                self._bind(alias, self._stems)
        elif node.level:
            node.module = self._stems.get(module, module)
        elif module.startswith(f"{_PACKAGE}."):
            stem = module.removeprefix(f"{_PACKAGE}.")
            node.module = f"{_PACKAGE}.{self._stems.get(stem, stem)}"
        else:
            node.module = self._helpers.get(module, module)

    def _bind(self, alias: ast.alias, names: Mapping[str, str]) -> None:
        """Rename an imported module, and the variable that holds it if no other name of the code gets in the way."""
        now = alias.name
        if now in names:
            alias.name = names[now]
            if alias.asname is None and now not in self._others and alias.name not in self._others | self._variables:
                self._renamed[now] = alias.name
            else:
                alias.asname = alias.asname or now


def _other_names(tree: ast.Module) -> set[str]:
    """Return the names of the code that are not plain variables: arguments, functions, classes, and what an import binds.

    The module in `from package import module` and in `import module` is left out.
    """
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not _is_package(node):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Global | ast.Nonlocal):
            found |= {*node.names}
        elif not isinstance(node, ast.alias):
            found |= {value for name in ("arg", "name", "rest") if isinstance(value := getattr(node, name, None), str)}
        elif node.asname:
            found.add(node.asname)
    return found


def _is_package(node: ast.ImportFrom) -> bool:
    return (node.module or "") == ("" if node.level else _PACKAGE)
