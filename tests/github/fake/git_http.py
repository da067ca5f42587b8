"""Serve fetch and push over HTTP by `git http-backend` to people who may."""

from __future__ import annotations

import base64
import binascii
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from .hub import Hub, Repo, Token
from .rights import level


@dataclass(frozen=True)
class GitAnswer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def who(hub: Hub, authorization: str) -> Token | None:
    """Read Basic authentication with the token as the password, as GitHub does."""
    kind, _, coded = authorization.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        _, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return hub.tokens.get(password)


def answer(
    hub: Hub, token: Token | None, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> GitAnswer:
    """Answer a request for `path`, which is /ORG/NAME.git/…"""
    if token is None:
        return _plain(401, b"Repository access requires authentication.", ("WWW-Authenticate", 'Basic realm="GitHub"'))
    _, org, name, *_ = path.split("/")
    repo = hub.repo(name.removesuffix(".git")) if org.lower() == hub.org.lower() else None
    allowed = level(hub, repo, token.login) if repo else "none"
    is_push = "git-receive-pack" in path or "git-receive-pack" in query
    if repo is None or allowed == "none" or "contents" not in token.rights:
        return _plain(404, b"Repository not found.")
    if is_push and allowed == "pull":
        return _plain(403, f"Permission to {hub.org}/{repo.name}.git denied to {token.login}.".encode())
    if not is_push:
        return _backend(hub, repo, token, method, path, query, headers, body)
    with hub.lock:
        before = repo.git.refs()
        given = _backend(hub, repo, token, method, path, query, headers, body)
        hub.moved(repo, before, token.login)
    return given


def _backend(
    hub: Hub, repo: Repo, token: Token, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> GitAnswer:
    inner = path.split("/", 3)[3]
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(hub.folder / hub.org),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_COUNT": "3",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "GIT_CONFIG_KEY_1": "uploadpack.allowAnySHA1InWant",
        "GIT_CONFIG_VALUE_1": "true",
        "GIT_CONFIG_KEY_2": "uploadpack.allowFilter",
        "GIT_CONFIG_VALUE_2": "true",
        "GIT_COMMITTER_NAME": token.login,
        "GIT_COMMITTER_EMAIL": f"{token.login}@users.invalid",
        "PATH_INFO": f"/{repo.name}.git/{inner}",
        "QUERY_STRING": query,
        "REQUEST_METHOD": method,
        "REMOTE_USER": token.login,
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
    }
    if "git-protocol" in headers:
        environment["GIT_PROTOCOL"] = headers["git-protocol"]
    if "content-encoding" in headers:
        environment["HTTP_CONTENT_ENCODING"] = headers["content-encoding"]
    done = subprocess.run(["git", "http-backend"], env=environment, input=body, capture_output=True, check=False)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    fields = [tuple(line.split(": ", 1)) for line in head.decode().splitlines() if ": " in line]
    status = next((int(value.split()[0]) for name, value in fields if name.lower() == "status"), 200)
    return GitAnswer(status, tuple((name, value) for name, value in fields if name.lower() != "status"), content)


def _plain(status: int, text: bytes, *headers: tuple[str, str]) -> GitAnswer:
    return GitAnswer(status, (("Content-Type", "text/plain"), *headers), text)
