"""Serve one request from the socket to the answer: who asks, faults, limits, contract, operation, pages, ETag, contract."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from . import git_http
from .answer import Answer, not_found, said
from .contract import ContractError, check_answer, check_request
from .faults import Faults, Kind
from .hub import Hub
from .limits import Limits
from .routes import Operation, carried_out, limited, operation, paged

PREFIX = "/api/v3"  # as on GitHub Enterprise Server, where one host serves the API and git


@dataclass
class FakeGitHub:
    """Hold the server's settings and the requests it has seen. `violations` must be empty when a test ends."""

    hub: Hub
    limits: Limits
    faults: Faults = field(default_factory=Faults)
    counted: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)  # `POST /repos/{owner}/{repo}/pulls 201`, in order
    on_request: Callable[[str], None] = lambda _: None  # called before anything is done
    on_done: Callable[[str], None] = lambda _: None  # called after the operation, before the answer
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> str:
        return self.url + PREFIX

    def note(self, line: str) -> None:
        self.seen.append(line)
        self.counted[line] += 1

    def writes(self) -> list[str]:
        """Return the requests that changed something and were carried out."""
        return [line for line in self.seen if not line.startswith(("GET", "git fetch")) and line[-3] == "2"]


@contextmanager
def serving(folder: Path, org: str = "course-org", plan: str = "team") -> Iterator[FakeGitHub]:
    """Run a fake GitHub on loopback, with its repositories in `folder`, until the block ends."""
    hub = Hub(org, folder, plan=plan)
    fake = FakeGitHub(hub, Limits(hub.now))
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = _Server(("127.0.0.1", 0), handler)
    server.fake, fake.port = fake, server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    fake: FakeGitHub

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that was killed in the middle of a request, as tests do; record a mistake of the fake's own."""
        if not isinstance(sys.exception(), OSError):
            self.fake.violations.append(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    fake: FakeGitHub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log; tests read `seen`."""

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _handle(self) -> None:
        body = self._body()
        parts = urlsplit(self.path)
        if not parts.path.startswith(PREFIX + "/"):
            self._git(parts.path, parts.query, body)
        else:
            self._api(parts.path.removeprefix(PREFIX), dict(parse_qsl(parts.query, keep_blank_values=True)), body)

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        whole = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def _api(self, path: str, query: dict[str, str], body: bytes) -> None:
        method, fake = self.command, self.fake
        found = operation(method, path)
        template = found[0] if found else path
        line = f"{method} {template}"
        fake.on_request(line)
        trouble = fake.faults.strike(method, path)
        answer, headers = self._refused(trouble, line) or (None, {})
        if answer is None:
            answer, headers = self._answered(method, template, found, path, query, body)
            fake.on_done(line)
        fake.note(f"{line} {answer.status}")
        if trouble in (Kind.DROP_AFTER, Kind.DROP_BEFORE):
            self.close_connection = True
            return
        if trouble is Kind.ERROR_AFTER:
            answer, headers = said(502, "Server Error"), {}
        self._send(answer.status, json.dumps(answer.body).encode() if answer.body is not None else b"", headers)

    def _refused(self, trouble: Kind | None, line: str) -> tuple[Answer, dict[str, str]] | None:
        match trouble:
            case Kind.DROP_BEFORE | Kind.ERROR_BEFORE:
                return said(502, "Server Error"), {}
            case Kind.PRIMARY:
                reset = str(int(self.fake.hub.now()) + 1)
                return said(403, "API rate limit exceeded"), {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
            case Kind.SECONDARY:
                return said(429, "You have exceeded a secondary rate limit"), {"retry-after": "1"}
        return None

    def _answered(
        self,
        method: str,
        template: str,
        found: tuple[str, Operation, dict[str, str]] | None,
        path: str,
        query: dict[str, str],
        body: bytes,
    ) -> tuple[Answer, dict[str, str]]:
        fake = self.fake
        given = self.headers.get("authorization", "").split()
        secret = given[1] if len(given) == 2 and given[0].lower() in ("bearer", "token") else ""
        token = fake.hub.tokens.get(secret)
        if token is None:
            return said(401, "Bad credentials"), {}
        if found is None:
            fake.violations.append(f"no operation {method} {path}")
            return not_found(), {}
        creates = method in ("POST", "PUT")
        refusal = fake.limits.refusal(secret, creates=creates)
        if refusal is not None:
            return limited(*refusal, fake.limits.headers(secret))
        try:
            check_request(method, path, query, body, self.headers.get("content-type", ""))
            with fake.hub.lock:
                answer = carried_out(fake.hub, token, found, query, body)
            answer, headers = paged(answer, query, fake.api + path)
            raw = json.dumps(answer.body).encode() if answer.body is not None else b""
            check_answer(method, template, path, query, answer.status, raw)
        except ContractError as error:
            fake.violations.append(str(error))
            return said(422, str(error)[:2_000]), {}
        if method == "GET" and answer.status == 200:
            headers["etag"] = f'"{hashlib.sha256(raw + headers.get("link", "").encode()).hexdigest()[:32]}"'
            if self.headers.get("if-none-match") == headers["etag"]:
                return Answer(304), {**headers, **fake.limits.headers(secret)}
        fake.limits.charge(secret, creates=creates)
        return answer, {**headers, **fake.limits.headers(secret)}

    def _git(self, path: str, query: str, body: bytes) -> None:
        fake = self.fake
        does = "push" if "git-receive-pack" in path or "git-receive-pack" in query else "fetch"
        line = f"git {does} {path.rpartition('/')[2]}"
        fake.on_request(line)
        trouble = fake.faults.strike(self.command, path, is_git=True)
        if trouble in (Kind.DROP_BEFORE, Kind.ERROR_BEFORE):
            answer = git_http.GitAnswer(502, (), b"Server Error")
        else:
            token = git_http.who(fake.hub, self.headers.get("authorization", ""))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = git_http.answer(fake.hub, token, self.command, unquote(path), query, headers, body)
            fake.on_done(line)
        fake.note(f"{line} {answer.status}")
        if trouble in (Kind.DROP_AFTER, Kind.DROP_BEFORE):
            self.close_connection = True
            return
        if trouble is Kind.ERROR_AFTER:
            answer = git_http.GitAnswer(502, (), b"Server Error")
        self._send(answer.status, answer.body, dict(answer.headers))

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if body and not {name.lower() for name in headers} & {"content-type"}:
            self.send_header("Content-Type", "application/json; charset=utf-8")
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if status not in (204, 304) else b"")
