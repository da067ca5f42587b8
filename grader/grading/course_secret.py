"""Find or make the course's secret, which signs records and derives seeds. Whoever has it can forge both."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from ..errors import GraderError
from ..scratch import Scratch

VARIABLE = "TINYTORCH_SECRET"
MINIMUM = 16


class SecretError(GraderError):
    """Report that the secret exists but cannot be used."""


def course_secret(folder: Path) -> bytes:
    """Return the secret from the environment, or from `folder`/secret. Make that file (mode 0600) if it is missing.

    Keep the file: records signed with another secret are refused.
    """
    given = os.environ.get(VARIABLE)
    if given is not None:
        return _checked(given.encode(), f"the environment variable {VARIABLE}")
    path = folder / "secret"
    if not path.exists():
        if next((folder / "records").rglob("*.json"), None) is not None:
            raise SecretError(
                f"{folder / 'records'} has records, but the secret that signed them is not in {path}. Put the course's secret "
                f"back there, or into the environment variable {VARIABLE}: with another one every record is refused"
            )
        folder.mkdir(parents=True, exist_ok=True)
        with Scratch.make("secret", folder) as scratch:
            draft = scratch / "secret"
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32) + "\n")
            with contextlib.suppress(FileExistsError):  # another process made it just now
                os.link(draft, path)  # writes the whole file, and never replaces an existing file
    if path.stat().st_mode & 0o007:
        raise SecretError(
            f"every user of this machine can read or change {path}: `chmod 600 {path}`, and find out who has"
        )
    return _checked(path.read_bytes().strip(), str(path))


def _checked(secret: bytes, where: str) -> bytes:
    if b"/" in secret[:1]:
        raise SecretError(f"{where} holds what looks like the name of a file; it has to hold the secret itself")
    if len(secret) < MINIMUM:
        raise SecretError(
            f"{where} holds {len(secret)} bytes; a secret has at least {MINIMUM}. Put the course's secret there: "
            "records signed with another one are refused"
        )
    return secret
