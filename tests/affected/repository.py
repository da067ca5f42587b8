"""Tell what the files of the repository are now: their digests, and what each imports."""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.editions import code
from grader.editions.code import code_of
from tests.affected.children.sitecustomize import ALIEN

ALWAYS = ("requirements.lock", "pyproject.toml")
HERE = Path(__file__).parent
JAILED = "grader/sandbox/inside/"  # imports submissions by name, and none of our files
EVERYTHING = "every file of code that is loaded in the process"
# Variables that Python, git, the grader, its packages or the machine's libraries read. Others count for no test.
READ = re.compile(
    r"(PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_.*|TZ|TMPDIR|CI|NO_COLOR|FORCE_COLOR|SOURCE_DATE_EPOCH|.*_PROXY|.*_NUM_THREADS|"
    r"(TINYTORCH|GITHUB|GH|GIT|ACT|DOCKER|PG|LD|SSL|MPL|NPY|NUMPY|OPENBLAS|MKL|HYPOTHESIS|PYDANTIC|RUFF|MYPY|PIP)[A-Z0-9]*_.*|"
    r"PG.*|MPL.*|PYTHON(?!PATH).*)",
    re.IGNORECASE,
)


class Repository:
    """Hold the files of the repository as they are now, and their digests."""

    def __init__(self, root: Path, codes: dict[str, str]) -> None:
        self.root = root
        self.codes = codes  # the digest of a file's code by that of its bytes, which is quicker to work out
        self._listed = sorted(set(self._git("--cached", "-t") + self._git("--others", "-t", "--exclude-standard")))
        self.files = sorted({line[2:] for line in self._listed if os.path.lexists(root / line[2:])})
        self._known: dict[str, str] = {}

    def _git(self, *options: str) -> list[str]:
        done = subprocess.run(
            ["git", "ls-files", "-z", *options], cwd=self.root, capture_output=True, text=True, check=True
        )
        return [line for line in done.stdout.split("\0") if line]

    def base(self) -> str:
        """Return the digest of what every test depends on.

        This is the machine, the packages, this plugin, and what is known of all files except tests without opening them:
        whether git has them, whether they may be run, and where a link leads.
        """
        files = (file for file in sorted(HERE.rglob("*.py")) if not file.name.startswith("test_"))
        ours = (digest([code_of(file.read_text(encoding="utf-8"))]) for file in files)
        always = (self.digest(f"data {name}") for name in ALWAYS)
        return digest([*_machine(), *ours, *always, *self._outside()])

    def _outside(self) -> Iterator[str]:
        for line in self._listed:
            path = self.root / line[2:]
            if not is_test(line[2:]) and os.path.lexists(path):
                leads = os.readlink(path) if path.is_symlink() else os.access(path, os.X_OK)
                yield f"{line} {leads}"

    def digest(self, note: str) -> str:
        """Return the digest of what a note names."""
        if note not in self._known:
            kind, name = note.split(" ", 1)
            self._known[note] = _version(name) if kind == "tool" else self._digest(kind, name)
        return self._known[note]

    def _digest(self, kind: str, name: str) -> str:
        path = self.root / name
        is_folder = os.path.isdir(path)  # pathlib raises for the text of a program, which is too long for a name
        if kind in ("tree", "program") and is_folder:
            inside = "code" if kind == "program" else "data"
            below = [file for file in self.files if name == "." or file.startswith(name + "/")]
            return digest([f"{file} {self.digest(f'{inside} {file}')}" for file in below])
        if is_folder:
            entries = (entry for entry in os.listdir(path) if entry not in ALIEN)
            return digest(sorted(entry for entry in entries if not entry.startswith((".", "__pycache__"))))
        if not os.path.isfile(path):
            return "missing"
        data = path.read_bytes()
        plain = hashlib.sha256(data).hexdigest()
        if kind in ("data", "tree") or path.suffix != ".py":
            return plain
        if plain not in self.codes:
            self.codes[plain] = digest([code_of(data.decode("utf-8", "replace"))])
        return self.codes[plain]

    @functools.cached_property
    def _python(self) -> set[str]:
        return {name for name in self.files if name.endswith(".py")}

    @functools.cache  # noqa: B019  one repository a run
    def imports(self, name: str) -> frozenset[str]:
        """Return the files of the repository that a file imports anywhere, or EVERYTHING if that cannot be known."""
        try:
            tree = ast.parse((self.root / name).read_text(encoding="utf-8", errors="replace"))
        except SyntaxError:
            return frozenset()
        found: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    found |= self._find(alias.name, name)
            elif isinstance(node, ast.ImportFrom):
                above = Path(name).parents[node.level - 1].as_posix().replace("/", ".") if node.level else ""
                base = ".".join(part for part in (above.strip("."), node.module) if part)
                for alias in node.names:
                    found |= self._find(f"{base}.{alias.name}", name)
            elif isinstance(node, ast.Call) and not name.startswith(JAILED):
                found |= self._by_name(node, name)
        return frozenset(found - {name})

    def _by_name(self, call: ast.Call, asker: str) -> set[str]:
        """Return the files that import_module may import: ("lib.one"), (f"lib.{name}") or (f".{name}", __package__)."""
        if ast.unparse(call.func) not in ("importlib.import_module", "import_module", "__import__") or not call.args:
            return set()
        said = call.args[0]
        found: set[str] = set()
        for one in (said.body, said.orelse) if isinstance(said, ast.IfExp) else (said,):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                found |= self._find(one.value, asker)
                continue
            begin = one.values[0] if isinstance(one, ast.JoinedStr) else None
            if not isinstance(one, ast.JoinedStr) or not isinstance(begin, ast.Constant) or "." not in begin.value:
                return {EVERYTHING}
            parts = [re.escape(_path(part.value)) if isinstance(part, ast.Constant) else ".+" for part in one.values]
            above = f"{re.escape(Path(asker).parent.as_posix())}" if begin.value.startswith(".") else ""
            pattern = re.compile(above + "".join(parts) + r"(/__init__)?\.py")
            named = {file for file in self._python if pattern.fullmatch(file)}
            found |= named | {file for one in named for file in self._find(one[:-3].replace("/", "."), asker)}
        return found

    def _find(self, dotted: str, asker: str) -> set[str]:
        """Return the files that an import of this name runs: the module and the packages above it, in every possible place."""
        found = set()
        parts = dotted.split(".")
        for place in {"", f"{Path(asker).parent.as_posix()}/", *self._places}:
            for count in range(1, len(parts) + 1):
                stem = place.removeprefix("./") + "/".join(parts[:count])
                found |= {one for one in (f"{stem}.py", f"{stem}/__init__.py") if one in self._python}
        return found

    @functools.cached_property
    def _places(self) -> set[str]:
        """Return the folders of the repository from which modules may be imported by their bare name."""
        inside = (Path(path).resolve() for path in sys.path if path)
        return {f"{path.relative_to(self.root).as_posix()}/" for path in inside if path.is_relative_to(self.root)}

    def closure(self, starts: Iterable[str]) -> set[str]:
        waiting, found = list(starts), set()
        while waiting:
            name = waiting.pop()
            if name == EVERYTHING:
                found.add(name)
            elif name in self._python and name not in found:
                found.add(name)
                waiting += self.imports(name)
        return found


def is_test(name: str) -> bool:
    """Tell whether a file holds tests that pytest collects; nothing else depends on its being there."""
    return re.fullmatch(r"(tests|modules/[^/]+/tests)/(.*/)?test_[^/]*\.py", name) is not None


def digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def reducer() -> str:
    """Return the digest of the files that reduce a text to its code."""
    return digest(file.read_text(encoding="utf-8") for file in sorted(Path(code.__file__).parent.glob("*.py")))


def _path(dotted: str) -> str:
    return dotted.replace(".", "/")


def _machine() -> Iterator[str]:
    """Tell what the machine is: system, user, variables, Python and the packages in it."""
    system = os.uname()
    yield from (system.release, system.version, system.machine, sys.version, sys.executable, str(os.geteuid()))
    yield from (f"{name}={value}" for name, value in sorted(os.environ.items()) if READ.fullmatch(name))
    yield from sorted(entry for entry in os.listdir(sysconfig.get_path("purelib")) if entry.endswith(".dist-info"))


def _version(program: str) -> str:
    """Tell which version of a program the machine has, without running it."""
    found = shutil.which(program)
    if found is None:
        return "missing"
    state = os.stat(found)
    return f"{os.path.realpath(found)} {state.st_size} {state.st_mtime_ns}"
