"""Hold the token. It comes from the environment, goes into one header, and is never written, printed or given to a child.

Git gets it as configuration through its environment, which no other user can read, and only for GitHub's own address.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field

from ..forge import ForgeError

VARIABLES = ("GH_TOKEN", "GITHUB_TOKEN")  # in the order in which GitHub's own command line looks


@dataclass(frozen=True)
class Token:
    _secret: str = field(repr=False)

    def header(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._secret}"}

    def git_config(self, server: str) -> Mapping[str, str]:
        """Return the configuration for `server` alone.

        Git would send the header to a redirect too, so it follows no redirect.
        """
        coded = base64.b64encode(f"x-access-token:{self._secret}".encode()).decode()
        return {f"http.{server}/.extraHeader": f"Authorization: Basic {coded}", "http.followRedirects": "false"}


def take(environment: MutableMapping[str, str]) -> Token:
    """Take the token out of this environment, so that no process started later inherits it."""
    found = [environment.pop(name, "").strip() for name in VARIABLES]
    secret = next(filter(None, found), "")
    if not secret:
        raise ForgeError(
            "there is no token for GitHub. Put one into the environment variable GH_TOKEN (or GITHUB_TOKEN); "
            "docs/github.md says which rights it needs"
        )
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise ForgeError("the token in GH_TOKEN or GITHUB_TOKEN has characters that no token has; copy it again")
    return Token(secret)
