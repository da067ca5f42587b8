"""The main program: it runs a verb, and tells an expected mistake as one clear message, exit status 2, no traceback."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import NoReturn

from ..errors import told
from ..grading.ahead import Ahead


def main() -> NoReturn:
    """Run the command line. Mistakes that a person can mend end with status 2, and without a traceback."""
    # there are no plugins of pydantic's, and looking for them reads every package's metadata
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    runner = None
    if sys.argv[1:2] == ["grade"] and "--help" not in sys.argv:
        gc.disable()  # importing makes many objects and little garbage, and one submission is soon graded
        runner = Ahead()  # before anything else is imported here: it imports beside us
        atexit.register(runner.close)
    from .verbs import GRADER  # not above: the process that starts ahead must not wait until this is imported

    try:
        GRADER.main(prog_name="grader", obj=runner)
    except Exception as error:
        message = told(error)
        if message is None:
            raise
        print(f"grader: {message}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0)
