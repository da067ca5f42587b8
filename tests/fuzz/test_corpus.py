"""Every kept input again, and a short run of new ones made from them: what the long run has found stays mended."""

from __future__ import annotations

import random
import time

import pytest

from tests.sandbox.fuzz_wire import mutate

from .targets import TARGETS, begin_with, corpus

SLOWEST_SECONDS = 5.0  # of processor time for one input, on a busy machine too
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


@pytest.mark.parametrize("target", TARGETS)
def test_each_kept_input_is_met_as_it_should_be(target: str) -> None:
    kept = corpus(target)
    assert kept, f"tests/fuzz/corpus/{target}/ is empty: `make fuzz` fills it"
    for path in kept:
        _meet(target, path.read_bytes(), path.name)


@pytest.mark.parametrize("target", TARGETS)
def test_inputs_made_from_kept_ones_are_met_too(target: str) -> None:
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
