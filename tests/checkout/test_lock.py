"""Test requirements.lock: it pins every dependency with hashes, and says nothing about the machine that wrote it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WANTED = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]  # these are installed by `make setup`


def lock() -> str:
    return (ROOT / "requirements.lock").read_text()


def pinned() -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", lock(), re.MULTILINE))


@pytest.mark.parametrize("wanted", WANTED)
def test_every_requirement_is_pinned_at_a_version_that_it_allows(wanted: str) -> None:
    requirement = Requirement(wanted)
    assert pinned()[canonicalize_name(requirement.name)] in requirement.specifier


def test_every_pin_has_a_hash() -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock())
    assert len(entries) == len(pinned()) > len(WANTED)
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_names_no_host_and_no_path() -> None:
    comments = re.compile(r"^ *# +(via )?[a-z0-9_.-]* ?(\(pyproject\.toml\))?$")
    lines = re.compile(r"^[A-Za-z0-9._-]+==[^ /:@]+( ; [^/:@]+)? \\$|^    --hash=sha256:[0-9a-f]{64}( \\)?$")
    strange = [
        line
        for line in lock().splitlines()
        if line.strip() and not lines.match(line) and not comments.match(line) and "considered to be unsafe" not in line
    ]
    assert strange == []
