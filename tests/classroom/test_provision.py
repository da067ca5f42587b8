"""Test provision: everyone in the class list gets a repository and may push to it, and a second run changes nothing."""

from __future__ import annotations

import pytest

from grader.classroom import provision
from grader.classroom.roster import Roster

from .world import BY, LATER, ON_BOTH, ON_DISK_FIRST, Classroom


def planned(classroom: Classroom) -> provision.Provision:
    return provision.plan_provision(classroom.course, classroom.roster, classroom.forge, classroom.root, BY)


@ON_BOTH
def test_every_student_gets_a_repository_with_the_starter(classroom: Classroom) -> None:
    done = provision.apply_provision(planned(classroom), classroom.forge, BY)
    assert (done.created, done.failed) == (tuple(classroom.repos), {})
    assert classroom.files(classroom.ada) == classroom.files(classroom.template)
    assert classroom.forge.access(classroom.ada).keys() == {"ada"}


@ON_DISK_FIRST
def test_a_plan_says_what_is_missing_and_changes_nothing(classroom: Classroom) -> None:
    text = planned(classroom).text()
    assert "small_template: create" in text
    assert "small-ada: create, invite ada" in text
    assert classroom.forge.repos() == []


@ON_BOTH
def test_a_second_run_changes_nothing(classroom: Classroom) -> None:
    provision.apply_provision(planned(classroom), classroom.forge, BY)
    for repo in classroom.repos:
        classroom.forge.student(repo)  # they accept
    before = classroom.snapshot()
    again = planned(classroom)
    provision.apply_provision(again, classroom.forge, LATER)
    assert classroom.snapshot() == before
    assert again.text() == "everybody has a repository and may push to it: nothing to do"


@ON_DISK_FIRST
def test_a_student_who_joins_later_gets_everything_released_and_the_others_are_left_alone(classroom: Classroom) -> None:
    everyone = classroom.roster
    classroom.roster = Roster(students=everyone.students[:2])
    classroom.start("setup")
    mains = [classroom.forge.head(repo) for repo in classroom.repos[:2]]
    classroom.roster = everyone
    done = provision.apply_provision(planned(classroom), classroom.forge, LATER)
    assert done.created == (classroom.repos[2],)
    assert "tinytorch/setup.py" in classroom.files(classroom.repos[2])
    assert [classroom.forge.head(repo) for repo in classroom.repos[:2]] == mains


@ON_DISK_FIRST
def test_an_interrupted_creation_is_finished_by_the_next_run(classroom: Classroom) -> None:
    classroom.forge.create_repo(classroom.ada, writers=("ada",))
    done = provision.apply_provision(planned(classroom), classroom.forge, BY)
    assert classroom.ada in done.created
    assert classroom.files(classroom.ada) == classroom.files(classroom.template)


@pytest.mark.parametrize("forge", ["github"], indirect=True)
def test_a_repository_that_was_made_public_is_named(classroom: Classroom) -> None:
    provision.apply_provision(planned(classroom), classroom.forge, BY)
    classroom.forge.fake.hub.repo(classroom.ada).private = False
    assert "small-ada: is public: everybody would see a student's work. Make it private" in planned(classroom).text()


@ON_BOTH
def test_a_student_who_was_removed_from_their_repository_is_invited_again(classroom: Classroom) -> None:
    classroom.release(None)
    moved = classroom.roster.students[0].model_copy(update={"login": "grace-m"})
    assert planned(classroom).broken == {}
    classroom.forge.admit(classroom.ada, [moved.login])
    assert set(classroom.forge.access(classroom.ada)) == {"ada", "grace-m"}
