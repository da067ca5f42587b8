"""Test requests to GitHub: which are repeated, how long the client waits, and that nothing is ever made twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.classroom.forge import Access, ForgeError, State, Status, Unreachable
from grader.classroom.github.connect import connect
from grader.classroom.github.forge import GitHubForge
from grader.classroom.github.patience import GITHUB_PACE, Pace, asked_to_wait

from .conftest import TOKEN, Hand
from .fake.faults import Kind
from .fake.hub import Token
from .fake.server import FakeGitHub
from .making import REPO, begin, feedback

LOST = [Kind.DROP_BEFORE, Kind.DROP_AFTER, Kind.ERROR_BEFORE, Kind.ERROR_AFTER]
PASSED = Status("tinytorch/setup", State.SUCCESS, "20/20")


def test_a_list_is_read_to_its_last_page(fake: FakeGitHub, forge: GitHubForge) -> None:
    for number in range(230):
        fake.hub.repos[f"r{number:03}"] = fake.hub.create(f"r{number:03}") if number == 0 else _like(fake, number)
    assert forge.repos() == [f"r{number:03}" for number in range(230)]
    assert fake.counted["GET /orgs/{org}/repos 200"] == 3


def _like(fake: FakeGitHub, number: int) -> object:
    """Copy a repository without a folder of its own, because 230 folders would take as many git processes."""
    first = fake.hub.repos["r000"]
    return type(first)(f"r{number:03}", number, first.git, True, first.created_at, first.pushed_at)


def test_a_repeated_request_about_something_unchanged_is_free(fake: FakeGitHub, forge: GitHubForge) -> None:
    fake.hub.create("one")
    first, used = forge.repos(), fake.limits.headers(TOKEN)["x-ratelimit-used"]
    assert forge.repos() == first
    assert fake.limits.headers(TOKEN)["x-ratelimit-used"] == used
    assert fake.counted["GET /orgs/{org}/repos 304"] == 1


def test_a_change_is_seen_at_once(fake: FakeGitHub, forge: GitHubForge) -> None:
    assert forge.repos() == []
    fake.hub.create("one")
    assert forge.repos() == ["one"]


def test_the_client_waits_until_the_primary_limit_ends(fake: FakeGitHub, forge: GitHubForge, hand: Hand) -> None:
    fake.limits.per_hour = 3
    for number in range(5):
        fake.hub.create(f"r{number}")
        assert len(forge.repos()) == number + 1
    assert len(hand.waits) == 1
    assert 3_590 < hand.waits[0] <= 3_602
    assert "waiting" in hand.said[0]
    assert "API rate limit exceeded" in hand.said[0]


def test_the_client_waits_for_the_secondary_limit_as_long_as_github_says(
    fake: FakeGitHub, forge: GitHubForge, hand: Hand
) -> None:
    fake.limits.creations, fake.limits.creation_window = 2, 60.0
    for name in ("a", "b", "c"):
        forge.create_repo(name)
    assert sorted(fake.hub.repos) == ["a", "b", "c"]
    assert [round(wait) for wait in hand.waits] == [61]


def test_the_client_waits_a_minute_for_a_limit_without_a_time() -> None:
    assert asked_to_wait(403, {}, "You have exceeded a secondary rate limit.", 0.0) == 60.0
    assert asked_to_wait(429, {}, "Too many requests", 0.0) == 60.0
    assert asked_to_wait(429, {"retry-after": "7"}, "", 0.0) == 7.0
    assert asked_to_wait(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "50"}, "", 20.0) == 30.0
    assert asked_to_wait(403, {"x-ratelimit-remaining": "9"}, "Must have admin rights", 0.0) is None
    assert asked_to_wait(404, {"retry-after": "7"}, "", 0.0) is None


def test_our_own_pace_stays_below_githubs_limits() -> None:
    pace, now, waited = Pace(GITHUB_PACE), 0.0, 0.0
    times = []
    for _ in range(600):
        wait = pace.seconds(now)
        waited += wait
        now += wait
        pace.note(now)
        times.append(now)
    for most, window in GITHUB_PACE:
        assert max(sum(start <= one < start + window for one in times) for start in times) <= most
    assert times[79] == 0.0, "the first eighty need not wait"
    assert waited < 3_700


@pytest.mark.parametrize("kind", LOST)
def test_a_reading_request_is_repeated_after_trouble(
    fake: FakeGitHub, forge: GitHubForge, hand: Hand, kind: Kind
) -> None:
    fake.hub.create("one")
    fake.faults.plan(kind, "GET", times=3)
    assert forge.repos() == ["one"]
    assert len(hand.waits) == 3
    assert hand.waits == sorted(hand.waits), "each wait is longer than the one before"


def make_repo(forge: GitHubForge) -> None:
    forge.create_repo("other")


def make_pull(forge: GitHubForge) -> None:
    forge.open_pull_request(REPO, "main", "feedback", "Feedback", "All your work.")


def make_comment(forge: GitHubForge) -> None:
    forge.post_comment(REPO, feedback(forge), "tinytorch/setup", "**20 of 20**")


def make_status(forge: GitHubForge) -> None:
    head = forge.head(REPO)
    assert head is not None
    forge.post_status(REPO, head, PASSED)


CREATIONS = [make_repo, make_pull, make_comment, make_status]


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("make", CREATIONS)
def test_a_thing_is_made_only_once_even_if_the_answer_was_lost(
    fake: FakeGitHub, forge: GitHubForge, make: Callable[[GitHubForge], None], kind: Kind
) -> None:
    begin(forge)
    if make is make_comment:
        feedback(forge)
    fake.faults.plan(kind, "POST", "^/(orgs|repos)/")
    make(forge)
    make(forge)
    repo = fake.hub.repos[REPO]
    counts = [len(fake.hub.repos) - 1, len(repo.pulls), len(repo.comments), len(repo.statuses)]
    wanted = {make_repo: [1, 0, 0, 0], make_pull: [0, 1, 0, 0], make_comment: [0, 1, 1, 0], make_status: [0, 0, 0, 1]}
    assert counts == wanted[make]
    assert fake.faults.met == {f"POST: {kind}": 1}


def test_a_thing_that_already_exists_is_used_even_if_a_listing_did_not_show_it(
    fake: FakeGitHub, forge: GitHubForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listing may lag behind a recent creation, or a proxy may have sent a request twice."""
    forge.create_repo(REPO)
    there, asked = forge._there, iter([None])
    monkeypatch.setattr(forge, "_there", lambda repo: next(asked, there(repo)))
    forge.create_repo(REPO)
    assert fake.counted["POST /orgs/{org}/repos 422"] == 1
    assert len(fake.hub.repos) == 1


@pytest.mark.parametrize("kind", LOST)
def test_an_invitation_is_sent_only_once_even_if_the_answer_was_lost(
    fake: FakeGitHub, forge: GitHubForge, kind: Kind
) -> None:
    fake.faults.plan(kind, "PUT")
    forge.create_repo(REPO, writers=["ada"])
    assert forge.access(REPO) == {"ada": Access.INVITED}
    assert len(fake.hub.repos[REPO].invitations) == 1


@pytest.mark.parametrize("kind", LOST)
def test_a_push_arrives_even_if_the_connection_broke(fake: FakeGitHub, forge: GitHubForge, kind: Kind) -> None:
    forge.create_repo(REPO)
    fake.faults.plan(kind, "POST", "git-receive-pack")
    begin(forge)
    assert forge.head(REPO) == fake.hub.repos[REPO].branch("main")
    assert [one.kind for one in fake.hub.repos[REPO].activity] == ["branch_creation", "branch_creation", "push"]


def test_lasting_trouble_with_one_repository_is_reported_for_that_repository(
    fake: FakeGitHub, forge: GitHubForge
) -> None:
    fake.faults.plan(Kind.ERROR_BEFORE, "GET", times=100)
    with pytest.raises(ForgeError, match=r"GitHub cannot be reached for GET /orgs/course-org/repos: it answered 502"):
        forge.repos()


def test_a_missing_connection_ends_the_whole_command(fake: FakeGitHub, forge: GitHubForge) -> None:
    fake.faults.plan(Kind.DROP_BEFORE, "GET", times=100)
    with pytest.raises(Unreachable, match="the connection broke"):
        forge.repos()


def test_an_invalid_token_ends_the_whole_command(fake: FakeGitHub, forge: GitHubForge) -> None:
    begin(forge)
    del fake.hub.tokens[TOKEN]
    with pytest.raises(Unreachable, match="not valid, or has expired"):
        forge.repos()
    with pytest.raises(Unreachable, match="not valid, or has expired"):
        forge.head(REPO)


def test_the_message_about_a_missing_right_says_where_the_rights_are_listed(
    fake: FakeGitHub, forge: GitHubForge
) -> None:
    fake.hub.tokens[TOKEN] = Token("professor", frozenset({"contents"}))
    with pytest.raises(ForgeError, match=r"answers 403 to POST /orgs/course-org/repos.*docs/github.md"):
        forge.create_repo("one")


def test_a_next_page_on_another_server_is_not_requested(
    fake: FakeGitHub, forge: GitHubForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    from .fake import server

    monkeypatch.setattr(
        server, "paged", lambda answer, query, url: (answer, {"link": '<http://elsewhere.invalid/x>; rel="next"'})
    )
    with pytest.raises(ForgeError, match="elsewhere"):
        forge.repos()


def test_kept_answers_may_be_lost_or_damaged(fake: FakeGitHub, forge: GitHubForge, tmp_path: Path) -> None:
    fake.hub.create("one")
    forge.repos()
    (kept,) = tmp_path.glob("kept/**/etags/*.json")
    kept.write_text("{")
    assert forge.repos() == ["one"]


@pytest.mark.parametrize("where", ["github:", "github:a/b", "github:-x", "github:a--b"])
def test_a_name_that_is_not_an_organisation_is_refused(tmp_path: Path, where: str) -> None:
    with pytest.raises(ForgeError, match="does not name an organisation"):
        connect(where, tmp_path, {"GH_TOKEN": TOKEN})
