"""An edit of course.yaml in the middle of a term: what was graded and posted stays, or the edit is refused."""

from __future__ import annotations

import shutil
from datetime import datetime

import pytest
from selection import first_of_each

from grader.grading.store import Store

from .world import POINTS, STEMS, Seen, Term, block

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

SHOWS_OR_POSTS = (
    ("collect",),
    ("report",),
    ("publish",),
    ("publish", "--dry-run"),
    ("export", "csv"),
    ("regrade", "alpha"),
    ("student-data", "ada", "-o", "ada"),
    ("decide", "override", "ben", "alpha", "--points", "5", "--by", "grace", "--reason", "r"),
)
ON_BOTH = pytest.mark.parametrize("term", first_of_each(["disk", "github"]), indirect=True)
ON_DISK = pytest.mark.parametrize("term", ["disk"], indirect=True)
WITHDRAWN = 'withdrawn:\n  - {stem: gamma, reason: "taken out in week 5"}\n'


@ON_BOTH
def test_two_modules_change_places(term: Term) -> None:
    graded = term.heads()
    before = term.seen(graded)
    assert [before.scores[student]["total"] for student in ("ada", "ben")] == ["30", "21"]
    term.order("alpha", "gamma", "beta", "delta")
    told = term.release("gamma")
    assert "audit: holds  the whole audit is on record" in told, "its code has not changed"
    term.said("collect")
    term.said("publish")
    assert term.seen(graded) == before
    assert term.folders("ada") == term.folders("ben") == ["01_alpha", "02_gamma", "03_beta"]
    assert "nothing to do" in term.release("beta")


def test_a_released_module_moves_behind_one_that_is_not_out_yet(term: Term) -> None:
    graded = term.heads()
    before = term.seen(graded)
    term.order("alpha", "gamma", "delta", "beta")
    assert "04_beta builds on 03_delta: release 03_delta first" in term.refused("release", "beta")
    term.said("build")
    term.audited("delta")
    term.release("delta")
    term.said("collect")
    term.said("publish")
    assert before.within(term.seen(graded))
    assert term.folders("ada") == term.folders("ben") == ["01_alpha", "02_gamma", "03_delta", "04_beta"]


def test_a_new_module_moves_before_released_ones(term: Term) -> None:
    graded = term.heads()
    before = term.seen(graded)
    term.order("alpha", "delta", "beta", "gamma")
    term.said("build")
    term.audited("delta")
    term.release("delta")
    term.said("collect")
    term.said("publish")
    assert before.within(term.seen(graded))
    assert term.folders("ada") == term.folders("ben") == ["01_alpha", "02_delta", "03_beta", "04_gamma"]


def test_a_graded_module_is_marked_planned(term: Term) -> None:
    before = term.seen(term.heads())
    term.edit(block("gamma"), block("gamma") + "    planned: true\n")
    for verb in SHOWS_OR_POSTS:
        assert "2 students have grades in gamma, which is planned. Remove `planned: true`. Or" in term.refused(*verb)
    assert "gamma: released, and in course.yaml neither a written module" in term.refused("release", "beta")
    term.edit(block("delta"), block("delta") + WITHDRAWN)
    term.said("collect")
    term.said("publish")
    after = term.seen(term.heads())
    assert before.within(after, but="gamma")
    assert [after.scores[student]["total"] for student in ("ada", "ben")] == ["20", "14"]
    term.order(*STEMS)
    term.said("publish")
    assert term.seen(term.heads()) == before, "and back"


def test_a_graded_module_is_removed(term: Term) -> None:
    graded = term.heads()
    before = term.seen(graded)
    term.order("alpha", "beta", "delta")
    for verb in SHOWS_OR_POSTS:
        told = term.refused(*verb)
        assert (
            "2 students have grades in gamma, which is not a module of the course." in told
            or "no module 'gamma'" in told
        )
        assert "`renamed_from: gamma`" in told
        assert "withdrawn:" in told
    assert "gamma: released, and in course.yaml neither a written module" in term.refused("release", "beta")
    term.edit(block("delta"), block("delta") + WITHDRAWN)
    term.release("beta")
    term.said("collect")
    term.said("publish")
    assert before.within(term.seen(graded), but="gamma")
    assert term.folders("ada") == term.folders("ben") == ["01_alpha", "02_beta"]
    work = [f"tinytorch/{stem}.py" for stem in ("alpha", "beta", "gamma")]
    assert [path for path in work if path in term.files("ada")] == work, "a student's work is nobody else's to remove"
    assert [path for path in work if path in term.files("ben")] == work[:2]


def test_a_module_gets_another_stem(term: Term) -> None:
    """alpha, which all others import, and on which students' other files go on as they are."""
    before, inputs = term.seen(term.heads()), graded(term)
    rename(term, "alpha", "first")
    for verb in SHOWS_OR_POSTS:
        if "alpha" not in verb:
            assert "write `renamed_from: alpha` in its block" in term.refused(*verb)
    assert "write `renamed_from: alpha` in its block" in term.refused("release", "first")
    term.edit("  - stem: first\n", "  - stem: first\n    renamed_from: alpha\n")
    term.said("build")
    assert as_before(term, before)
    term.said("collect")
    assert as_before(term, before), "before anybody has merged"
    assert graded(term) == inputs, "every outcome stands: the same random inputs, and nothing was graded again"
    assert "0 commits graded again" in term.said("regrade", "first")
    told = term.release("first")
    assert "audit: holds  the whole audit is on record" in told, "only names of modules have changed"
    assert {"tinytorch/first.py"} == {
        path for path in term.files("ada") if path in ("tinytorch/first.py", "tinytorch/alpha.py")
    }
    assert b"return x + len" in term.files("ada")["tinytorch/first.py"]
    term.said("collect")
    of_ada = {one for one in inputs if one[0] == "ada"}
    assert {one for one in graded(term) if one[0] == "ada"} == of_ada, "nor after her file has the new name"
    term.said("publish")
    after = term.seen(term.heads())
    assert as_before(term, before)
    assert "alpha" not in str([after.comments["ada"].keys(), after.statuses["ada"].keys(), after.badges["ada"].keys()])
    assert term.folders("ada") == term.folders("ben") == ["01_first", "02_beta", "03_gamma"]


def graded(term: Term) -> set[tuple[str, str, str, str, datetime]]:
    """Return what each student's outcomes come from, under the first stems of modules. A new commit adds nothing."""
    store = Store(term.state)
    return {
        (one.student, "alpha" if one.module == "first" else one.module, one.seed_id, one.input_digest, one.graded_at)
        for one in map(store.read, store.records.rglob("*.json"))
    }


def rename(term: Term, old: str, new: str) -> None:
    """Everything that an author would do; the functions keep their names."""
    root = term.root
    (root / "modules" / old).rename(root / "modules" / new)
    (root / "tinytorch_ref" / f"{old}.py").rename(root / "tinytorch_ref" / f"{new}.py")
    suite = root / "modules" / new / "suite.py"
    suite.write_text(suite.read_text().replace(f"from tinytorch.{old}", f"from tinytorch.{new}"))
    for source in (root / "tinytorch_ref").glob("*.py"):
        source.write_text(source.read_text().replace(f"from .{old} ", f"from .{new} "))
    term.edit(f"  - stem: {old}\n", f"  - stem: {new}\n")


def as_before(term: Term, before: Seen) -> bool:
    """Are all scores what they were, with the module's new name?"""
    now = term.seen(term.heads()).scores
    renamed = {
        student: {("first" if name == "alpha" else name): value for name, value in scores.items()}
        for student, scores in before.scores.items()
    }
    return renamed == now


@ON_DISK
def test_a_graded_module_is_worth_other_points(term: Term) -> None:
    suite = term.root / "modules" / "gamma" / "suite.py"
    suite.write_text(suite.read_text().replace("points=6", "points=4"))
    term.edit(block("gamma"), block("gamma").replace("points: 10", "points: 8"))
    term.said("build")
    for verb in SHOWS_OR_POSTS:
        assert f"gamma is worth 8 points, and 2 students have grades out of {POINTS}." in term.refused(*verb)
    term.edit("points: 8\n", "points: 8\n    points_before: 10\n")
    told = term.said("regrade", "gamma")
    assert "ada  gamma  10 -> 8  (-2)" in told
    assert term.seen(term.heads()).scores["ada"]["gamma"] == "8"


@ON_DISK
def test_the_stem_of_a_graded_module_is_given_to_another(term: Term) -> None:
    for stem in ("gamma", "delta"):
        (term.root / "tinytorch_ref" / f"{stem}.py").rename(term.root / f"{stem}.py")
        shutil.move(term.root / "modules" / stem, term.root / stem)
    (term.root / "delta.py").rename(term.root / "tinytorch_ref" / "gamma.py")
    shutil.move(term.root / "delta", term.root / "modules" / "gamma")
    suite = term.root / "modules" / "gamma" / "suite.py"
    suite.write_text(suite.read_text().replace("from tinytorch.delta", "from tinytorch.gamma"))
    term.order("alpha", "beta", "delta")
    term.edit("stem: delta", "stem: gamma")
    term.said("build")
    for verb in SHOWS_OR_POSTS:
        assert "in gamma, but the current suite has none of the checks behind these grades" in term.refused(*verb)
