"""Test what only GitHub has: invitations, rules and rights."""

from __future__ import annotations

import subprocess

import pytest

from grader.classroom.forge import Access, ForgeError
from grader.classroom.github.forge import GitHubForge
from grader.classroom.github.protection import wanted
from grader.repository import NewCommit

from .conftest import TOKEN, Hand
from .fake.hub import Comment, Token
from .fake.server import FakeGitHub
from .making import BY, MAIN, REPO, begin, commit, feedback


def test_an_invitation_gives_the_right_to_push_and_no_more(fake: FakeGitHub, forge: GitHubForge) -> None:
    forge.create_repo(REPO, writers=["Ada"])
    assert [(one.login, one.permission) for one in fake.hub.repos[REPO].invitations] == [("ada", "push")]
    fake.hub.accept("ada")
    assert forge.access(REPO) == {"ada": Access.IN}


def test_a_login_without_an_account_is_named_and_can_be_corrected(fake: FakeGitHub, forge: GitHubForge) -> None:
    with pytest.raises(ForgeError, match=r"GitHub has no account 'adda'.*correct the login in the class list"):
        forge.create_repo(REPO, writers=["adda"])
    assert forge.repos() == [], "no repository is left under a login that nobody has"
    forge.create_repo(REPO, writers=["ada"])
    assert forge.access(REPO) == {"ada": Access.INVITED}


def test_a_login_whose_account_was_closed_is_named_when_it_is_invited_later(
    fake: FakeGitHub, forge: GitHubForge
) -> None:
    forge.create_repo(REPO)
    with pytest.raises(ForgeError, match=r"GitHub has no account 'adda'"):
        forge.admit(REPO, ["adda"])


def test_an_expired_invitation_is_sent_again(fake: FakeGitHub, forge: GitHubForge) -> None:
    forge.create_repo(REPO, writers=["ada"])
    fake.hub.repos[REPO].invitations[0].expired = True
    assert forge.access(REPO) == {"ada": Access.EXPIRED}
    forge.admit(REPO, ["ada"])
    assert [one.expired for one in fake.hub.repos[REPO].invitations] == [False]


def test_a_student_with_an_invitation_to_a_higher_role_gets_no_second_invitation(
    fake: FakeGitHub, forge: GitHubForge
) -> None:
    forge.create_repo(REPO, writers=["ada"])
    fake.hub.repos[REPO].invitations[0].permission = "maintain"
    assert forge.access(REPO) == {"ada": Access.INVITED}
    forge.admit(REPO, ["ada"])
    assert [one.permission for one in fake.hub.repos[REPO].invitations] == ["maintain"]


def test_members_and_invited_students_are_not_invited_again(fake: FakeGitHub, forge: GitHubForge) -> None:
    forge.create_repo(REPO, writers=["ada"])
    forge.admit(REPO, ["ADA"])
    fake.hub.accept("ada")
    forge.admit(REPO, ["ada"])
    assert fake.counted["PUT /repos/{owner}/{repo}/collaborators/{username} 201"] == 1
    assert fake.counted["PUT /repos/{owner}/{repo}/collaborators/{username} 204"] == 0


def test_staff_and_nobody_else_get_the_right_to_read_and_no_more(fake: FakeGitHub, forge: GitHubForge) -> None:
    forge.create_repo(REPO, writers=["ada"])
    fake.hub.accept("ada")
    for login in ("tess", "Theo"):
        fake.hub.person(login)
    assert forge.set_readers(REPO, ["tess", "Theo"], dry_run=True) == ["let Theo read", "let tess read"]
    assert [one.login for one in fake.hub.repos[REPO].invitations] == []
    assert forge.set_readers(REPO, ["tess", "Theo"]) == ["let Theo read", "let tess read"]
    assert forge.set_readers(REPO, ["tess", "Theo"]) == []
    repo = fake.hub.repos[REPO]
    assert [(one.login, one.permission) for one in repo.invitations] == [("tess", "pull"), ("Theo", "pull")]
    fake.hub.accept("theo")
    repo.invitations[0].expired = True
    forge.set_readers(REPO, ["tess", "theo"])
    assert [(one.login, one.expired) for one in repo.invitations] == [("tess", False)]
    assert repo.members == {"ada": "push", "theo": "pull"}
    assert forge.access(REPO) == {"ada": Access.IN}, "who may only read is not in"
    assert forge.set_readers(REPO, []) == ["no longer tess", "no longer theo"]
    assert (repo.invitations, repo.members) == ([], {"ada": "push"})


def test_a_public_repository_in_the_way_is_refused(fake: FakeGitHub, forge: GitHubForge) -> None:
    fake.hub.create(REPO, private=False)
    with pytest.raises(ForgeError, match="is public"):
        forge.create_repo(REPO, writers=["ada"])


def test_a_clone_starts_at_main_whatever_default_the_organisation_has(fake: FakeGitHub, forge: GitHubForge) -> None:
    forge.create_repo(REPO)
    fake.hub.repos[REPO].default_branch = "feedback"
    begin(forge)
    assert fake.hub.repos[REPO].default_branch == "main"


def test_rules_are_made_once_and_repaired_when_somebody_changed_them(fake: FakeGitHub, forge: GitHubForge) -> None:
    assert len(forge.protect("small", dry_run=True)) == 3
    assert fake.hub.rulesets == []
    assert len(forge.protect("small")) == 3
    assert forge.protect("small") == []
    fake.hub.rulesets[0]["enforcement"] = "disabled"
    assert forge.protect("small") == ["rules 'small: history of main': changed"]
    assert [one["name"] for one in fake.hub.rulesets] == [one["name"] for one in wanted("small")]
    assert {one["enforcement"] for one in fake.hub.rulesets} == {"active"}


def test_an_app_that_works_for_the_course_may_bypass_the_rules_and_stays_allowed(
    fake: FakeGitHub, forge: GitHubForge
) -> None:
    forge.protect("small")
    assert len(forge.protect("small", app=4711)) == 3
    assert forge.protect("small") == [], "who may pass already is left alone"
    for one in fake.hub.rulesets:
        assert [(it["actor_type"], it["actor_id"]) for it in one["bypass_actors"]] == [
            ("OrganizationAdmin", None),
            ("Integration", 4711),
        ]


def test_the_number_that_github_writes_for_owners_does_not_count_as_a_change(
    fake: FakeGitHub, forge: GitHubForge
) -> None:
    forge.protect("small")
    for one in fake.hub.rulesets:
        one["bypass_actors"][0]["actor_id"] = 1
    assert forge.protect("small") == []


def test_the_message_names_a_rule_that_forbids_a_push(fake: FakeGitHub, forge: GitHubForge) -> None:
    tip = begin(forge)
    hook = fake.hub.repos[REPO].git.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        "#!/bin/sh\necho 'error: GH013: Repository rule violations found for refs/heads/starter.' >&2\nexit 1\n"
    )
    hook.chmod(0o755)
    with pytest.raises(ForgeError, match="a rule of the organisation forbids this push"):
        commit(forge, REPO, tip, b"more\n")


def test_a_github_plan_without_rules_gives_a_message_and_no_failure(fake: FakeGitHub, forge: GitHubForge) -> None:
    fake.hub.plan = "free"
    (word,) = forge.protect("small")
    assert "Upgrade to GitHub Team" in word
    assert "grades do not depend on them" in word


def test_a_repository_that_the_token_may_not_see_counts_as_missing(fake: FakeGitHub, forge: GitHubForge) -> None:
    begin(forge)
    fake.hub.tokens[TOKEN] = Token("ada")
    with pytest.raises(ForgeError, match="there is no repository small-ada in course-org that the token may see"):
        forge.head(REPO)


def test_the_time_of_a_push_comes_from_github_whatever_the_commit_says(
    fake: FakeGitHub, forge: GitHubForge, hand: Hand
) -> None:
    head = begin(forge)
    hand.time += 5_000
    later = commit(forge, REPO, head, b"more\n")
    pushed = forge.pushed_at(REPO, later)
    assert pushed is not None
    assert pushed.timestamp() == hand.time
    assert forge.pushed_at(REPO, "1" * 40) is None


def test_of_two_pushes_to_the_same_commit_the_newest_counts(fake: FakeGitHub, forge: GitHubForge, hand: Hand) -> None:
    head = begin(forge)
    later = commit(forge, REPO, head)
    repo = fake.hub.repos[REPO]
    for tip in (head, later):  # the student pushes by force after the deadline, away from the commit and back to it
        hand.time += 1_000
        before = repo.git.refs()
        repo.git.git("update-ref", MAIN, tip)
        fake.hub.moved(repo, before, "ada")
    pushed = forge.pushed_at(REPO, later)
    assert pushed is not None
    assert pushed.timestamp() == hand.time
    assert [one.kind for one in repo.activity][-2:] == ["force_push", "push"]


def test_a_branch_that_moved_in_the_meantime_is_not_overwritten(fake: FakeGitHub, forge: GitHubForge) -> None:
    head = begin(forge)
    theirs: list[str] = []

    def both_write() -> None:
        with forge.workspace(REPO) as git:
            theirs.extend(fake.hub.repos[REPO].git.write([NewCommit(MAIN, (head,), "theirs\n", {"x": b"theirs"})], BY))
            git.write([NewCommit(MAIN, (head,), "ours\n", {"x": b"ours"})], BY)

    with pytest.raises(ForgeError, match="a branch moved meanwhile"):
        both_write()
    assert forge.head(REPO) == theirs[0]
    with forge.workspace(REPO) as git:
        assert git.refs()[MAIN] == theirs[0], "the copy here is as the forge is, not as we wanted it"


def test_locks_of_a_killed_git_do_not_stop_the_next_one(forge: GitHubForge) -> None:
    head = begin(forge)
    forge.fetched(REPO, head)
    for kind in ("mirrors", "heads"):
        copy = forge._mirrors.folder / kind / f"{REPO}.git"
        for name in ("shallow.lock", "packed-refs.lock", "refs/heads/main.lock", "HEAD.lock"):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).touch()
    later = commit(forge, REPO, head, b"more\n")
    forge.fetched(REPO, later)


def test_another_persons_comment_with_our_mark_does_not_count_as_ours(fake: FakeGitHub, forge: GitHubForge) -> None:
    begin(forge)
    number = feedback(forge)
    fake.hub.accept("ada")
    theirs = "<!-- tinytorch/setup -->\n**20 of 20**"
    fake.hub.repos[REPO].comments.append(Comment(1, number, "ada", theirs, fake.hub.stamp()))
    forge.post_comment(REPO, number, "tinytorch/setup", "**3 of 20**")
    assert [(one.author, one.body.splitlines()[1]) for one in fake.hub.repos[REPO].comments] == [
        ("ada", "**20 of 20**"),
        ("professor", "**3 of 20**"),
    ]


def test_git_without_a_token_is_asked_for_one(forge: GitHubForge) -> None:
    begin(forge)
    done = subprocess.run(
        ["git", "ls-remote", forge.url(REPO)],
        env={"PATH": "/usr/bin:/bin", "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 128
    assert "could not read Username" in done.stderr
