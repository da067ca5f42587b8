"""Keep a forge in a folder: bare git repositories, and JSON files for the things that GitHub would keep beside them. No network.

root/repos/NAME.git                           a bare repository
root/state/NAME/repo.json                     who may write
root/state/NAME/pulls/1.json                  a pull request
root/state/NAME/pulls/1/comments/KEY.json     a sticky comment on it
root/state/NAME/statuses/COMMIT.json          {context: status}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from grader.bounds import Bound
from grader.files import write_atomic
from grader.repository import Repository, Signature, is_commit_id
from grader.scratch import sweep_drafts

from .forge import (
    FEEDBACK,
    Access,
    ForgeError,
    NothingToMerge,
    PullRequest,
    State,
    Status,
    changed_readers,
    checked_name,
)

Recorded = TypeVar("Recorded", PullRequest, Status)
# old new NAME <EMAIL> SECONDS ZONE; the person who pushes chooses NAME, which may hold anything but a newline and <>
_REFLOG = re.compile(
    rb"^[0-9a-f]{40} (?P<new>[0-9a-f]{40}) [^<>\n]*<[^<>\n]*> (?P<seconds>\d{1,20}) [+-]\d{4}(?:\t|$)", re.M
)


class DiskForge:
    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def repos(self) -> list[str]:
        return sorted(path.name.removesuffix(".git") for path in (self.root / "repos").glob("[!.]*.git"))

    def public_repos(self) -> list[str]:
        return []

    def url(self, repo: str) -> str:
        return str(self._bare(repo))

    def create_repo(self, repo: str, *, writers: Sequence[str] = ()) -> None:
        Repository.create(self._bare(repo))
        if not (self._state(repo) / "repo.json").is_file():
            self._write(repo, "repo.json", {"private": True, "writers": []})
        self.admit(repo, writers)

    def access(self, repo: str) -> Mapping[str, Access]:
        """Return everyone with access as IN. On a disk nobody has to accept an invitation."""
        file = self._state(repo) / "repo.json"
        if not file.is_file():
            return {}
        with _as_written(file):
            return {login.lower(): Access.IN for login in _read(file)["writers"]}

    def admit(self, repo: str, writers: Sequence[str]) -> None:
        self._repository(repo)
        known = self.access(repo)
        if not {login.lower() for login in writers} <= known.keys():
            self._write(repo, "repo.json", {"private": True, "writers": sorted({*known, *map(str.lower, writers)})})

    def protect(self, slug: str, *, app: int | None = None, dry_run: bool = False) -> list[str]:
        """Return no rules. Anyone who may write to the folder may do anything there."""
        return []

    def set_readers(self, repo: str, logins: Sequence[str], *, dry_run: bool = False) -> list[str]:
        file = self._state(repo) / "repo.json"
        known: dict[str, Any] = _read(file) if file.is_file() else {"private": True, "writers": []}
        before = known.get("readers", [])
        if before != sorted(logins) and not dry_run:
            self._write(repo, "repo.json", {**known, "readers": sorted(logins)})
        return changed_readers(new=set(logins) - set(before), gone=set(before) - set(logins))

    def head(self, repo: str, branch: str = "main") -> str | None:
        return self._repository(repo).refs(f"refs/heads/{branch}").get(f"refs/heads/{branch}")

    def pushed_at(self, repo: str, commit: str, branch: str = "main") -> datetime | None:
        """Read the time from the reflog of the bare repository, which the receiver of a push writes.

        Anyone who may write there by path can also write the time. So a push never counts as earlier than the push before it.
        """
        log = self._bare(repo) / "logs" / "refs" / "heads" / branch
        if not log.is_file():
            return None
        lines = list(_REFLOG.finditer(log.read_bytes()))
        last = max((at for at, line in enumerate(lines) if line["new"] == commit.encode()), default=-1)
        try:
            latest = max((int(line["seconds"]) for line in lines[: last + 1]), default=None)
            return None if latest is None else datetime.fromtimestamp(latest, tz=UTC)
        except (ValueError, OverflowError, OSError):  # a year outside the calendar
            return None

    def fetched(self, repo: str, commit: str, *, anew: bool = False) -> str:
        return self.url(repo)

    @contextmanager
    def workspace(self, repo: str, branch: str | None = None, *, bound: Bound | None = None) -> Iterator[Repository]:
        """Return the repository itself. Nothing is fetched, so there is nothing to bound."""
        git = self._repository(repo)
        git.sweep()
        yield git

    def pull_request(self, repo: str, head: str, base: str = "main") -> PullRequest | None:
        found = [pull for pull in self._recorded(repo) if (pull.head, pull.base) == (head, base)]
        return self._as_it_is(repo, found[-1]) if found else None

    def open_pull_request(self, repo: str, head: str, base: str, title: str, body: str) -> PullRequest:
        last = self.pull_request(repo, head, base)
        if last is not None and last.state == "open":
            pull = replace(last, title=title, body=body)
        else:
            self._refuse_nothing(repo, head, base)
            pull = PullRequest(len(self._recorded(repo)) + 1, head, base, title, body)
        self._write(repo, f"pulls/{pull.number}.json", asdict(pull))
        return pull

    def _refuse_nothing(self, repo: str, head: str, base: str) -> None:
        git = self._repository(repo)
        refs = git.refs()
        tip, onto = refs.get(f"refs/heads/{head}"), refs.get(f"refs/heads/{base}")
        if tip is None or onto is None:
            raise ForgeError(f"{repo}: there is no branch {base if onto is None else head}")
        if git.is_ancestor(tip, onto):
            raise NothingToMerge(f"{repo}: {head} has no commits that {base} does not have")

    def merge_pull_request(self, repo: str, number: int, by: Signature) -> str:
        """Merge as the student would with the button: a merge commit on the base branch, or ForgeError naming the conflicts."""
        pull = next((self._as_it_is(repo, pull) for pull in self._recorded(repo) if pull.number == number), None)
        if pull is None:
            raise ForgeError(f"{repo}: there is no pull request {number}")
        git = self._repository(repo)
        refs = git.refs()
        base, head = refs[f"refs/heads/{pull.base}"], refs[f"refs/heads/{pull.head}"]
        if pull.state == "merged":
            return base
        merge = git.merge(base, head)
        if merge.tree is None:
            raise ForgeError(
                f"{repo}: pull request {number} conflicts in {', '.join(merge.conflicts)}; merge it by hand"
            )
        message = f"Merge pull request #{number}: {pull.title}\n"
        commit = git.commit_tree(f"refs/heads/{pull.base}", merge.tree, [base, head], message, by, expected=base)
        self._write(repo, f"pulls/{number}.json", asdict(replace(pull, state="merged")))
        return commit

    def post_status(self, repo: str, commit: str, status: Status) -> None:
        if not is_commit_id(commit):
            raise ForgeError(f"{repo}: {commit!r} is not a commit to post a status on")
        known = {one.context: one for one in self.statuses(repo, commit)} | {status.context: status}
        self._write(repo, f"statuses/{commit}.json", {name: asdict(one) for name, one in sorted(known.items())})

    def statuses(self, repo: str, commit: str) -> list[Status]:
        file = self._state(repo) / "statuses" / f"{commit}.json"
        if not file.is_file():
            return []
        with _as_written(file):
            return [_of_text(Status(**{**one, "state": State(one["state"])})) for one in _read(file).values()]

    def post_comment(self, repo: str, number: int, key: str, markdown: str, former: str = "") -> None:
        if not (self._state(repo) / "pulls" / f"{number}.json").is_file():
            raise ForgeError(f"{repo}: there is no pull request {number} to comment on")
        self._write(repo, self._comment(number, key), {"key": key, "body": markdown})
        for file in (self._state(repo) / "pulls" / str(number) / "comments").glob("[!.]*.json"):
            with _as_written(file):
                if re.fullmatch(former, _read(file)["key"]):
                    file.unlink()

    def _comment(self, number: int, key: str) -> str:
        return f"pulls/{number}/comments/{re.sub(r'[^A-Za-z0-9._-]', '-', key)}.json"

    def tidy(self) -> None:
        sweep_drafts(self.root / "state")

    def _recorded(self, repo: str) -> list[PullRequest]:
        files = (self._state(repo) / "pulls").glob("[0-9]*.json")
        return sorted(map(_pull, files), key=lambda pull: pull.number)

    def _as_it_is(self, repo: str, pull: PullRequest) -> PullRequest:
        """Return the recorded state, or "merged" if the branch is already part of its base (the student merged with git)."""
        if pull.state != "open" or pull.base == FEEDBACK:
            return pull
        git = self._repository(repo)
        refs = git.refs()
        base, head = refs.get(f"refs/heads/{pull.base}"), refs.get(f"refs/heads/{pull.head}")
        merged = base is not None and head is not None and git.is_ancestor(head, base)
        return replace(pull, state="merged") if merged else pull

    def _bare(self, repo: str) -> Path:
        return self.root / "repos" / f"{checked_name(repo)}.git"

    def _state(self, repo: str) -> Path:
        return self.root / "state" / repo

    def _repository(self, repo: str) -> Repository:
        path = self._bare(repo)
        if not (path / "HEAD").is_file():
            raise ForgeError(f"there is no repository {repo} under {self.root / 'repos'}")
        return Repository(path)

    def _write(self, repo: str, name: str, content: dict[str, Any]) -> None:
        """Write a file whole, and only if its content changes. So a second run leaves even the file times alone."""
        file = self._state(repo) / name
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        if not file.is_file() or file.read_bytes() != text.encode():
            write_atomic(file, text)


@contextmanager
def _as_written(file: Path) -> Iterator[None]:
    """Raise ForgeError with the name of the file if the file is damaged or was edited."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ForgeError(f"{file} is not what the forge wrote; restore it or remove it") from error


def _read(file: Path) -> dict[str, Any]:
    with _as_written(file):
        content = json.loads(file.read_bytes().decode())
        if not isinstance(content, dict):
            raise TypeError("not an object")
        return content


def _pull(file: Path) -> PullRequest:
    with _as_written(file):
        found = _of_text(PullRequest(**_read(file)), "number")
        if not isinstance(found.number, int):
            raise TypeError("not a number")
        return found


def _of_text(found: Recorded, but: str = "") -> Recorded:
    """Return `found` if all its fields except `but` are text."""
    if not all(isinstance(value, str) for name, value in vars(found).items() if name != but):
        raise TypeError("not a text")
    return found
