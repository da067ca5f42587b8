"""Keep answers with their ETag. GitHub does not count a request whose answer is still the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grader.files import write_atomic


@dataclass(frozen=True)
class Kept:
    url: str
    etag: str
    body: Any
    following: str  # address of the next page, or ""


class Etags:
    """Keep one file for each address, in a folder that may be removed at any time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, url: str) -> Kept | None:
        file = self._file(url)
        try:
            kept = Kept(**json.loads(file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):  # the file is damaged: the answer is fetched again and replaces it
            return None
        return kept if kept.url == url else None

    def put(self, kept: Kept) -> None:
        write_atomic(self._file(kept.url), json.dumps(asdict(kept)))

    def _file(self, url: str) -> Path:
        return self.folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"
