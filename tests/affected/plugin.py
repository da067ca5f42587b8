"""Leave out the test files that no edit can change: a plugin for pytest, which `make test` asks for with -p.

After a run, each test file whose tests all passed is remembered together with everything it depends on: the code of the
files that it imports, directly or not, and each file below the repository that was opened while its tests ran, also in
child processes (children/sitecustomize.py takes the notes). The next run leaves the file out while all of that is the same.

In doubt, a file runs. Comments and docstrings count in a file that was read, and not in one that was imported. A new or
missing file, another lock or another Python makes everything run. A file with a skipped or failed test is not remembered.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.editions.code import code_of
from tests.affected.children.sitecustomize import ROOT, recorder

ALWAYS = ("requirements.lock", "pyproject.toml")
JAILED = "grader/sandbox/inside/"  # imports submissions by name, and none of our files
EVERYTHING = "every file of code that is loaded in the process"


class Repository:
    """Hold the files of the repository as they are now, and their digests."""

    def __init__(self, root: Path, codes: dict[str, str]) -> None:
        self.root = root
        self.codes = codes  # the digest of a file's code by that of its bytes, which is quicker to work out
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        done = subprocess.run(listed, cwd=root, capture_output=True, text=True, check=True)
        self.files = sorted({name for name in done.stdout.split("\0") if name and (root / name).exists()})
        self._known: dict[str, str] = {}

    def base(self) -> str:
        """Return the digest of what every test depends on: Python, the packages, and the names of all files except tests."""
        names = [name for name in self.files if not _is_test(name)]
        return digest([sys.version, *names, *(self.digest(f"data {name}") for name in ALWAYS)])

    def digest(self, note: str) -> str:
        """Return the digest of what a line of notes names."""
        if note not in self._known:
            kind, name = note.split(" ", 1)
            self._known[note] = self._digest(kind, name)
        return self._known[note]

    def _digest(self, kind: str, name: str) -> str:
        path = self.root / name
        is_folder = os.path.isdir(path)  # pathlib raises for the text of a program, which is too long for a name
        if kind in ("tree", "program") and is_folder:
            inside = "code" if kind == "program" else "data"
            below = [file for file in self.files if name == "." or file.startswith(name + "/")]
            return digest([f"{file} {self.digest(f'{inside} {file}')}" for file in below])
        if is_folder:
            return digest(sorted(entry for entry in os.listdir(path) if not entry.startswith((".", "__pycache__"))))
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
        if isinstance(said, ast.Constant) and isinstance(said.value, str):
            return self._find(said.value, asker)
        begin = said.values[0] if isinstance(said, ast.JoinedStr) else None
        if not isinstance(begin, ast.Constant) or "." not in begin.value:
            return {EVERYTHING}
        folder = begin.value.rpartition(".")[0].replace(".", "/") or Path(asker).parent.as_posix()
        return {one for one in self._python if one.startswith(f"{folder}/")}

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


def _is_test(name: str) -> bool:
    return os.path.basename(name).startswith("test_")


def digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


class Notes:
    """Keep the notes of each test file. A fixture that several files share has notes of its own."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.root = root
        self.numbers: dict[str, int] = {}
        self.users: dict[str, set[str]] = defaultdict(set)  # the files that use a shared fixture, by its owner's name
        self.owner = ""

    def of(self, owner: str) -> None:
        """Assign all files that are opened from now on to this owner: a test file, or `fixture NAME`."""
        if owner == self.owner:
            return
        if not owner.startswith("fixture "):
            _forget_what_is_kept(self.root)
        self.owner = owner
        folder = self.folder / str(self.numbers.setdefault(owner, len(self.numbers)))
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)  # children may be other users
        recorder.start(str(folder))

    def read(self) -> dict[str, list[str]]:
        """Return the notes of each test file, including those of its shared fixtures."""
        found = {owner: self._lines(number) for owner, number in self.numbers.items()}
        files = {owner: set(lines) for owner, lines in found.items() if not owner.startswith("fixture ") and owner}
        for fixture, users in self.users.items():
            for file in users & files.keys():
                files[file] |= found.get(fixture, set())
        for lines in files.values():
            lines |= found.get("", set())  # opened before any test: by conftest files and plugins
        return {file: sorted(lines) for file, lines in files.items()}

    def _lines(self, number: int) -> set[str]:
        folder = self.folder / str(number)
        texts = (file.read_bytes().decode("utf-8", "backslashreplace") for file in folder.iterdir())
        return {note for text in texts for note in text.split("\0")[:-1]}


def _forget_what_is_kept(root: Path) -> None:
    """Empty the caches of our functions, so that a file which an earlier test read is read, and noted, again."""
    for module in list(sys.modules.values()):
        if str(getattr(module, "__file__", None) or "").startswith(str(root) + os.sep):
            for value in list(vars(module).values()):
                if isinstance(value, functools._lru_cache_wrapper) and value.__module__ == module.__name__:
                    value.cache_clear()


class Affected:
    """Act in one process of pytest. The controller decides, workers of xdist take notes, and a single process does both."""

    def __init__(self, config: pytest.Config) -> None:
        self.root = Path(config.rootpath).resolve()
        self.worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self.memory = self.root / ".pytest_cache" / "affected.json"
        self.began = time.time()
        self.plain = not config.option.keyword and not config.option.file_or_dir and not config.option.collectonly
        self.outcomes: dict[str, list[str]] = defaultdict(list)
        self.notes: list[dict[str, list[str]]] = []
        self.silent_workers = 0
        self.loaded: set[str] = set()
        self.left_out: dict[str, int] = {}
        self.taken: Notes | None = None
        recorder.root = str(self.root)
        if self.worker is not None:
            self.left_out = self.worker["left_out"]
        elif self.plain:
            self._decide(config)
        if self.worker is not None or not config.getoption("numprocesses", None):
            self.taken = Notes(Path(tempfile.mkdtemp(prefix="affected-")), self.root)
            self.taken.folder.chmod(0o755)
            self.taken.of("")
            sys.addaudithook(recorder)

    def _decide(self, config: pytest.Config) -> None:
        kept = json.loads(self.memory.read_text()) if self.memory.exists() else {"codes": {}, "files": {}}
        self.codes = kept["codes"]
        self.files = kept["files"]
        self.repository = Repository(self.root, self.codes)
        self.base = digest([self.repository.base(), config.option.markexpr])
        if not config.option.run_all:
            for file, entry in self.files.items():
                if entry["digest"] == self._digest(entry["notes"]):
                    self.left_out[file] = entry["tests"]

    def _digest(self, notes: list[str]) -> str:
        return digest([self.base, *(f"{note} {self.repository.digest(note)}" for note in notes)])

    # what is run

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        return True if self._name(collection_path) in self.left_out else None

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["left_out"] = self.left_out

    # what it depends on

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        """Assign the files that a test file opens during its import to it. The folders that pytest lists belong to nobody."""
        if self.taken:
            self.taken.of(self._name(collector.path) if isinstance(collector, pytest.File) else "fixture collection")
        result = yield
        if self.taken:
            self.taken.of("fixture collection")
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        if self.taken:
            self.taken.of(self._name(item.path))
            for name in getattr(item, "fixturenames", ()):
                self.taken.users[f"fixture {name}"].add(self._name(item.path))
        return (yield)  # type: ignore[return-value]

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: pytest.FixtureRequest) -> Iterator[None]:
        if self.taken is None or fixturedef.scope not in ("session", "package"):
            return (yield)  # type: ignore[return-value]
        owner = self.taken.owner
        self.taken.of(f"fixture {fixturedef.argname}")
        try:
            return (yield)  # type: ignore[return-value]
        finally:
            self.taken.of(owner)

    # what is remembered

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.nodeid.partition("::")[0]].append(report.outcome)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        given = getattr(node, "workeroutput", {}).get("affected")
        if given is None:
            self.silent_workers += 1
            return
        self.notes.append(given["notes"])
        self.loaded |= set(given["loaded"])

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        if self.taken:
            mine = {"notes": self.taken.read(), "loaded": self._loaded()}
            recorder.folder = None
            shutil.rmtree(self.taken.folder, ignore_errors=True)  # a child that still runs may add a note
            if self.worker is not None:
                session.config.workeroutput["affected"] = mine  # type: ignore[attr-defined]
            else:
                self.notes.append(mine["notes"])
                self.loaded |= set(mine["loaded"])
        result = yield
        if self.worker is None and self.plain:
            if not self.silent_workers:
                self._remember(session.config)
            if self.left_out and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
                session.exitstatus = pytest.ExitCode.OK
        return result

    def _loaded(self) -> list[str]:
        """Return the files of the repository that are imported in this process."""
        places = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        alien = str(self.root / ".venv")
        inside = (place for place in places if place and place.startswith(f"{self.root}{os.sep}"))
        return [self._name(Path(place)) for place in inside if not place.startswith(alien)]

    def _remember(self, config: pytest.Config) -> None:
        here = str(Path(__file__).parent.relative_to(ROOT))
        passed = {file for file, seen in self.outcomes.items() if set(seen) == {"passed"}}
        closures = {file: self.repository.closure([file, *self._conftests(file)]) for file in self.outcomes}
        for file, closure in closures.items():
            self.files.pop(file, None)
            if file not in passed:
                continue
            if EVERYTHING in closure:
                closure = (closure - {EVERYTHING}) | {name for name in self.loaded if not _is_test(name)}
            seen = {note for notes in self.notes for note in notes.get(file, ())}
            depends = sorted(seen | {f"code {name}" for name in closure} | {f"program {here}"})
            if not any(self._edited(note) for note in depends):  # otherwise nobody knows which text they saw
                digest_now = self._digest(depends)
                self.files[file] = {"tests": len(self.outcomes[file]), "digest": digest_now, "notes": depends}
        self.files = {file: entry for file, entry in self.files.items() if (self.root / file).exists()}
        self.memory.parent.mkdir(exist_ok=True)
        fresh = self.memory.with_suffix(".new")
        fresh.write_text(json.dumps({"codes": self.codes, "files": self.files}))
        fresh.replace(self.memory)

    def _conftests(self, file: str) -> list[str]:
        return [
            name
            for folder in Path(file).parents
            if (name := (folder / "conftest.py").as_posix()) in self.repository.files
        ]

    @functools.cached_property
    def _written(self) -> set[str]:
        """Return the files that were written while the tests ran."""
        return {name for name in self.repository.files if (self.root / name).stat().st_mtime > self.began}

    def _edited(self, note: str) -> bool:
        kind, name = note.split(" ", 1)
        folder = "" if name == "." else f"{name}/"
        return name in self._written or (
            kind in ("tree", "program") and any(file.startswith(folder) for file in self._written)
        )

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.silent_workers:
            terminalreporter.write_line(f"{self.silent_workers} processes handed in no notes, so nothing is remembered")
        if self.left_out and self.worker is None:
            terminalreporter.write_line(
                f"left out: {sum(self.left_out.values())} tests in {len(self.left_out)} files, which passed before and depend on "
                "nothing that has changed since; `make test ALL=1` runs them too"
            )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-all", action="store_true", help="run also the test files that no edit can have changed")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Affected(config), "affected")
