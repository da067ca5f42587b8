"""Test the way from a push to a posted grade: collect new pushes, post verified records, and never post trouble as a score."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from grader.classroom.forge import ForgeError, State, Status
from grader.classroom.names import student_repo
from grader.classroom.posting import Post, PublishError, post_record, status_of
from grader.classroom.pushes import find_pushes
from grader.classroom.roster import Roster
from grader.grading.record import CheckResult, Outcome, ReachedLevel, Record, Visibility
from grader.repository import borrowed

from .forges import Disk, GitHub
from .world import BY, ON_BOTH, Classroom

pytestmark = ON_BOTH
SECRET = b"the course's secret"
CONTEXT = "tinytorch/setup"


def head(classroom: Classroom, student: str = "s01") -> str:
    """Return the commit that the student has handed in."""
    commit = classroom.forge.head(student_repo(classroom.course, classroom.roster.student(student)))
    assert commit is not None
    return commit


def record(
    classroom: Classroom, *outcomes: Outcome, complete: bool = True, student: str = "s01", commit: str = ""
) -> Record:
    checks = tuple(
        CheckResult(
            id=f"test_{number}", title="T", about="A.", visibility=Visibility.PUBLIC, max_points=5, outcome=outcome,
            points=5 if outcome is Outcome.PASSED else 0,
        )
        for number, outcome in enumerate(outcomes)
    )  # fmt: skip
    return Record(
        course=classroom.course.slug, module="setup", student=student, repo="r",
        commit=commit or head(classroom, student),
        graded_at=datetime(2027, 1, 20, tzinfo=UTC), grader_version="1", suite_digest="d", seed_id="s", input_digest="i",
        jail=ReachedLevel(level=3, name="bubblewrap"), complete=complete, checks=checks, max_points=5 * len(checks),
        points=sum(check.points for check in checks), capability="Setup",
    ).signed(SECRET)  # fmt: skip


def post(classroom: Classroom, one: Record, text: str = "**5 of 10**", **badges: str) -> None:
    what = Post(text, {f"{name}.svg": svg for name, svg in badges.items()}, "https://example.edu/report")
    post_record(one.to_json(), what, classroom.course, classroom.roster, classroom.forge, BY, SECRET)


def test_collecting_finds_each_students_head(classroom: Classroom) -> None:
    classroom.start("setup")
    commit = classroom.clone(classroom.ada).push({"tinytorch/setup.py": "x = 1\n"})
    found = find_pushes(classroom.course, classroom.roster, classroom.forge)
    assert [one.student for one in found.found] == ["s01", "s02", "s03"]
    ada = found.found[0]
    assert (ada.commit, ada.repo, ada.place) == (commit, "small-ada", classroom.forge.fetched("small-ada", commit))
    with borrowed(ada.place, commit) as git:
        assert "tinytorch/setup.py" in {entry.path for entry in git.tree(commit)}
    assert ada.submitted_at is not None
    assert abs((datetime.now(UTC) - ada.submitted_at).total_seconds()) < 120, "the time of the push, not of the commit"


def test_a_student_without_a_repository_is_named_and_the_others_are_collected(classroom: Classroom) -> None:
    everyone = classroom.roster
    classroom.roster = Roster(students=everyone.students[:2])
    classroom.start("setup")
    found = find_pushes(classroom.course, everyone, classroom.forge)
    assert [one.student for one in found.found] == ["s01", "s02"]
    assert "there is no repository small-alan" in found.missing["s03"]


def test_a_grade_is_a_status_a_comment_and_a_badge(classroom: Classroom) -> None:
    classroom.start("setup")
    one = record(classroom, Outcome.PASSED, Outcome.FAILED)
    post(classroom, one, setup="<svg>5</svg>")
    (status,) = classroom.forge.statuses(classroom.ada, one.commit)
    assert (status.context, status.state, status.description) == (CONTEXT, State.FAILURE, "5/10")
    pull = classroom.forge.pull_request(classroom.ada, "main", "feedback")
    assert pull is not None
    assert (pull.title, pull.state) == ("Feedback", "open")
    assert classroom.forge.comments(classroom.ada, pull.number) == {CONTEXT: "**5 of 10**"}
    assert classroom.files(classroom.ada, "badges") == {"setup.svg": b"<svg>5</svg>"}


def test_posting_again_changes_nothing_and_a_new_grade_updates_the_old_post(classroom: Classroom) -> None:
    classroom.start("setup")
    post(classroom, record(classroom, Outcome.PASSED, Outcome.FAILED), setup="5", tensor="0")
    before = classroom.snapshot()
    post(classroom, record(classroom, Outcome.PASSED, Outcome.FAILED), setup="5", tensor="0")
    assert classroom.snapshot() == before
    post(classroom, record(classroom, Outcome.PASSED, Outcome.PASSED), "**10 of 10**", setup="10")
    (status,) = classroom.forge.statuses(classroom.ada, head(classroom))
    assert (status.state, status.description) == (State.SUCCESS, "10/10")
    pull = classroom.forge.pull_request(classroom.ada, "main", "feedback")
    assert pull is not None
    assert classroom.forge.comments(classroom.ada, pull.number) == {CONTEXT: "**10 of 10**"}
    assert classroom.files(classroom.ada, "badges") == {"setup.svg": b"10", "tensor.svg": b"0"}


FORMER = r"\d\d_(?:setup|first)|first"
EARLIER = (
    "tinytorch/01_setup",
    "tinytorch/04_setup",
    "tinytorch/first",
)  # names of the module in an earlier course.yaml
OTHER = "tinytorch/01_tensor"


def post_anew(classroom: Classroom, one: Record) -> None:
    what = Post("**5 of 10**", {"setup.svg": "5"}, former=FORMER)
    post_record(one.to_json(), what, classroom.course, classroom.roster, classroom.forge, BY, SECRET)


@pytest.mark.parametrize("is_there", [True, False])
def test_comments_and_badges_under_earlier_names_go_when_the_grade_is_posted_anew(
    classroom: Classroom, is_there: bool
) -> None:
    """Under a number as under another stem; what stands under other modules' names is left alone."""
    classroom.start("setup")
    one = record(classroom, Outcome.PASSED, Outcome.FAILED)
    post(classroom, one, "**of before**", **{"01_setup": "1", "first": "1", "capability_first": "1", "01_tensor": "2"})
    pull = classroom.forge.pull_request(classroom.ada, "main", "feedback")
    assert pull is not None
    for key in (OTHER, *EARLIER):
        classroom.forge.post_comment(classroom.ada, pull.number, key, "**of before**", "" if is_there else CONTEXT)
    post_anew(classroom, one)
    comments = {CONTEXT: "**5 of 10**", OTHER: "**of before**"}
    assert classroom.forge.comments(classroom.ada, pull.number) == comments
    assert classroom.files(classroom.ada, "badges") == {"setup.svg": b"5", "01_tensor.svg": b"2"}


def test_statuses_under_earlier_names_say_where_the_grade_is(classroom: Classroom) -> None:
    """A forge removes no status, and a former score beside the new one may differ from it."""
    classroom.start("setup")
    one = record(classroom, Outcome.PASSED, Outcome.FAILED)
    for context in (OTHER, *EARLIER):
        classroom.forge.post_status(classroom.ada, one.commit, Status(context, State.SUCCESS, "10/10"))
    post_anew(classroom, one)
    found = {status.context: status for status in classroom.forge.statuses(classroom.ada, one.commit)}
    said = {context: (status.state, status.description) for context, status in found.items()}
    assert said == {
        CONTEXT: (State.FAILURE, "5/10"),
        OTHER: (State.SUCCESS, "10/10"),
        **dict.fromkeys(EARLIER, (State.FAILURE, f"see {CONTEXT}")),
    }
    before = classroom.snapshot()
    post_anew(classroom, one)
    assert classroom.snapshot() == before


TROUBLE = pytest.mark.parametrize(
    ("outcomes", "complete"), [((Outcome.PASSED, Outcome.ERROR), True), ((Outcome.NOT_RUN,) * 2, False)]
)


@TROUBLE
def test_trouble_of_the_grader_changes_nothing_about_a_commit_that_has_a_score(
    classroom: Classroom, outcomes: tuple[Outcome, ...], complete: bool
) -> None:
    classroom.start("setup")
    post(classroom, record(classroom, Outcome.PASSED, Outcome.FAILED), setup="5")
    (status,) = classroom.forge.statuses(classroom.ada, head(classroom))
    assert (status.state, status.description) == (State.FAILURE, "5/10")
    before = classroom.snapshot()
    post(classroom, record(classroom, *outcomes, complete=complete), "nothing good", setup="0")
    assert classroom.snapshot() == before


@TROUBLE
@pytest.mark.parametrize("context", EARLIER[1:])
def test_trouble_of_the_grader_does_not_replace_a_score_under_an_earlier_name(
    classroom: Classroom, context: str, outcomes: tuple[Outcome, ...], complete: bool
) -> None:
    classroom.start("setup")
    classroom.forge.post_status(classroom.ada, head(classroom), Status(context, State.SUCCESS, "10/10"))
    before = classroom.snapshot()
    post_anew(classroom, record(classroom, *outcomes, complete=complete))
    assert classroom.snapshot() == before


@TROUBLE
def test_trouble_of_the_grader_is_never_posted_as_a_score(
    classroom: Classroom, outcomes: tuple[Outcome, ...], complete: bool
) -> None:
    """The new commit says that there was trouble; the comment and the badge of the earlier commit stay."""
    classroom.start("setup")
    post(classroom, record(classroom, Outcome.PASSED, Outcome.FAILED), setup="5")
    classroom.clone(classroom.ada).push({"notes.txt": "more\n"})
    post(classroom, record(classroom, *outcomes, complete=complete), "nothing good", setup="0")
    (status,) = classroom.forge.statuses(classroom.ada, head(classroom))
    assert (status.state, status.description) == (
        State.ERROR,
        "not graded yet: the grader had trouble and will try again",
    )
    pull = classroom.forge.pull_request(classroom.ada, "main", "feedback")
    assert pull is not None
    assert classroom.forge.comments(classroom.ada, pull.number) == {CONTEXT: "**5 of 10**"}
    assert classroom.files(classroom.ada, "badges") == {"setup.svg": b"5"}


def test_a_record_that_was_edited_is_refused(classroom: Classroom) -> None:
    classroom.start("setup")
    before = classroom.snapshot()
    good = json.loads(record(classroom, Outcome.PASSED, Outcome.FAILED).to_json())
    better = {**good, "points": 10, "checks": [{**check, "outcome": "passed", "points": 5} for check in good["checks"]]}
    for document, words in (
        ({**good, "points": 10}, "not the sum of the checks"),
        (better, "not signed with this course's secret"),
        ({**good, "student": "s02"}, "not signed with this course's secret"),
        ({**good, "signature": ""}, "not signed with this course's secret"),
        ({**good, "extra": 1}, "not a record: extra"),
        ([], "not a record: Input should be an object"),
    ):
        with pytest.raises(PublishError, match=words):
            post_record(
                json.dumps(document), Post("x"), classroom.course, classroom.roster, classroom.forge, BY, SECRET
            )
    assert classroom.snapshot() == before


def test_a_record_is_posted_only_to_its_own_student(classroom: Classroom) -> None:
    classroom.start("setup")
    post(classroom, record(classroom, Outcome.PASSED, student="s03"))
    assert classroom.forge.statuses("small-alan", head(classroom, "s03"))
    assert not classroom.forge.statuses(classroom.ada, head(classroom))
    stranger = record(classroom, Outcome.PASSED, student="s99", commit="1" * 40)
    with pytest.raises(PublishError, match="s99, who is not in the roster"):
        post(classroom, stranger)
    elsewhere = record(classroom, Outcome.PASSED).model_copy(update={"course": "other"}).signed(SECRET)
    with pytest.raises(PublishError, match="a record of other, but this course is small"):
        post(classroom, elsewhere)


def test_a_capability_shows_beside_the_score(classroom: Classroom) -> None:
    earned = record(classroom, Outcome.PASSED, commit="1" * 40).model_copy(update={"capability_earned": True})
    assert status_of(earned, "setup").description == "5/5, Setup"
    met = earned.model_copy(update={"milestone": "XOR 1969", "milestone_met": True})
    assert status_of(met, "setup").description == "5/5, Setup, XOR 1969"


def test_a_pull_request_merged_with_git_counts_as_merged(classroom: Classroom) -> None:
    classroom.release(None)
    classroom.release("setup")
    ada = classroom.clone(classroom.ada)
    ada.git("fetch", "--quiet", "origin")
    ada.git("merge", "--quiet", "--no-edit", "origin/release/setup")
    ada.git("push", "--quiet", "origin", "main")
    assert [pull.state for pull in classroom.forge.pull_requests(classroom.ada)] == ["merged"]


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x" * 101, "x.git", "-x"])
def test_a_repository_name_cannot_lead_outside_the_forge(forge: Disk | GitHub, name: str) -> None:
    with pytest.raises(ForgeError, match="not a name for a repository"):
        forge.create_repo(name)


@pytest.mark.parametrize("commit", ["../../x", "main", "1" * 39, ""])
def test_a_commit_id_of_a_status_cannot_lead_outside_the_forge(classroom: Classroom, commit: str) -> None:
    classroom.release(None)
    with pytest.raises(ForgeError, match="not a commit"):
        classroom.forge.post_status(classroom.ada, commit, Status(CONTEXT, State.SUCCESS, "10/10"))


def test_before_the_first_push_there_is_a_status_and_no_comment(classroom: Classroom) -> None:
    classroom.release(None)
    one = record(classroom, Outcome.FAILED)
    post(classroom, one, setup="0")
    (status,) = classroom.forge.statuses(classroom.ada, one.commit)
    assert status.description == "0/5"
    assert classroom.forge.pull_requests(classroom.ada) == []
    classroom.clone(classroom.ada).push({"notes.txt": "work\n"})
    post(classroom, record(classroom, Outcome.PASSED), "**5 of 5**")
    (pull,) = classroom.forge.pull_requests(classroom.ada)
    assert classroom.forge.comments(classroom.ada, pull.number) == {CONTEXT: "**5 of 5**"}
