"""Mutate real messages and decode them. Every result is data or WireError, with little memory and time.

Run it for longer by hand: `python -m tests.sandbox.fuzz_wire 1000000 [seed]`, from the project's folder.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator

from grader.sandbox.inside import wire

from .seeds import messages

SLOWEST_SECONDS = 1.0  # one short message must never take longer, even on a busy machine
# bytes with a meaning for msgpack or for the format: headers with lengths, extension types, each tag, extremes
TELLING = bytes([0xC0, 0xC1, 0xC6, 0xC7, 0xC9, 0xCB, 0xCF, 0xD3, 0xD6, 0xD8, 0xDB, 0xDD, 0xDF, 0x81, 0x90, 0x91, 0xFF])
TELLING += bytes(range(32)) + b"\x7f\x80"


def mutations(count: int, seed: int) -> Iterator[bytes]:
    """Yield `count` bodies, each some steps away from a real body. The same seed gives the same bodies."""
    draw = random.Random(seed)
    corpus = sorted(messages().values())
    for _ in range(count):
        body = bytearray(draw.choice(corpus))
        for _ in range(draw.choice((1, 1, 2, 3, 8))):
            mutate(body, draw, corpus)
        yield bytes(body[:20_000])


def mutate(body: bytearray, draw: random.Random, corpus: list[bytes]) -> None:
    place = draw.randrange(len(body)) if body else 0
    match draw.randrange(7):
        case 0 if body:
            body[place] ^= 1 << draw.randrange(8)
        case 1 if body:
            body[place] = draw.choice(TELLING)
        case 2:
            body[place:place] = bytes([draw.choice(TELLING)])
        case 3:
            del body[place : place + draw.choice((1, 2, 4, 64))]
        case 4:
            other = draw.choice(corpus)
            start = draw.randrange(len(other))
            body[place:place] = other[start : start + draw.choice((4, 16, 64))]
        case 5:
            body[place:place] = body[place : place + draw.choice((1, 5, 40))] * draw.choice((2, 8, 50))
        case _:
            body[place : place + 4] = draw.choice(
                (b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff", b"\x80")
            )


def fuzz(count: int, seed: int) -> tuple[int, int]:
    """Decode that many mutations. Return how many were data and how many were refused; raise on anything else."""
    data = refused = 0
    for body in mutations(count, seed):
        start = time.process_time()
        try:
            wire.decode(body, lambda named: named)
            data += 1
        except wire.WireError:
            refused += 1
        except BaseException as error:
            raise AssertionError(f"decode raised {type(error).__name__} for {body!r}") from error
        assert time.process_time() - start < SLOWEST_SECONDS, f"decode took too long for {body!r}"
    return data, refused


if __name__ == "__main__":
    print("data {}, refused {}".format(*fuzz(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)))
