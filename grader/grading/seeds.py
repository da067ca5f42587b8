"""Random inputs: derived from the course's secret, the student, the module and the graded files, so that nobody can guess them.

The same files give the same inputs on every regrade and at every commit. Any other content gives other inputs: what one push
learns of its inputs is worth nothing for the next, and two students' inputs differ.
"""

from __future__ import annotations

import hashlib
import hmac


def seed_for(secret: bytes, student: str, module: str, files: str) -> str:
    """The text that a run's generators are seeded with. Staff only. files: the digest of what is graded."""
    return hmac.new(secret, f"seed\n{student}\n{module}\n{files}".encode(), hashlib.sha256).hexdigest()


def seed_id(seed: str) -> str:
    """Names a seed in a record without giving it away."""
    return hashlib.sha256(b"seed id\n" + seed.encode()).hexdigest()[:16]
