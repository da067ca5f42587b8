"""The process that fuzzes: `python -m tests.fuzz.under_atheris TARGET OPTION…`, options being libFuzzer's."""

from __future__ import annotations

import resource
import sys

import atheris

with atheris.instrument_imports(include=["grader"]):  # before anything else imports it
    from .targets import TARGETS, begin_with

MEMORY_MIB = 4096  # of address space, which is more than what is in use: libFuzzer watches that


def main() -> None:
    target = sys.argv.pop(1)
    for data in begin_with(target):  # what is made once is made now, and counted to no input
        TARGETS[target](data)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MIB << 20, MEMORY_MIB << 20))
    atheris.Setup(sys.argv, TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
