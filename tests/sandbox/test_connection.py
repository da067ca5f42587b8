"""Test how long a connection waits: what the session may use, what does not count, and when the machine is given up."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from grader.sandbox.connection import Connection
from grader.sandbox.faults import KeptWaiting, TimedOut
from grader.sandbox.scheduling import AT_LEAST, STRETCH, TOO_LONG, Reading

LIMIT = 10


class Clock:
    """Advance by a second at each look."""

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
    """Return an output that always has something to read, so that no wait takes real time."""
    output, peer = socket.socketpair()
    peer.send(b"printed")
    with output, peer:
        yield output.fileno()


def waits(
    noisy: int,
    clock: Clock,
    reading: Callable[[], Reading],
    *,
    ends: type[BaseException] = TimedOut,
    at_most: float = math.inf,
) -> float:
    """Return the seconds by the clock that a silent session is waited for, with a limit of 10, and how the wait ends."""
    ours, theirs = socket.socketpair()
    with theirs:
        connection = Connection(ours, seconds=LIMIT, output=noisy, drain=lambda: None, reading=reading, at_most=at_most)
        began = clock.now
        with pytest.raises(ends):
            connection.request("get", 1)
        connection.close()
    return clock.now - began


def shares(clock: Clock, *, ran: float, waited: tuple[float, ...], busy: float) -> Callable[[], Reading]:
    """Return the sums of a machine on which each of these grows by so much a second."""
    return lambda: Reading(
        ran * clock.now, {n: part * clock.now for n, part in enumerate(waited)}, busy * clock.now, 0.0
    )


def near(seconds: float) -> object:
    return pytest.approx(seconds, rel=0.2, abs=4)


def test_a_running_session_is_waited_for_until_the_limit_of_its_check(noisy: int, clock: Clock) -> None:
    assert waits(noisy, clock, shares(clock, ran=1, waited=(0,), busy=1)) == near(LIMIT)


def test_a_sleeping_session_is_waited_for_until_the_limit_of_its_check(noisy: int, clock: Clock) -> None:
    assert waits(noisy, clock, shares(clock, ran=0, waited=(0,), busy=0)) == near(LIMIT)


def test_a_sleeping_session_beside_a_busy_program_gets_the_stretched_limit_and_no_more(
    noisy: int, clock: Clock
) -> None:
    assert waits(noisy, clock, shares(clock, ran=0, waited=(0,), busy=2)) == near(LIMIT * STRETCH)


def test_time_that_the_machine_kept_from_a_session_does_not_count(noisy: int, clock: Clock) -> None:
    """The session runs a quarter of the time, and another program runs the rest."""
    assert waits(noisy, clock, shares(clock, ran=0.25, waited=(0.75,), busy=1)) == near(LIMIT * 4 * (1 + 0.75 * 2))


def test_waiting_of_other_threads_of_a_session_counts_as_waiting(noisy: int, clock: Clock) -> None:
    """The main thread is blocked, and waits for a thread that the machine does not run."""
    assert waits(noisy, clock, shares(clock, ran=0.25, waited=(0, 0.75), busy=2)) > LIMIT * 4


@pytest.mark.parametrize(("ran", "waited"), [(2.0, (0.9,) * 26), (1.0, (0.5, 0.5)), (0.2, (0.8,) * 26)])
def test_waiting_that_a_session_causes_itself_counts_as_its_own_time(
    noisy: int, clock: Clock, ran: float, waited: tuple[float, ...]
) -> None:
    """The session has busy threads, on two processors or on one, or many threads that all become ready at the same moments."""
    assert waits(noisy, clock, shares(clock, ran=ran, waited=waited, busy=ran)) == near(LIMIT)


@pytest.mark.parametrize("waited", [(0.96,) * 26, (0.5, 0.4), (0.7,) * 26])
def test_waiting_that_a_session_causes_itself_on_a_busy_machine_is_a_failure_and_not_an_error(
    noisy: int, clock: Clock, waited: tuple[float, ...]
) -> None:
    """The session has one of two processors for its 26 threads; another program has the other processor."""
    assert waits(noisy, clock, shares(clock, ran=1.0, waited=waited, busy=2.0)) <= LIMIT * STRETCH + 6


def test_a_session_that_the_machine_never_runs_ends_as_an_error_and_not_as_a_failure(noisy: int, clock: Clock) -> None:
    starved = shares(clock, ran=0.001, waited=(0.999,), busy=2)
    assert waits(noisy, clock, starved, ends=KeptWaiting) == near(max(LIMIT * TOO_LONG, LIMIT + AT_LEAST))


def test_no_wait_is_longer_than_the_rest_of_the_run(noisy: int, clock: Clock) -> None:
    starved = shares(clock, ran=0.001, waited=(0.999,), busy=2)
    assert waits(noisy, clock, starved, ends=KeptWaiting, at_most=40) == near(40)


def test_time_of_the_graders_own_process_does_not_count_as_others(noisy: int, clock: Clock) -> None:
    """A submission that prints without end keeps the grader's process busy."""

    def reading() -> Reading:
        return Reading(0.5 * clock.now, {1: 0.5 * clock.now}, 1.5 * clock.now, 1.0 * clock.now)

    assert waits(noisy, clock, reading) == near(LIMIT)


def test_the_time_between_requests_does_not_count(noisy: int, clock: Clock) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        connection = Connection(ours, seconds=LIMIT, output=noisy, drain=lambda: None)
        clock.now += 1000
        connection._timer.go()
        assert connection._left() > 0
        connection._timer.stop()
        clock.now += 1000
        assert connection.used() < LIMIT
        connection.close()


def test_a_session_does_not_fail_because_the_grader_itself_was_late(noisy: int, clock: Clock) -> None:
    """The grader did not run for three times the limit, and could not see what the session did in that time."""
    ours, theirs = socket.socketpair()
    with theirs:
        connection = Connection(ours, seconds=LIMIT, output=noisy, drain=lambda: None)
        connection._timer.go()
        clock.now += 3 * LIMIT
        assert connection._left() > 0
        connection.close()
