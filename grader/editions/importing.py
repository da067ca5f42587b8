"""Import every edition, to see whether it works. `python importing.py JSON` runs in a process of its own and prints JSON.

The argument is a list of [folder, [module, …]]: each folder holds a package `tinytorch`; its modules are imported in order.
The output is a list of errors, as [folder, module, line in that module's file, message].
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from pathlib import Path


def failures(jobs: list[tuple[str, list[str]]]) -> list[tuple[str, str, int, str]]:
    found = []
    for folder, modules in jobs:
        for name in [n for n in sys.modules if n.split(".")[0] == "tinytorch"]:
            del sys.modules[name]
        importlib.invalidate_caches()
        sys.path.insert(0, folder)
        for module in modules:
            try:
                importlib.import_module(f"tinytorch.{module}")
            except BaseException as error:
                path = str(Path(folder, "tinytorch", f"{module}.py"))
                lines = [f.lineno or 1 for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
                found.append((folder, module, lines[0] if lines else 1, f"{type(error).__name__}: {error}"))
        sys.path.remove(folder)
    return found


if __name__ == "__main__":
    answer = failures(json.loads(sys.argv[1]))
    sys.stdout.write("\n" + json.dumps(answer))
