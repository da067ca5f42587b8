"""Make a forge from `github:ORG` and the environment.

This file reads all settings that a person can make; it asks GitHub nothing.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from pathlib import Path
from urllib.parse import urlsplit

from ..forge import ForgeError
from .client import Client
from .etags import Etags
from .forge import GitHubForge
from .mirror import Mirrors
from .patience import GITHUB_PACE, Clock, Pace
from .token import take

PREFIX = "github:"
GITHUB = "https://api.github.com"
_ORG = re.compile(r"[A-Za-z0-9](-?[A-Za-z0-9]){0,38}")


def connect(where: str, folder: Path, environment: MutableMapping[str, str], clock: Clock | None = None) -> GitHubForge:
    """Return the forge `github:ORG`, which keeps its files on this machine below `folder`.

    Environment: GH_TOKEN or GITHUB_TOKEN, which are removed from it; GITHUB_API_URL (default: GitHub's own) and
    GITHUB_SERVER_URL (default: the API's host); TINYTORCH_GITHUB_PACE=off for a server without limits.
    """
    org = where.removeprefix(PREFIX)
    if not _ORG.fullmatch(org):
        raise ForgeError(f"{where!r} does not name an organisation: github:ORG, as in github:my-course-2027")
    api = environment.get("GITHUB_API_URL", "").rstrip("/") or GITHUB
    server = environment.get("GITHUB_SERVER_URL", "").rstrip("/") or _server_of(api)
    for name, url in (("GITHUB_API_URL", api), ("GITHUB_SERVER_URL", server)):
        _refuse_plain(name, url)
    clock = clock or Clock()
    token = take(environment)
    own = folder / (urlsplit(api).hostname or "host") / org.lower()
    pace = Pace(() if environment.get("TINYTORCH_GITHUB_PACE") == "off" else GITHUB_PACE)
    client = Client(api, token, Etags(own / "etags"), pace, clock)
    return GitHubForge(org, client, Mirrors(own, server, org, token, clock))


def _server_of(api: str) -> str:
    """Derive the server: https://api.github.com → https://github.com, https://HOST/api/v3 → https://HOST."""
    parts = urlsplit(api)
    return f"{parts.scheme}://{parts.netloc.removeprefix('api.')}"


def _refuse_plain(name: str, url: str) -> None:
    """Refuse an address without encryption. A token goes out with every request, and nobody on the way may read it."""
    parts = urlsplit(url)
    is_here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not (parts.scheme == "https" or is_here) or not parts.hostname or parts.username or parts.query:
        raise ForgeError(f"{name} is {url!r}; it has to be an https address, such as {GITHUB}")
