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
    """Return the course's secret. Make one in `folder`/secret if there is none, and no record that another one has signed."""
    path = folder / "secret"
    has_records = next((folder / "records").rglob("*.json"), None) is not None
    if VARIABLE not in os.environ and not path.exists() and not has_records:
        _make(path)
    return existing_secret(folder)


def existing_secret(folder: Path) -> bytes:
    """Return the secret from the environment, or from `folder`/secret. Raise SecretError if it is in neither."""
    given = os.environ.get(VARIABLE)
    if given is not None:
        return _checked(given.encode(), f"the environment variable {VARIABLE}")
    path = folder / "secret"
    if not path.exists():
        raise SecretError(
            f"the secret that signed the course's records is not in {path}. Put the course's secret back there, or into the "
            f"environment variable {VARIABLE}: with another one every record is refused"
        )
    if path.stat().st_mode & 0o007:
        raise SecretError(
            f"every user of this machine can read or change {path}: `chmod 600 {path}`, and find out who has"
        )
    return _checked(path.read_bytes().strip(), str(path))


def _make(path: Path) -> None:
    """Make a secret with mode 0600. Keep the file: records signed with another secret are refused."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Scratch.make("secret", path.parent) as scratch:
        draft = scratch / "secret"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
        with contextlib.suppress(FileExistsError):  # another process made it just now
            os.link(draft, path)  # writes the whole file, and never replaces an existing file


def _checked(secret: bytes, where: str) -> bytes:
    if b"/" in secret[:1]:
        raise SecretError(f"{where} holds what looks like the name of a file; it has to hold the secret itself")
    if len(secret) < MINIMUM:
        raise SecretError(
            f"{where} holds {len(secret)} bytes; a secret has at least {MINIMUM}. Put the course's secret there: "
            "records signed with another one are refused"
        )
    return secret
