"""How long a connection waits: what the session may use itself, what is not counted, and when the machine is given up."""

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


def waits(
    noisy: int,
    clock: Clock,
    reading: Callable[[], Reading],
    *,
    ends: type[BaseException] = TimedOut,
    at_most: float = math.inf,
) -> float:
    """Seconds by the clock for which a session that never answers is waited for, with a limit of 10, and how that ends."""
    ours, theirs = socket.socketpair()
    with theirs:
        connection = Connection(ours, seconds=LIMIT, output=noisy, drain=lambda: None, reading=reading, at_most=at_most)
        began = clock.now
        with pytest.raises(ends):
            connection.request("get", 1)
        connection.close()
    return clock.now - began


def shares(clock: Clock, *, ran: float, waited: tuple[float, ...], busy: float) -> Callable[[], Reading]:
    """The sums on a machine on which each of these grows by so much a second."""
    return lambda: Reading(
        ran * clock.now, {n: part * clock.now for n, part in enumerate(waited)}, busy * clock.now, 0.0
    )


def near(seconds: float) -> object:
    return pytest.approx(seconds, rel=0.2, abs=4)


def test_a_session_that_has_a_processor_is_waited_for_as_long_as_its_check_says(noisy: int, clock: Clock) -> None:
    assert waits(noisy, clock, shares(clock, ran=1, waited=(0,), busy=1)) == near(LIMIT)


def test_a_session_that_sleeps_is_waited_for_as_long_as_its_check_says(noisy: int, clock: Clock) -> None:
    assert waits(noisy, clock, shares(clock, ran=0, waited=(0,), busy=0)) == near(LIMIT)


def test_a_session_that_sleeps_beside_others_gains_what_their_noise_may_cost_and_no_more(
    noisy: int, clock: Clock
) -> None:
    assert waits(noisy, clock, shares(clock, ran=0, waited=(0,), busy=2)) == near(LIMIT * STRETCH)


def test_what_the_machine_kept_from_it_does_not_count(noisy: int, clock: Clock) -> None:
    """It runs a quarter of the time, and somebody else runs the rest."""
    assert waits(noisy, clock, shares(clock, ran=0.25, waited=(0.75,), busy=1)) == near(LIMIT * 4 * (1 + 0.75 * 2))


def test_what_its_other_tasks_wait_for_is_seen_too(noisy: int, clock: Clock) -> None:
    """The main thread is blocked, and waits for a thread that the machine does not run."""
    assert waits(noisy, clock, shares(clock, ran=0.25, waited=(0, 0.75), busy=2)) > LIMIT * 4


@pytest.mark.parametrize(("ran", "waited"), [(2.0, (0.9,) * 26), (1.0, (0.5, 0.5)), (0.2, (0.8,) * 26)])
def test_what_it_keeps_itself_waiting_counts(noisy: int, clock: Clock, ran: float, waited: tuple[float, ...]) -> None:
    """By busy threads of its own, on two processors or on one, or by many that all want to run at the same moments."""
    assert waits(noisy, clock, shares(clock, ran=ran, waited=waited, busy=ran)) == near(LIMIT)


@pytest.mark.parametrize("waited", [(0.96,) * 26, (0.5, 0.4), (0.7,) * 26])
def test_what_it_keeps_itself_waiting_on_a_machine_that_others_use_is_no_error(
    noisy: int, clock: Clock, waited: tuple[float, ...]
) -> None:
    """It has one of two processors for its 26 threads; the other is somebody else's."""
    assert waits(noisy, clock, shares(clock, ran=1.0, waited=waited, busy=2.0)) <= LIMIT * STRETCH + 6


def test_a_machine_that_never_runs_it_is_given_up_and_that_is_no_failure(noisy: int, clock: Clock) -> None:
    starved = shares(clock, ran=0.001, waited=(0.999,), busy=2)
    assert waits(noisy, clock, starved, ends=KeptWaiting) == near(max(LIMIT * TOO_LONG, LIMIT + AT_LEAST))


def test_nothing_is_waited_for_beyond_what_is_left_of_the_run(noisy: int, clock: Clock) -> None:
    starved = shares(clock, ran=0.001, waited=(0.999,), busy=2)
    assert waits(noisy, clock, starved, ends=KeptWaiting, at_most=40) == near(40)


def test_what_the_graders_own_process_uses_is_no_crowd(noisy: int, clock: Clock) -> None:
    """A submission that prints without end keeps it busy."""

    def reading() -> Reading:
        return Reading(0.5 * clock.now, {1: 0.5 * clock.now}, 1.5 * clock.now, 1.0 * clock.now)

    assert waits(noisy, clock, reading) == near(LIMIT)


def test_the_time_between_requests_is_not_the_sessions(noisy: int, clock: Clock) -> None:
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


def test_a_grader_that_is_late_itself_judges_nobody(noisy: int, clock: Clock) -> None:
    """It was not run for three limits, and could not see what the session did meanwhile."""
    ours, theirs = socket.socketpair()
    with theirs:
        connection = Connection(ours, seconds=LIMIT, output=noisy, drain=lambda: None)
        connection._timer.go()
        clock.now += 3 * LIMIT
        assert connection._left() > 0
        connection.close()
