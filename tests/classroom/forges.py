"""Offer both forges to the tests: the interface of the classroom, a student's actions, and everything that a run could change."""

from __future__ import annotations

import base64
import pickle
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import httpx

from grader.classroom.disk import DiskForge
from grader.classroom.forge import ForgeError, PullRequest
from grader.classroom.github.connect import connect
from grader.classroom.github.forge import GitHubForge
from grader.classroom.github.patience import Clock
from grader.repository import Repository, Signature
from tests.github.fake.server import FakeGitHub
from tests.on_disk import comments_of, pulls_of

REMEMBERED = ("ids", "repos", "rulesets")  # people are whom a test has enrolled
STAFF_TOKEN = "ghp_staff0000000000000000000000000000"


class Disk(DiskForge):
    """Offer a forge in a folder, where a student needs no token."""

    def student(self, repo: str) -> Mapping[str, str]:
        return {}

    def bare(self, repo: str) -> Repository:
        """Return the repository of the forge itself."""
        return self._repository(repo)

    @property
    def is_new(self) -> bool:
        return not self.root.exists()

    def keep(self, copy: Path) -> None:
        """Copy the whole forge."""
        shutil.copytree(self.root, copy, symlinks=True)

    def become(self, copy: Path) -> None:
        """Take the state of another forge that was kept."""
        shutil.copytree(copy, self.root, symlinks=True)

    def pull_requests(self, repo: str) -> list[PullRequest]:
        return pulls_of(self, repo)

    def comments(self, repo: str, number: int) -> dict[str, str]:
        return comments_of(self, repo, number)

    def snapshot(self) -> dict[str, object]:
        files = {str(path): path for path in (self.root / "state").rglob("*.json")}
        state = {name: (path.read_bytes(), path.stat().st_mtime_ns) for name, path in files.items()}
        return {"state": state, "refs": {repo: self.bare(repo).refs("refs/") for repo in self.repos()}}


class GitHub(GitHubForge):
    """Offer the fake GitHub through our own client. Students come with tokens of their own."""

    fake: FakeGitHub

    @classmethod
    def at(cls, fake: FakeGitHub, folder: Path, clock: Clock) -> GitHub:
        fake.hub.person("professor", token=STAFF_TOKEN, owner=True)
        environment = {"GH_TOKEN": STAFF_TOKEN, "GITHUB_API_URL": fake.api, "TINYTORCH_GITHUB_PACE": "off"}
        made = connect(f"github:{fake.hub.org}", folder, environment, clock)
        self = cls(made.org, made._client, made._mirrors)
        self.fake = fake
        return self

    @property
    def is_new(self) -> bool:
        return not self.fake.hub.repos

    def keep(self, copy: Path) -> None:
        """Copy all that the fake and our client have on the disk, and what the fake remembers."""
        shutil.copytree(self.fake.hub.folder, copy, symlinks=True)
        (copy / "memory").write_bytes(pickle.dumps({name: getattr(self.fake.hub, name) for name in REMEMBERED}))

    def become(self, copy: Path) -> None:
        """Take the state of another organisation that was kept. Files name neither their folder nor the port."""
        hub = self.fake.hub
        shutil.copytree(copy, hub.folder, symlinks=True, dirs_exist_ok=True)
        vars(hub).update(pickle.loads((copy / "memory").read_bytes()))
        for repo in hub.repos.values():
            repo.git = Repository(hub.folder / hub.org / f"{repo.name}.git")

    def enrol(self, login: str) -> None:
        self.fake.hub.person(login, token=f"token-of-{login.lower()}")

    def student(self, repo: str) -> Mapping[str, str]:
        """Return the environment of a student's git. The student has accepted the invitation."""
        login = repo.partition("-")[2]
        self.fake.hub.accept(login)
        coded = base64.b64encode(f"{login}:token-of-{login}".encode()).decode()
        header = {"GIT_CONFIG_KEY_0": "http.extraHeader", "GIT_CONFIG_VALUE_0": f"Authorization: Basic {coded}"}
        return {"GIT_CONFIG_COUNT": "1", **header}

    def bare(self, repo: str) -> Repository:
        found = self.fake.hub.repo(repo)
        assert found is not None
        return found.git

    def snapshot(self) -> dict[str, object]:
        repos = {repo.name: repo for repo in self.fake.hub.repos.values()}
        state = {name: [list(map(asdict, repo.pulls)), list(map(asdict, repo.comments)), list(map(asdict, repo.statuses)),
                        list(map(asdict, repo.invitations)), dict(repo.members)]
                 for name, repo in repos.items()}  # fmt: skip
        refs = {name: repo.git.refs("refs/") for name, repo in repos.items()}
        return {"state": state, "refs": refs, "writes": len(self.fake.writes())}

    def pull_requests(self, repo: str) -> list[PullRequest]:
        found = self.fake.hub.repo(repo)
        assert found is not None
        return [PullRequest(one.number, one.head, one.base, one.title, one.body, "merged" if one.merged_at else one.state)
                for one in found.pulls]  # fmt: skip

    def merge_pull_request(self, repo: str, number: int, by: Signature) -> str:
        """Press the button as the student would, if it is still there."""
        self.student(repo)
        if next(pull.state for pull in self.pull_requests(repo) if pull.number == number) == "merged":
            return str(self.head(repo))
        token = {"Authorization": f"Bearer token-of-{repo.partition('-')[2]}"}
        url = f"{self.fake.api}/repos/{self.org}/{repo}/pulls/{number}/merge"
        answer = httpx.put(url, headers=token)
        if answer.status_code != 200:
            raise ForgeError(f"{repo}: pull request {number} cannot be merged: {answer.text}")
        return str(answer.json()["sha"])

    def comments(self, repo: str, number: int) -> dict[str, str]:
        found = self.fake.hub.repo(repo)
        assert found is not None
        parts = [one.body.removeprefix("<!-- ").partition(" -->\n") for one in found.comments if one.number == number]
        assert len(parts) == len({key for key, _, _ in parts}), "a comment stands there twice"
        return {key: text for key, _, text in parts}
