"""Remove imports that only hidden checks need from a public suite, so that authors can import at the top as usual."""

from __future__ import annotations

import ast

WIDTH = 120
GAP = "\0"


def prune_imports(text: str) -> str:
    """Return `text` without the imported names that it never uses. A statement with no name left becomes a line of NUL.

    Such a line is a gap that the caller closes. This changes only statements at the top level that share no line with others,
    and never an import from `__future__`.
    """
    tree = ast.parse(text)
    lines = text.split("\n")
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    for number in range(len(tree.body) - 1, -1, -1):
        node = tree.body[number]
        if not isinstance(node, (ast.Import, ast.ImportFrom)) or getattr(node, "module", None) == "__future__":
            continue
        kept = [a for a in node.names if (a.asname or a.name.split(".")[0]) in used]
        if len(kept) == len(node.names) or not _alone(tree.body, number):
            continue
        lines[node.lineno - 1 : node.end_lineno] = _spelled(node, kept) if kept else [GAP]
    return "\n".join(lines)


def _alone(body: list[ast.stmt], number: int) -> bool:
    """Return whether a statement shares no line with its neighbours."""
    before = body[number - 1].end_lineno if number else 0
    after = body[number + 1].lineno if number + 1 < len(body) else None
    node = body[number]
    return before != node.lineno and after != node.end_lineno


def _spelled(node: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> list[str]:
    """Return the import of `names` as formatters write it: on one line, or with one line for each name."""
    if isinstance(node, ast.Import):
        return [ast.unparse(ast.Import(names))]
    whole = ast.unparse(ast.ImportFrom(node.module, names, node.level))
    if len(whole) <= WIDTH:
        return [whole]
    head = whole[: whole.index(" import ")]
    return [f"{head} import (", *(f"    {ast.unparse(name)}," for name in names), ")"]
