"""How long a connection waits: the limit of its check, what the machine kept the session waiting, and never beyond the run."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Iterator

import pytest

from grader.sandbox.connection import LENIENCE, Connection
from grader.sandbox.faults import TimedOut

A_DAY = 86_400.0


class Clock:
    """Each look at it is a second later."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


@pytest.fixture
def noisy() -> Iterator[int]:
    """An output in which there is always something to read, so that no wait takes any real time."""
    output, peer = socket.socketpair()
    peer.send(b"printed")
    with output, peer:
        yield output.fileno()


def waits(noisy: int, clock: Clock, *, kept_waiting: float, at_most: float) -> float:
    """Seconds by the clock for which a session that never answers is waited for, with a limit of 10."""
    ours, theirs = socket.socketpair()
    with theirs:
        connection = Connection(
            ours, seconds=10, output=noisy, drain=lambda: None, kept_waiting=lambda: kept_waiting, at_most=at_most
        )
        began = clock.now
        with pytest.raises(TimedOut, match="no answer within 10 seconds"):
            connection.request("get", 1)
        connection.close()
    return clock.now - began


def test_a_session_that_had_a_processor_is_waited_for_as_long_as_its_check_says(noisy: int, clock: Clock) -> None:
    assert waits(noisy, clock, kept_waiting=0, at_most=math.inf) == pytest.approx(10, abs=2)


def test_what_the_machine_kept_it_waiting_is_added(noisy: int, clock: Clock) -> None:
    assert waits(noisy, clock, kept_waiting=25, at_most=math.inf) == pytest.approx(35, abs=2)


def test_a_machine_that_never_runs_it_is_put_up_with_so_often_and_no_longer(noisy: int, clock: Clock) -> None:
    assert waits(noisy, clock, kept_waiting=A_DAY, at_most=math.inf) == pytest.approx(10 + LENIENCE * 10, abs=2)


def test_nothing_is_added_beyond_what_is_left_of_the_run(noisy: int, clock: Clock) -> None:
    """A run that outlasts its grading process would be the grader's error, and no score."""
    assert waits(noisy, clock, kept_waiting=A_DAY, at_most=40) == pytest.approx(40, abs=2)
