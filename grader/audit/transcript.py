"""What was said over the wire between a suite and a submission, session by session."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass

import msgpack


@dataclass(frozen=True)
class Transcript:
    """One case of a check. talk: requests, or the suite's answers to callbacks, each with what came back; without lengths."""

    check: str
    talk: tuple[tuple[bytes, bytes], ...]


Transcripts = tuple[Transcript, ...]


def packed(transcripts: Transcripts) -> str:
    """Text that a submission can hold."""
    table = msgpack.packb([one.talk for one in transcripts])
    return base64.b85encode(zlib.compress(table)).decode("ascii")
