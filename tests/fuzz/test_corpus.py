"""Try every kept input again, and some new inputs made from them, so that bugs that the long run found cannot come back."""

from __future__ import annotations

import random
import time

import pytest
from selection import first_of_each

from tests.sandbox.fuzz_wire import mutate

from .targets import TARGETS, begin_with, corpus

SLOWEST_SECONDS = 5.0  # of processor time for one input, even on a busy machine
SHORT = {
    "decode": 3000,
    "connection": 300,
    "session": 300,
    "texts": 300,
    "reports": 40,
    "terminal": 40,
    "records": 300,
    "paths": 300,
}


@pytest.mark.parametrize("target", first_of_each(TARGETS))
def test_each_kept_input_still_gives_an_allowed_outcome(target: str) -> None:
    kept = corpus(target)
    assert kept, f"tests/fuzz/corpus/{target}/ is empty: `make fuzz` fills it"
    for path in kept:
        _meet(target, path.read_bytes(), path.name)


@pytest.mark.parametrize("target", first_of_each(TARGETS))
def test_inputs_made_from_kept_ones_give_an_allowed_outcome(target: str) -> None:
    draw = random.Random(20270111)
    known = sorted(({path.read_bytes() for path in corpus(target)} | {*begin_with(target)}) - {b""})
    for number in range(SHORT[target]):
        body = bytearray(draw.choice(known))
        for _ in range(draw.choice((1, 1, 2, 3, 8))):
            mutate(body, draw, known)
        _meet(target, bytes(body[:20_000]), f"number {number}")


def _meet(target: str, data: bytes, name: str) -> None:
    began = time.process_time()
    try:
        TARGETS[target](data)
    except Exception as error:
        raise AssertionError(f"{target} fails on {name}, {data[:200]!r}: {error}") from error
    assert time.process_time() - began < SLOWEST_SECONDS, f"{target} takes too long for {name}"
