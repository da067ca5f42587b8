"""Random inputs: derived from the course's secret, the student and the module, so that nobody can guess them.

The same student's files give the same inputs on every regrade; two students' inputs differ.
"""

from __future__ import annotations

import hashlib
import hmac


def seed_for(secret: bytes, student: str, module: str) -> str:
    """The text that a run's generators are seeded with. Staff only."""
    return hmac.new(secret, f"seed\n{student}\n{module}".encode(), hashlib.sha256).hexdigest()


def seed_id(seed: str) -> str:
    """Names a seed in a record without giving it away."""
    return hashlib.sha256(b"seed id\n" + seed.encode()).hexdigest()[:16]
