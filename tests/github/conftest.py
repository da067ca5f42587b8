from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from grader.classroom.github.connect import connect
from grader.classroom.github.forge import GitHubForge
from grader.classroom.github.patience import Clock

from .fake.server import FakeGitHub, serving

TOKEN = "ghp_secret000000000000000000000000000"


@dataclass
class Hand:
    """Tell a time that the test sets by hand. A wait takes no time, and is remembered."""

    time: float = 1_800_000_000.0
    waits: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def clock(self) -> Clock:
        return Clock(lambda: self.time, self.sleep, self.said.append, random.Random(0))

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def fake(tmp_path: Path, hand: Hand) -> Iterator[FakeGitHub]:
    """Start a fake GitHub with the hand's time, a professor who owns the organisation, and Ada."""
    with serving(tmp_path / "github") as server:
        server.hub.now = server.limits.now = lambda: hand.time
        server.hub.person("professor", token=TOKEN, owner=True)
        server.hub.person("ada", token="token-of-ada")
        yield server


@pytest.fixture
def forge(fake: FakeGitHub, hand: Hand, tmp_path: Path) -> Iterator[GitHubForge]:
    """Return our forge, without a pace of its own."""
    environment = {"GH_TOKEN": TOKEN, "GITHUB_API_URL": fake.api, "TINYTORCH_GITHUB_PACE": "off"}
    made = connect(f"github:{fake.hub.org}", tmp_path / "kept", environment, hand.clock())
    yield made
    made.close()
    assert fake.violations == []
