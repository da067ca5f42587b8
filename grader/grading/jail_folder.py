"""Hold the folder that a jail sees: the submission's package and the suite's helpers. It may be filled after the jail starts."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..scratch import Scratch


@dataclass(frozen=True)
class Stage:
    """Hold the two folders: `package` becomes /submission and `helpers` becomes /helpers in the jail, read-only."""

    folder: Path
    _scratch: Scratch | None = None  # the maker of the stage removes it

    @property
    def package(self) -> Path:
        return self.folder / "package"

    @property
    def helpers(self) -> Path:
        return self.folder / "helpers"

    @classmethod
    def make(cls) -> Stage:
        """Make an empty stage in the folder for temporary files, which no other user of the machine may enter."""
        scratch = Scratch.make("stage")
        stage = cls(scratch.folder, scratch)
        for part in (stage.package, stage.helpers):
            part.mkdir()
            part.chmod(0o755)  # the umask may have removed these permissions
        return stage

    def add_helpers(self, files: Iterable[Path]) -> None:
        for file in files:
            copied = self.helpers / file.name
            shutil.copyfile(file, copied)
            copied.chmod(0o644)  # as above, because the jail's user is another user

    def remove(self) -> None:
        if self._scratch is not None:
            self._scratch.remove()
