"""Run the process that fuzzes: `python -m tests.fuzz.under_atheris TARGET OPTION…`, with libFuzzer's options."""

from __future__ import annotations

import resource
import sys

import atheris

with atheris.instrument_imports(include=["grader"]):  # before any other import of it
    from .targets import TARGETS, begin_with

MEMORY_MIB = 4096  # of address space, which is larger than the memory in use; libFuzzer watches that


def main() -> None:
    target = sys.argv.pop(1)
    for data in begin_with(target):  # make caches now, so that no input is charged for them
        TARGETS[target](data)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MIB << 20, MEMORY_MIB << 20))
    atheris.Setup(sys.argv, TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
