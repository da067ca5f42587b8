"""What a check may make of a submission's answers here, in the trusted process, in bytes.

Messages are limited, but two small arrays that a suite subtracts may broadcast to more than the machine has. The kernel
would then end this process or somebody else's; with a limit it is a MemoryError of the check.
"""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Iterator
from pathlib import Path

SPARE = 1 << 30


def limit_from_now() -> int:
    """The size that this process's address space has now, and SPARE bytes more."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize() + SPARE


@contextlib.contextmanager
def limited_to(size: int) -> Iterator[None]:
    """Hold the address space below `size` in the block only: what is written down after a check needs memory as well."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    outer = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([size, *outer]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
