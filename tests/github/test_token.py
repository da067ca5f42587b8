"""Test that the token goes to GitHub and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader import repository
from grader.classroom.forge import ForgeError, Unreachable
from grader.classroom.github.connect import connect
from grader.classroom.github.forge import GitHubForge
from grader.classroom.github.token import take
from grader.repository import process

from .conftest import TOKEN, Hand
from .fake.faults import Kind
from .fake.server import FakeGitHub, serving
from .making import REPO, begin


def test_the_token_is_read_from_the_environment_and_removed_from_it() -> None:
    environment = {"GH_TOKEN": TOKEN, "GITHUB_TOKEN": "ghs_of_the_workflow", "PATH": "/bin"}
    assert take(environment).header() == {"Authorization": f"Bearer {TOKEN}"}
    assert environment == {"PATH": "/bin"}, "what is started later inherits no token"
    assert take({"GITHUB_TOKEN": TOKEN}).header() == {"Authorization": f"Bearer {TOKEN}"}


def test_without_a_token_the_message_says_where_to_put_one(tmp_path: Path) -> None:
    with pytest.raises(ForgeError, match="GH_TOKEN"):
        connect("github:course-org", tmp_path, {"GH_TOKEN": ""})


@pytest.mark.parametrize("text", ["two words", "line\nline", "ünï"])
def test_a_text_that_cannot_be_a_token_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ForgeError, match="copy it again") as error:
        take({"GH_TOKEN": text})
    assert text not in str(error.value)


def test_the_token_appears_in_no_file_no_command_line_and_no_message(
    fake: FakeGitHub, forge: GitHubForge, hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[str] = []
    real = process.subprocess.Popen

    class Noted(real):  # type: ignore[misc, valid-type]
        def __init__(self, command: list[str], **options: object) -> None:
            commands.append(" ".join(command))
            super().__init__(command, **options)

    monkeypatch.setattr(process.subprocess, "Popen", Noted)
    fake.faults.plan(Kind.ERROR_AFTER, "POST", times=3)
    head = begin(forge)
    forge.fetched(REPO, head)
    forge.pushed_at(REPO, head)
    errors = []
    for wrong in (lambda: forge.head("nobody"), lambda: forge.create_repo("../x"), lambda: forge.access("nobody")):
        with pytest.raises(ForgeError) as error:
            wrong()
        errors.append(f"{error.value!r} {error.value.__cause__!r}")
    del fake.hub.tokens[TOKEN]
    with pytest.raises(Unreachable) as refused:
        forge.head(REPO)
    assert any("push" in command for command in commands)
    everything = [*commands, *errors, *hand.said, repr(refused.value), repr(forge), repr(vars(forge)), forge.url(REPO)]
    everything += [path.read_bytes().decode(errors="replace") for path in tmp_path.rglob("*") if path.is_file()]
    coded = next(iter(take({"GH_TOKEN": TOKEN}).git_config("x").values())).rpartition(" ")[2]
    assert not [text for text in everything if TOKEN in text or coded in text]


def test_git_sends_the_token_only_to_github(fake: FakeGitHub, forge: GitHubForge, tmp_path: Path) -> None:
    begin(forge)
    config = take({"GH_TOKEN": TOKEN}).git_config(fake.url)
    assert repository.ls_remote(forge.url(REPO), config=config) is not None
    with serving(tmp_path / "elsewhere") as other:
        other.hub.person("professor", token=TOKEN, owner=True)
        other.hub.create(REPO)
        with pytest.raises(repository.RepositoryError, match="could not read Username"):
            repository.ls_remote(f"{other.url}/{other.hub.org}/{REPO}.git", config=config)
        assert other.seen == ["git fetch refs 401"]


@pytest.mark.parametrize(
    "url", ["http://github.example/api/v3", "https://me:pass@github.example", "file:///x", "github"]
)
def test_an_unencrypted_address_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ForgeError, match="GITHUB_API_URL"):
        connect("github:course-org", tmp_path, {"GH_TOKEN": TOKEN, "GITHUB_API_URL": url})


def test_the_default_addresses_are_githubs_own(tmp_path: Path) -> None:
    own = connect("github:course-org", tmp_path, {"GH_TOKEN": TOKEN})
    assert own.url("x") == "https://github.com/course-org/x.git"
    enterprise = connect("github:o", tmp_path, {"GH_TOKEN": TOKEN, "GITHUB_API_URL": "https://git.example.edu/api/v3"})
    assert enterprise.url("x") == "https://git.example.edu/o/x.git"
    own.close()
    enterprise.close()


def test_grading_needs_neither_network_nor_token(forge: GitHubForge, fake: FakeGitHub) -> None:
    head = begin(forge)
    place = forge.fetched(REPO, head)
    seen = len(fake.seen)
    with repository.borrowed(place, head) as git:
        assert {entry.path for entry in git.tree(head)} == {"README.md", "work.txt"}
    assert len(fake.seen) == seen
