"""Read the stack that faulthandler prints when a session is late. It comes after everything that the submission has printed."""

from __future__ import annotations

import re

_TITLE = "Stack (most recent call first):\n"
_FRAMES = re.compile(
    r'(?:  (?:File "|\.\.\.|<).*(?:\n|\Z))*'
)  # the last two patterns: lines where faulthandler left frames out
_OF_STUDENT = '  File "/submission/'


def split(output: str) -> tuple[str, str, str]:
    """Return what was printed before the stack, the student's frames of the stack (innermost first), and what came after.

    Our frames that served the request, and the interpreter's frames for imports, are dropped: no reader can mend them.
    """
    before, title, rest = output.rpartition(_TITLE)
    if not title:
        return output, "", ""
    found = _FRAMES.match(rest)
    assert found is not None  # the pattern also matches an empty text
    frames = [line for line in found.group().splitlines(keepends=True) if line.startswith(_OF_STUDENT)]
    return before, "".join(frames), rest[found.end() :]


def without_ours(output: str) -> str:
    """Return the output as a reader should see it."""
    before, frames, after = split(output)
    return before + (_TITLE + frames if frames else "") + after
