"""Test what only the forge in a folder has: the merge button that a student would press."""

from __future__ import annotations

import pytest

from grader.classroom.forge import ForgeError, State, Status

from .world import LATER, Classroom

DAMAGED = [b"", b'{"a": ', b"\xff\xfe", b"[]", b'{"a": 1}', b'{"number": "1"}', b"[" * 100_000]


def test_a_conflicting_merge_names_the_files_and_changes_nothing(classroom: Classroom) -> None:
    classroom.release(None)
    pull = classroom.release("setup").pulls[classroom.ada]
    classroom.clone(classroom.ada).push({"tinytorch/setup.py": "mine\n"})
    before = classroom.snapshot()
    with pytest.raises(ForgeError, match=r"pull request 1 conflicts in tinytorch/setup.py"):
        classroom.forge.merge_pull_request(classroom.ada, pull.number, LATER)
    assert classroom.snapshot() == before


def test_merging_twice_changes_nothing_more(classroom: Classroom) -> None:
    classroom.start("setup")
    before = classroom.snapshot()
    assert classroom.forge.merge_pull_request(classroom.ada, 1, LATER) == classroom.forge.head(classroom.ada)
    assert classroom.snapshot() == before


@pytest.mark.parametrize("content", DAMAGED, ids=lambda content: repr(content[:12]))
def test_a_damaged_file_of_the_forge_is_an_error_that_names_it(classroom: Classroom, content: bytes) -> None:
    classroom.start("setup")
    forge, repo = classroom.forge, classroom.ada
    commit = forge.head(repo)
    assert commit is not None
    good = Status("tinytorch/setup", State.SUCCESS, "10/10")
    forge.post_status(repo, commit, good)
    forge.post_comment(repo, 1, "key", "words")
    state = forge.root / "state" / repo
    (state / "statuses" / f"{commit}.json").write_bytes(content)
    (state / "pulls" / "1" / "comments" / "key.json").write_bytes(content)
    with pytest.raises(ForgeError, match=rf"statuses/{commit}.json is not what the forge wrote"):
        forge.post_status(repo, commit, good)
    forge.post_comment(repo, 1, "key", "words")
    assert forge.comments(repo, 1) == {"key": "words"}, "what is written whole needs nothing of what stood there"
    (state / "pulls" / "1.json").write_bytes(content)
    (state / "repo.json").write_bytes(content)
    with pytest.raises(ForgeError, match=r"pulls/1.json is not what the forge wrote"):
        forge.pull_request(repo, "main", "feedback")
    with pytest.raises(ForgeError, match=r"repo.json is not what the forge wrote"):
        forge.access(repo)
