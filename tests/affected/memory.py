"""Remember which tests passed, and what each depended on.

The file in .pytest_cache holds, for each test file: what all its tests depend on, which tests pytest found in it, and for each
test that passed what it alone depends on. A digest stands beside each list; it tells what the things in the list were then.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.affected.repository import EVERYTHING, Repository, digest, is_test, reducer


@dataclass
class Run:
    """What a run of pytest was, gathered from its processes."""

    notes: dict[str, set[str]] = field(default_factory=dict)
    found: dict[str, list[str]] = field(default_factory=dict)  # by test file: the tests that pytest found and would run
    loaded: set[str] = field(default_factory=set)  # the files of the repository that were imported
    passed: set[str] = field(default_factory=set)

    def add(self, notes: dict[str, list[str]], found: dict[str, list[str]], loaded: Iterable[str]) -> None:
        for owner, lines in notes.items():
            self.notes.setdefault(owner, set()).update(lines)
        self.found |= found
        self.loaded |= set(loaded)

    def of(self, owner: str) -> set[str]:
        return self.notes.get(owner, set())


class Memory:
    def __init__(self, root: Path, selection: str) -> None:
        self.path = root / ".pytest_cache" / "affected.json"
        kept = json.loads(self.path.read_text()) if self.path.exists() else {"codes": {}, "notes": [], "files": {}}
        self.files: dict[str, Any] = kept["files"]
        self.notes: list[str] = kept["notes"]
        # what the code of a text is may have changed
        self.codes: dict[str, str] = kept["codes"] if kept.get("reducer") == reducer() else {}
        self.repository = Repository(root, self.codes)
        self.base = digest([self.repository.base(), selection])

    def unchanged(self) -> tuple[dict[str, int], set[str]]:
        """Return the files of which nothing needs to run, with the number of their tests, and further tests to leave out."""
        files, tests = {}, set()
        for file, entry in self.files.items():
            now = self._of_file(self._named(entry["notes"]))
            same = {
                test
                for test, one in entry["tests"].items()
                if one["digest"] == self._of_test(now, self._named(one["notes"]))
            }
            if entry["digest"] == now and same >= set(entry["found"]):
                files[file] = len(entry["found"])
            else:
                tests |= same
        return files, tests

    def remember(self, run: Run, left_out: set[str], written: set[str]) -> None:
        """Remember the tests that passed or were left out, of the files that pytest read in this run."""
        numbers = {note: number for number, note in enumerate(self.notes)}

        def numbered(notes: set[str]) -> list[int]:
            return sorted(numbers.setdefault(note, len(numbers)) for note in notes)

        for file, found in run.found.items():
            before = self.files.pop(file, {"notes": [], "tests": {}})
            kept = {
                test: set(self._named(before["tests"][test]["notes"])) for test in left_out & before["tests"].keys()
            }
            shared = self._whole(run, run.of(f"file {file}"), [file, *self._conftests(file)])
            shared |= set(self._named(before["notes"])) if kept else set()
            if self._any(shared, written):  # nobody knows which text the tests saw
                continue
            own = {test: self._whole(run, run.of(f"test {test}")) for test in found if test in run.passed}
            own = {test: notes - shared for test, notes in (kept | own).items() if not self._any(notes, written)}
            now = self._of_file(shared)
            tests = {
                test: {"notes": numbered(notes), "digest": self._of_test(now, notes)} for test, notes in own.items()
            }
            self.files[file] = {"notes": numbered(shared), "digest": now, "found": found, "tests": tests}
        self.notes = list(numbers)
        self._write()

    def _write(self) -> None:
        root = self.repository.root
        files = {file: entry for file, entry in self.files.items() if (root / file).exists()}
        self.path.parent.mkdir(exist_ok=True)
        fresh = self.path.with_suffix(".new")
        kept = {"reducer": reducer(), "codes": self.codes, "notes": self.notes, "files": files}
        fresh.write_text(json.dumps(kept))
        fresh.replace(self.path)

    def _named(self, numbers: Iterable[int]) -> list[str]:
        return [self.notes[number] for number in numbers]

    def _of_file(self, notes: Iterable[str]) -> str:
        return digest([self.base, *(f"{note} {self.repository.digest(note)}" for note in sorted(notes))])

    def _of_test(self, file: str, notes: Iterable[str]) -> str:
        return digest([file, *(f"{note} {self.repository.digest(note)}" for note in sorted(notes))])

    def _whole(self, run: Run, notes: set[str], imported: Iterable[str] = ()) -> set[str]:
        """Return these notes, the code of all that they and `imported` import, and what is read while that is imported."""
        notes, done = set(notes), set[str]()
        waiting = set(imported)
        while True:
            imports = {note.removeprefix("import ") for note in notes if note.startswith("import ")}
            notes = {note for note in notes if not note.startswith("import ")}
            notes |= {f"code {name}" for name in imports if (self.repository.root / name).is_file()}
            waiting |= imports
            new = self.repository.closure(waiting) - done
            if EVERYTHING in new:
                new |= {name for name in run.loaded if not is_test(name)} - done
            if not new:
                return notes | {f"code {name}" for name in done - {EVERYTHING}}
            done |= new
            notes |= {note for name in new for note in run.of(f"import {name}")}
            waiting = set()

    def _conftests(self, file: str) -> list[str]:
        folders = Path(file).parents
        return [name for one in folders if (name := (one / "conftest.py").as_posix()) in self.repository.files]

    def _any(self, notes: set[str], written: set[str]) -> bool:
        """Tell whether what one of these notes names was written while the tests ran."""
        return bool(written) and any(self._names(note, written) for note in notes)

    def _names(self, note: str, written: set[str]) -> bool:
        kind, name = note.split(" ", 1)
        folder = "" if name == "." else f"{name}/"
        return name in written or (kind in ("tree", "program") and any(file.startswith(folder) for file in written))
