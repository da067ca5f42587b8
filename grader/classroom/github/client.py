"""Make requests to GitHub's REST API: keep the pace, try again when trouble may pass, and never create a thing twice.

If an answer is lost, nobody knows whether the server has carried out the request. A request that may be repeated is repeated.
Before a creation is repeated, `happened` looks whether the thing exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any
from urllib.parse import urlencode

import httpx

from ..forge import ForgeError, Unreachable
from .etags import Etags, Kept
from .patience import LONGEST, TRIES, Clock, Pace, asked_to_wait, backoff
from .token import Token

API_VERSION = "2022-11-28"
SECONDS = 30.0
LIMITED_AT_MOST = 50  # waits for one request; after so many something else is wrong


class GitHubError(ForgeError):
    """Report that GitHub refused, with its `status` and its words."""

    def __init__(self, request: str, status: int, said: str) -> None:
        self.status, self.said = status, said
        super().__init__(f"GitHub answers {status} to {request}: {said}{_HELP.get(status, '')}")


_HELP = {403: ". The token may not do this; docs/github.md lists the rights it needs"}


class Client:
    def __init__(self, api: str, token: Token, etags: Etags, pace: Pace, clock: Clock) -> None:
        self.api, self._etags, self._pace, self._clock = api, etags, pace, clock
        headers = {
            **token.header(),
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": API_VERSION,
            "User-Agent": "tinytorch-course",
        }
        self._http = httpx.Client(headers=headers, timeout=SECONDS, follow_redirects=False)

    def get(self, path: str, **params: str) -> Any:
        """Return the resource, or None if there is none."""
        try:
            return self._page(self._url(path, params)).body
        except GitHubError as error:
            if error.status == 404:
                return None
            raise

    def all(self, path: str, **params: str) -> Iterator[dict[str, Any]]:
        """Yield every entry of a list, page by page. The caller may stop early."""
        following = self._url(path, {"per_page": "100", **params})
        while following:
            page = self._page(following)
            yield from page.body
            following = page.following

    def set(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send PUT or PATCH, which may be repeated without harm."""
        return _content(self._ask(method, self._url(path), body))

    def remove(self, path: str) -> None:
        """Send DELETE. A thing that is gone already, such as after a lost answer, is no trouble."""
        try:
            self._ask("DELETE", self._url(path))
        except GitHubError as error:
            if error.status != 404:
                raise

    def create(self, path: str, body: Mapping[str, Any], happened: Callable[[], Any]) -> Any:
        """Send POST. After a lost answer or a refusal, `happened` says whether the thing already exists."""
        try:
            answer = self._ask("POST", self._url(path), body, happened=happened)
        except GitHubError as error:
            if error.status == 422 and (found := happened()) is not None:
                return found
            raise
        return _content(answer) if isinstance(answer, httpx.Response) else answer

    def close(self) -> None:
        self._http.close()

    def _url(self, path: str, params: Mapping[str, str] | None = None) -> str:
        return f"{self.api}{path}" + (f"?{urlencode(params)}" if params else "")

    def _page(self, url: str) -> Kept:
        if not url.startswith(f"{self.api}/"):
            raise ForgeError(f"GitHub names {url} as the next page, which is not at {self.api}")
        kept = self._etags.get(url)
        answer = self._ask("GET", url, etag=kept.etag if kept else "")
        if answer.status_code == 304 and kept is not None:
            return kept
        page = Kept(url, answer.headers.get("etag", ""), answer.json(), answer.links.get("next", {}).get("url", ""))
        if page.etag:
            self._etags.put(page)
        return page

    def _ask(
        self,
        method: str,
        url: str,
        body: Mapping[str, Any] | None = None,
        *,
        etag: str = "",
        happened: Callable[[], Any] | None = None,
    ) -> Any:
        """Return a good answer, or the result of `happened`. Raise GitHubError for a refusal."""
        request = f"{method} {url.removeprefix(self.api).partition('?')[0]}"
        waits = count(1)
        for attempt in range(1, TRIES + 1):
            answer, trouble = self._sent(request, method, url, body, etag, waits)
            if answer is not None and answer.status_code < 500:
                if answer.is_success or answer.status_code == 304:
                    return answer
                raise _refused(request, answer)
            if attempt == TRIES:
                raise _gave_up(request, answer, trouble)
            self._clock.wait(backoff(attempt, self._clock.draw), f"{trouble} ({request})")
            if happened is not None and (found := happened()) is not None:
                return found
        raise AssertionError("the last try returns or raises")

    def _sent(
        self, request: str, method: str, url: str, body: Mapping[str, Any] | None, etag: str, waits: Iterator[int]
    ) -> tuple[httpx.Response | None, str]:
        """Wait out all limits and return the answer, or None and the reason why no answer came."""
        while True:
            if method in ("POST", "PUT"):
                self._wait_for_our_turn()
            try:
                answer = self._http.request(
                    method, url, json=body, headers={"If-None-Match": etag} if etag else None
                )  # errors of httpx never quote a header, and so not the token
            except httpx.TransportError as error:
                return None, f"the connection broke: {type(error).__name__}"
            wait = asked_to_wait(answer.status_code, answer.headers, _said(answer), self._clock.now())
            if wait is None:
                return answer, f"it answered {answer.status_code}"
            if wait > LONGEST or next(waits) > LIMITED_AT_MOST:
                raise Unreachable(f"GitHub asks to wait {wait:.0f} s before {request}. Run this again after that")
            self._clock.wait(wait, f"GitHub limits how much may be asked of it ({_said(answer)})")

    def _wait_for_our_turn(self) -> None:
        seconds = self._pace.seconds(self._clock.now())
        if seconds > 0:
            self._clock.wait(seconds, "GitHub allows 80 new things a minute and 500 an hour")
        self._pace.note(self._clock.now())


def _refused(request: str, answer: httpx.Response) -> Exception:
    if answer.status_code == 401:
        return Unreachable(
            "GitHub does not take the token: it is not valid, or has expired. Put a new one into GH_TOKEN"
        )
    return GitHubError(request, answer.status_code, _said(answer))


def _gave_up(request: str, answer: httpx.Response | None, trouble: str) -> Exception:
    """Report trouble for all repositories if there is no connection, and for this one if GitHub had an error."""
    text = f"GitHub cannot be reached for {request}: {trouble}, {TRIES} times. Run this again later: it continues there"
    return Unreachable(text) if answer is None else ForgeError(text)


def _content(answer: httpx.Response) -> Any:
    return answer.json() if answer.content else None


def _said(answer: httpx.Response) -> str:
    """Return GitHub's words, with the details of a 422, on one short line, because they may quote a student."""
    if answer.is_success:
        return ""
    try:
        body = answer.json()
        errors = body.get("errors") or []
        parts = [str(body.get("message", ""))]
        parts += [one if isinstance(one, str) else _particular(one) for one in errors]
    except (ValueError, AttributeError, TypeError):
        parts = ["the answer is not JSON"]
    text = "; ".join(filter(None, parts))
    return "".join(c if c.isprintable() else " " for c in text)[:500]


def _particular(one: Mapping[str, Any]) -> str:
    return str(one.get("message") or f"{one.get('field')}: {one.get('code')}")
