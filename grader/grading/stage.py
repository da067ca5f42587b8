"""The folder that a jail sees: the submission's package and the suite's helpers. It may be filled after the jail has started."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Stage:
    """`package` becomes /submission and `helpers` becomes /helpers in the jail, read-only."""

    folder: Path

    @property
    def package(self) -> Path:
        return self.folder / "package"

    @property
    def helpers(self) -> Path:
        return self.folder / "helpers"

    @classmethod
    def make(cls) -> Stage:
        """A new, empty stage in the folder for temporary files. Others may read it: the jail's user is another one."""
        folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"tinytorch-stage-{os.urandom(8).hex()}"
        stage = cls(folder)
        for part in (folder, stage.package, stage.helpers):
            part.mkdir(mode=0o755)
            part.chmod(0o755)  # whatever the umask took away
        return stage

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
