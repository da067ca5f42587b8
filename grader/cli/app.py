"""Run a verb. An error that a person can mend prints one clear message without a traceback, and exit status is 2."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import NoReturn

from ..errors import told
from ..grading.head_start import Ahead


def main() -> NoReturn:
    """Run the command line."""
    # we use no pydantic plugins, and the search for them reads the metadata of every package
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    runner = None
    if sys.argv[1:2] == ["grade"] and "--help" not in sys.argv:
        gc.disable()  # imports make many objects and little garbage, and grading one submission is short
        runner = Ahead()  # starts before the other imports, because it imports in parallel with us
        atexit.register(runner.close)
    from .verbs import GRADER  # not above, so that the process that starts ahead need not wait for this import

    try:
        GRADER.main(prog_name="grader", obj=runner)
    except Exception as error:
        message = told(error)
        if message is None:
            raise
        print(f"grader: {message}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0)
