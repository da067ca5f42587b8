"""What a late session says last: where it was, in faulthandler's words, below whatever the submission printed."""

from __future__ import annotations

import re

_TITLE = "Stack (most recent call first):\n"
_FRAMES = re.compile(r'(?:  (?:File "|\.\.\.|<).*(?:\n|\Z))*')  # the last two: it left some out
_OF_STUDENT = '  File "/submission/'


def split(output: str) -> tuple[str, str, str]:
    """What was printed before; the dump's frames that are the student's, innermost first; what was printed after.

    The frames of ours that served the request, and of the interpreter's importing, are nobody's to mend.
    """
    before, title, rest = output.rpartition(_TITLE)
    if not title:
        return output, "", ""
    found = _FRAMES.match(rest)
    assert found is not None  # none at all will do
    frames = [line for line in found.group().splitlines(keepends=True) if line.startswith(_OF_STUDENT)]
    return before, "".join(frames), rest[found.end() :]


def without_ours(output: str) -> str:
    """The output as a reader should see it."""
    before, frames, after = split(output)
    return before + (_TITLE + frames if frames else "") + after
