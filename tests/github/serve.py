"""Run a GitHub to try things on: `python -m tests.github.serve --roster .grader/roster.csv`. Loopback only; it ends with Ctrl-C.

Everybody in the class list, and in the staff.csv beside it, has an account there with the token `token-of-LOGIN`. A person who is
added to the lists later gets an account too. With --accept, invitations are accepted at once. Everything is gone when it ends.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import threading
from pathlib import Path

from grader.classroom.roster import RosterError, read_roster
from grader.classroom.staff import read_staff

from .fake.server import serving

STAFF_TOKEN = "ghp_staff0000000000000000000000000000"


def people(path: Path) -> list[str]:
    """Return the logins of the class list at `path` and of the staff.csv beside it."""
    roster = read_roster(path)
    staff = read_staff(path.with_name("staff.csv"), roster) or ()
    return [*(one.login for one in roster.students), *(one.login for one in staff)]


def main() -> None:
    ask = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    ask.add_argument("--roster", type=Path, required=True)
    ask.add_argument("--org", default="my-course")
    ask.add_argument("--plan", choices=("free", "team"), default="team")
    ask.add_argument("--accept", action="store_true", help="students accept every invitation within a second")
    chosen = ask.parse_args()
    try:
        people(chosen.roster)
    except (RosterError, OSError) as error:
        sys.exit(f"serve: {error}")
    with (
        tempfile.TemporaryDirectory(prefix="fake-github-") as folder,
        serving(Path(folder), chosen.org, chosen.plan) as fake,
    ):
        fake.hub.person("professor", token=STAFF_TOKEN, owner=True)
        print(f"export GH_TOKEN={STAFF_TOKEN} GITHUB_API_URL={fake.api} TINYTORCH_GITHUB_PACE=off")
        there = fake.url.replace("://", "://LOGIN:token-of-LOGIN@")
        print(f"a student clones: git clone {there}/{chosen.org}/SLUG-LOGIN.git", flush=True)
        ended = threading.Event()
        try:
            while True:
                with contextlib.suppress(
                    RosterError, OSError
                ):  # a list that is being written is read again in a second
                    for login in people(chosen.roster):
                        if login.lower() not in fake.hub.people:
                            fake.hub.person(login, token=f"token-of-{login}")
                        if chosen.accept:
                            fake.hub.accept(login)
                if ended.wait(1.0):
                    break
        except KeyboardInterrupt:
            for violation in fake.violations:
                print(f"not as GitHub says: {violation}")


if __name__ == "__main__":
    main()
