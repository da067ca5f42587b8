"""Assign what is read to whom it concerns: a test, a test file, a fixture that tests share, or a file that is imported.

test ID       what was read while this test ran
file NAME     what was read while pytest read this test file, and in functions that keep their results for its later tests
fixture NAME  what was read while this fixture was set up
import NAME   what was read while this file was imported; it concerns all who import the file, and only the first reads
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any

from tests.affected import kept
from tests.affected.children.sitecustomize import recorder


class Notes:
    """Keep the notes of one process, and find those of its children in a folder."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.numbers: dict[str, int] = {}
        self.lines: dict[str, set[str]] = defaultdict(set)
        self.uses: dict[str, set[str]] = defaultdict(set)  # the shared fixtures that a test or a fixture uses
        self.whole: set[tuple[str, str]] = (
            set()
        )  # whose children were started in a function that keeps its result, and when
        self.owner = self.file = "start"  # of nobody: pytest looks for its settings and for conftest files

    def of(self, owner: str, file: str | None = None) -> None:
        """Assign to this owner all that is read from now on. `file` is the test file that is being read, or run."""
        if owner == self.owner:
            return
        if file is not None and file != self.file:
            self.file = file
            kept.forget()
        self.owner = owner
        if self.folder is not None:
            number = self.numbers.setdefault(owner, len(self.numbers))
            folder = self.folder / str(number)
            if not folder.exists():
                folder.mkdir()
                folder.chmod(0o777)  # children may be other users
            recorder.start(str(folder))

    def take(self, line: str) -> None:
        """Keep a note of this process."""
        for owner in self._owners():
            self.lines[owner].add(line)

    def begun(self) -> None:
        """Hear that a child starts which takes notes. They go to whoever owns the moment."""
        owners = self._owners()
        for owner in owners:
            if owner.startswith("import "):  # later tests import this file without the child
                self.lines[owner].add("tree .")
        if self.file in owners:
            self.whole.add((self.owner, self.file))

    def _owners(self) -> set[str]:
        """Tell from the calls in progress whom a read concerns."""
        frame: FrameType | None = sys._getframe(1)
        keeps = None
        while frame is not None:
            code = frame.f_code
            if code in kept.CODES:
                keeps = code.co_filename
            elif code.co_name == "<module>" and os.path.isabs(code.co_filename):  # not text such as execnet's
                name = recorder.inside(code.co_filename)
                if name is not None:
                    above = None if keeps is None else recorder.inside(keeps)
                    return {f"import {one}" for one in (name, above) if one is not None}
            frame = frame.f_back
        return {self.owner} if keeps is None else {self.owner, self.file}

    def read(self) -> dict[str, list[str]]:
        """Return the notes of each test, test file and imported file. Those of shared fixtures are given to their users."""
        found = {owner: self.lines[owner] | self._of_children(number) for owner, number in self.numbers.items()}
        found = {**self.lines, **found}
        for owner, file in self.whole:
            found.setdefault(file, set()).update(found.get(owner, ()))
        mine = {owner: set(lines) for owner, lines in found.items() if not owner.startswith("fixture ")}
        for owner, lines in mine.items():
            for fixture in self._used([owner]):
                lines |= found.get(fixture, set())
        return {owner: sorted(_text(line) for line in lines) for owner, lines in mine.items()}

    def _used(self, owners: Iterable[str]) -> set[str]:
        waiting, used = list(owners), set[str]()
        while waiting:
            new = self.uses.get(waiting.pop(), set()) - used
            used |= new
            waiting += new
        return used

    def _of_children(self, number: int) -> set[str]:
        if self.folder is None:
            return set()
        texts = (file.read_bytes() for file in (self.folder / str(number)).iterdir())
        return {line.decode("utf-8", "surrogateescape") for text in texts for line in text.split(b"\0")[:-1]}


def shared(definitions: Iterable[Any]) -> set[str]:
    """Name those of these definitions of fixtures whose result several tests use."""
    return {name(one) for one in definitions if one.scope != "function"}


def name(definition: Any) -> str:
    return f"fixture {definition.baseid}::{definition.argname}"


def _text(line: str) -> str:
    """Return a note as text that can be sent to another process. A name that is no text becomes one that no file has."""
    return line.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
