"""A GitHub to try things on: `python -m tests.github.serve --roster .grader/roster.csv`. Loopback only; it ends with Ctrl-C.

Everybody in the class list has an account there, with the token `token-of-LOGIN`, and invitations are accepted at once
when --accept is given. What it holds is gone when it ends.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
from pathlib import Path

from grader.classroom.roster import read_roster

from .fake.server import serving

STAFF_TOKEN = "ghp_staff0000000000000000000000000000"


def main() -> None:
    ask = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    ask.add_argument("--roster", type=Path, required=True)
    ask.add_argument("--org", default="my-course")
    ask.add_argument("--plan", choices=("free", "team"), default="team")
    ask.add_argument("--accept", action="store_true", help="students accept every invitation within a second")
    chosen = ask.parse_args()
    students = read_roster(chosen.roster).students
    with (
        tempfile.TemporaryDirectory(prefix="fake-github-") as folder,
        serving(Path(folder), chosen.org, chosen.plan) as fake,
    ):
        fake.hub.person("professor", token=STAFF_TOKEN, owner=True)
        for student in students:
            fake.hub.person(student.login, token=f"token-of-{student.login}")
        print(f"export GH_TOKEN={STAFF_TOKEN} GITHUB_API_URL={fake.api} TINYTORCH_GITHUB_PACE=off", flush=True)
        ended = threading.Event()
        try:
            while not ended.wait(1.0):
                for student in students if chosen.accept else ():
                    fake.hub.accept(student.login)
        except KeyboardInterrupt:
            for violation in fake.violations:
                print(f"not as GitHub says: {violation}")


if __name__ == "__main__":
    main()
