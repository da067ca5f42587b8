"""Test the fake itself: it refuses what GitHub would refuse, and notices messages that GitHub's description does not allow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from grader.classroom.github.forge import GitHubForge

from .conftest import TOKEN
from .contract.trim import CONTRACT, OPERATIONS, trimmed
from .fake import routes
from .fake.answer import Answer
from .fake.contract import ContractError, check_answer, check_request, complete
from .fake.faults import Kind
from .fake.hub import Token
from .fake.server import FakeGitHub
from .making import REPO, begin

Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(fake: FakeGitHub) -> Ask:
    def asked(method: str, path: str, token: str = TOKEN, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        return httpx.request(method, f"{fake.api}{path}", headers=headers, **options)

    return asked


def test_every_operation_of_the_fake_is_in_the_contract() -> None:
    there = {(method.upper(), path) for path, methods in OPERATIONS.items() for method in methods}
    assert set(routes.OPERATIONS) <= there


def test_the_contract_is_trimmed_already() -> None:
    document = json.loads(CONTRACT.read_text(encoding="utf-8"))
    assert trimmed(document) == document


@pytest.mark.parametrize(
    ("body", "words"),
    [({}, "name"), ({"name": 3}, "string"), ({"name": "x", "private": "yes"}, "boolean"), ([], "object")],
)
def test_a_request_that_github_would_not_accept_is_noticed(body: object, words: str) -> None:
    with pytest.raises(ContractError, match=words):
        check_request("POST", "/orgs/o/repos", {}, json.dumps(body).encode(), "application/json")


def test_an_answer_that_github_would_not_give_is_noticed() -> None:
    good = complete("status", {"state": "success", "context": "x"})
    template, path = "/repos/{owner}/{repo}/statuses/{sha}", f"/repos/o/r/statuses/{'1' * 40}"
    check_answer("POST", template, path, {}, 201, json.dumps(good).encode())
    for wrong in ({**good, "id": "7"}, {key: value for key, value in good.items() if key != "context"}):
        with pytest.raises(ContractError):
            check_answer("POST", template, path, {}, 201, json.dumps(wrong).encode())
    with pytest.raises(ContractError, match="200 is not among"):
        check_answer("POST", template, path, {}, 200, b"{}")


def test_a_violation_is_reported_at_the_end_of_the_test(
    fake: FakeGitHub, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask("POST", "/orgs/course-org/repos", json={"private": True}).status_code == 422
    monkeypatch.setitem(routes.OPERATIONS, ("GET", "/user"), lambda *_: Answer(200, {"login": 7}))
    assert ask("GET", "/user").status_code == 422
    assert len(fake.violations) == 2


def test_a_bug_of_the_fake_does_not_look_like_a_lost_connection(
    fake: FakeGitHub, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(routes.OPERATIONS, ("GET", "/user"), lambda *_: 1 / 0)
    with pytest.raises(httpx.TransportError):
        ask("GET", "/user")
    assert ["ZeroDivisionError" in one for one in fake.violations] == [True]


def test_a_private_repository_does_not_exist_for_others(fake: FakeGitHub, ask: Ask) -> None:
    fake.hub.create(REPO)
    assert ask("GET", f"/repos/course-org/{REPO}", "token-of-ada").status_code == 404
    assert ask("GET", "/orgs/course-org/repos", "token-of-ada").json() == []
    fake.hub.repos[REPO].members["ada"] = "push"
    assert ask("GET", f"/repos/course-org/{REPO}", "token-of-ada").status_code == 200
    assert ask("PUT", f"/repos/course-org/{REPO}/collaborators/ada", "token-of-ada", json={}).status_code == 403


def test_a_token_without_the_right_is_refused(fake: FakeGitHub, ask: Ask) -> None:
    fake.hub.tokens["weak"] = Token("professor", frozenset({"contents"}))
    answer = ask("POST", "/orgs/course-org/repos", "weak", json={"name": "x"})
    assert (answer.status_code, answer.json()["message"]) == (403, "Resource not accessible by personal access token")
    assert ask("GET", "/user", "nonsense").status_code == 401


def test_a_matching_etag_gets_304_and_does_not_count(fake: FakeGitHub, ask: Ask) -> None:
    first = ask("GET", "/orgs/course-org/repos")
    again = ask("GET", "/orgs/course-org/repos", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"]
    fake.hub.create("new")
    changed = ask("GET", "/orgs/course-org/repos", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200


@pytest.mark.parametrize(("kind", "made"), [(Kind.DROP_BEFORE, 0), (Kind.DROP_AFTER, 1)])
def test_a_connection_can_break_before_or_after_the_operation(
    fake: FakeGitHub, ask: Ask, kind: Kind, made: int
) -> None:
    fake.faults.plan(kind, "POST")
    with pytest.raises(httpx.TransportError):
        ask("POST", "/orgs/course-org/repos", json={"name": "x"})
    assert len(fake.hub.repos) == made


def test_limits_are_reported_as_github_reports_them(fake: FakeGitHub, ask: Ask) -> None:
    fake.limits.creations = 1
    ask("POST", "/orgs/course-org/repos", json={"name": "x"})
    second = ask("POST", "/orgs/course-org/repos", json={"name": "y"})
    assert (second.status_code, second.headers["retry-after"]) == (403, "61")
    fake.limits.per_hour = 1
    spent = ask("GET", "/user")
    assert (spent.status_code, spent.headers["x-ratelimit-remaining"]) == (403, "0")


def test_a_merged_branch_closes_its_pull_request(fake: FakeGitHub, forge: GitHubForge, ask: Ask) -> None:
    begin(forge)
    fake.hub.accept("ada")
    asked = {"title": "T", "head": "main", "base": "feedback"}
    assert ask("POST", f"/repos/course-org/{REPO}/pulls", "token-of-ada", json=asked).status_code == 201
    assert ask("PUT", f"/repos/course-org/{REPO}/pulls/1/merge", "token-of-ada").status_code == 200
    assert ask("GET", f"/repos/course-org/{REPO}/pulls/1").json()["merged_at"] is not None
    again = ask("POST", f"/repos/course-org/{REPO}/pulls", "token-of-ada", json=asked)
    assert (again.status_code, again.json()["errors"][0]["message"]) == (422, "No commits between feedback and main")


def test_a_person_who_may_only_read_cannot_push(fake: FakeGitHub, forge: GitHubForge, tmp_path: Path) -> None:
    begin(forge)
    fake.hub.person("ben", token="token-of-ben")
    fake.hub.repos[REPO].members["ben"] = "pull"
    url = f"{fake.url}/course-org/{REPO}.git/info/refs?service="
    assert httpx.get(f"{url}git-upload-pack", auth=("ben", "token-of-ben")).status_code == 200
    assert httpx.get(f"{url}git-receive-pack", auth=("ben", "token-of-ben")).status_code == 403
    assert httpx.get(f"{url}git-upload-pack", auth=("x", "nonsense")).status_code == 401
