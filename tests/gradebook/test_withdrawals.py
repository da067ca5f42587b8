"""Test in which suites a withdrawal holds, while decisions are added and checks change."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from grader.gradebook.check_code import codes_of
from grader.gradebook.entries import Entry, Kind
from grader.gradebook.withdrawals import GONE, KnownSuite, expanded, unsettled
from grader.grading.suite import Suite
from tests.trial import HELPERS, ROOT, SUITE

from .making import DUE

DAY = timedelta(days=1)
WITHDRAWN = Entry(
    kind=Kind.INCIDENT, module="tensor", check="test_a", suite="s1", code="wrong", at=DUE, author="g", reason="wrong"
)


def answer(kind: Kind, suite: str, code: str | None = None, days: int = 1, **facts: object) -> Entry:
    given = {"decision": WITHDRAWN.id, "author": "g", "reason": "seen", **facts}
    return Entry(kind=kind, suite=suite, code=code, at=DUE + days * DAY, **given)


def known(digest: str, code: str = "", days: int | None = None) -> KnownSuite:
    codes = {"test_b": "other"} | ({"test_a": code} if code else {})
    return KnownSuite("tensor", digest, codes, None if days is None else DUE + days * DAY)


def holds(entries: list[Entry], *suites: KnownSuite) -> set[tuple[str | None, str | None]]:
    return {(it.check, it.suite) for it in expanded(entries, suites) if it.kind is Kind.INCIDENT}


def asked(entries: list[Entry], *suites: KnownSuite) -> list[str]:
    return [it.suite.digest for it in unsettled(entries, suites)]


def test_a_withdrawal_holds_in_every_suite_with_the_same_code_of_the_check() -> None:
    suites = known("s2", "wrong", 1), known("s3", "wrong")
    assert holds([WITHDRAWN], *suites) == {("test_a", "s1"), ("test_a", "s2"), ("test_a", "s3")}
    assert asked([WITHDRAWN], *suites) == []


@pytest.mark.parametrize("code", ["mended", ""], ids=["changed", "gone"])
def test_staff_are_asked_if_the_check_has_changed(code: str) -> None:
    assert holds([WITHDRAWN], known("s2", code)) == {("test_a", "s1")}
    assert asked([WITHDRAWN], known("s2", code)) == ["s2"]
    assert asked([WITHDRAWN], known("s0", code, -1)) == [], "what graded before it was never meant"


def test_an_answer_holds_for_later_suites_with_the_same_check_and_for_no_others() -> None:
    carried = [WITHDRAWN, answer(Kind.CARRIED, "s2", "mended")]
    ended = [WITHDRAWN, answer(Kind.ENDED, "s2", "mended")]
    later = known("s3", "mended")
    assert ("test_a", "s3") in holds(carried, later)
    assert ("test_a", "s3") not in holds(ended, later)
    assert asked(carried, later) == asked(ended, later) == []
    assert asked(carried, known("s4", "again")) == asked(ended, known("s4", "again")) == ["s4"]


def test_a_renamed_check_stays_withdrawn_under_its_new_name() -> None:
    renamed = [WITHDRAWN, answer(Kind.CARRIED, "s2", "wrong too", check="test_b")]
    suite = KnownSuite("tensor", "s3", {"test_b": "wrong too"})
    assert ("test_b", "s3") in holds(renamed, suite)
    assert asked(renamed, suite) == []
    assert asked(renamed, KnownSuite("tensor", "s4", {"test_b": "mended"})) == ["s4"]


def test_a_suite_with_the_old_name_raises_no_question_about_the_new_name_even_in_the_same_second() -> None:
    renamed = [WITHDRAWN, answer(Kind.CARRIED, "s2", "wrong too", check="test_new")]
    before = KnownSuite("tensor", "s1", {"test_a": "wrong"}, WITHDRAWN.at)
    after = KnownSuite("tensor", "s2", {"test_new": "wrong too"})
    assert asked(renamed, before, after) == []
    assert holds(renamed, before, after) == {("test_a", "s1"), ("test_a", "s2"), ("test_new", "s2")}


def test_if_two_checks_swap_their_names_only_the_withdrawn_check_stays_withdrawn() -> None:
    swapped = [WITHDRAWN, answer(Kind.CARRIED, "s2", "wrong, named b", check="test_b")]
    before = KnownSuite("tensor", "s1", {"test_a": "wrong", "test_b": "other"}, WITHDRAWN.at)
    after = KnownSuite("tensor", "s2", {"test_a": "other, named a", "test_b": "wrong, named b"})
    assert asked(swapped, before, after) == []
    assert holds(swapped, before, after) == {("test_a", "s1"), ("test_b", "s2")}
    later = KnownSuite("tensor", "s3", dict(after.codes))
    back = KnownSuite("tensor", "s4", dict(before.codes))
    assert asked(swapped, before, after, later, back) == []
    assert holds(swapped, before, after, later, back) >= {("test_b", "s3"), ("test_a", "s4")}
    assert not holds(swapped, before, after, later, back) & {("test_a", "s3"), ("test_b", "s4")}


def test_a_revoked_withdrawal_and_its_answers_have_no_effect() -> None:
    gone = Entry(kind=Kind.REVOCATION, revokes=WITHDRAWN.id, at=DUE + 2 * DAY, author="g", reason="it was right")
    entries = [WITHDRAWN, answer(Kind.CARRIED, "s2", "mended"), gone]
    assert holds(entries, known("s2", "mended")) == set()
    assert asked(entries, known("s3", "again")) == []


def test_a_withdrawal_in_an_earlier_suite_alone_raises_no_question_about_other_suites() -> None:
    alone = WITHDRAWN.model_copy(update={"code": None, "only": True})
    assert holds([alone], known("s2", "wrong")) == {("test_a", "s1")}
    assert asked([alone], known("s2", "mended")) == []


def test_a_withdrawal_without_code_uses_the_code_in_its_suite_if_that_is_known() -> None:
    old = WITHDRAWN.model_copy(update={"code": None})
    assert asked([old], known("s2", "wrong")) == ["s2"]
    assert asked([old], known("s1", "wrong", -1), known("s2", "wrong")) == []


def codes(folder: Path, old: str = "", new: str = "", helpers: str = HELPERS) -> dict[str, str]:
    assert old in SUITE
    (folder / "test_trial.py").write_text(SUITE.replace(old, new) if old else SUITE)
    (folder / "trial_helpers.py").write_text(helpers)
    return codes_of(Suite("trial", folder, folder))


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("assert_close(double(x), 2 * x)", "assert_close(double(x), x + x)", {"test_double"}),
        ('"double doubles"', '"double makes twice as much"', set()),
        ('"""Doubles arrays of random numbers."""', '"""Doubles arrays."""', set()),
        ("    x = rng.standard_normal(5)", "    # five of them\n    x = rng.standard_normal(5)", set()),
        ("points=3", "points=5", {"test_double"}),
        ("from checks import HIDDEN, assert_close", "from checks import HIDDEN, PUBLIC, assert_close", set()),
        ("square, through\n", "square as other, through\n", {"test_square"}),
    ],
)
def test_the_code_of_a_check_is_everything_that_it_runs(tmp_path: Path, old: str, new: str, changes: set[str]) -> None:
    before, after = codes(tmp_path), codes(tmp_path, old, new)
    assert {name for name, code in after.items() if code != before[name]} == changes
    assert GONE not in after.values()


def test_a_helper_file_belongs_to_the_checks_that_use_it(tmp_path: Path) -> None:
    before, after = codes(tmp_path), codes(tmp_path, helpers=HELPERS.replace("* 2", "* 2.0"))
    assert {name for name, code in after.items() if code != before[name]} == {"test_box"}


LIBRARY = ROOT / "starter" / "modules" / "checks"


@pytest.mark.parametrize(
    ("name", "text", "changes"),
    [
        ("assertions.py", "X = 1\n", {"test_double", "test_square", "test_box", "test_milestone_calls"}),
        ("showing.py", "X = 1\n", {"test_double", "test_square", "test_box", "test_milestone_calls"}),
        ("plugin.py", "X = 1\n", {"test_double", "test_square", "test_box", "test_milestone_calls"}),
        ("gradients.py", "X = 1\n", {"test_square"}),
        ("summary.py", "X = 1\n", set()),
        ("assertions.py", "# a comment\n", set()),
    ],
)
def test_a_file_of_the_library_belongs_to_the_checks_that_use_it(
    tmp_path: Path, name: str, text: str, changes: set[str]
) -> None:
    shutil.copytree(LIBRARY, tmp_path / "checks")
    import_, used = "import HIDDEN,", "assert_close(square(x), x * x)"
    suite = SUITE.replace(import_, "import exact_gradient, HIDDEN,").replace(used, f"{used}; exact_gradient")
    before = codes(tmp_path, SUITE, suite)
    with (tmp_path / "checks" / name).open("a") as file:
        file.write(text)
    after = codes(tmp_path, SUITE, suite)
    assert {check for check, code in after.items() if code != before[check]} == changes


AUTOUSE = "@pytest.fixture(autouse=True)\ndef prepared():\n    {}\n\n\n"
BRANCH = "if np:\n    def extent():\n        return {}\n\n\n"
LOOP = "for each in range({}):\n    trial_helpers.SIZES.append(each)\n\n\n"
NAMED = '@pytest.fixture(name="small")\ndef _small():\n    return {}\n\n\n'
EVERY = {"test_double", "test_square", "test_box", "test_milestone_calls"}


@pytest.mark.parametrize(
    ("added", "old", "new", "used", "changes"),
    [
        (AUTOUSE, "np.seterr()", "np.random.seed(1)", "", EVERY),
        ("SIZES.append({})\n\n\n", "8", "9", "", EVERY),
        ('TABLE["a"] = {}\n\n\n', "1", "2", "", EVERY),
        ('A = TABLE["a"] = {}\n\n\n', "1", "2", "", EVERY),
        (LOOP, "2", "3", "", EVERY),
        ("pytestmark = pytest.mark.usefixtures({})\n\n\n", "'a'", "'b'", "", EVERY),
        ("def setup_module():\n    np.seterr({})\n\n\n", "1", "2", "", EVERY),
        (BRANCH, "5", "6", "    extent()\n", {"test_double"}),
        (NAMED, "5", "6", "    request.getfixturevalue('small')\n", {"test_double"}),
        ('"""{}"""\n\n\n', "Said so.", "Said otherwise.", "", set()),
        ("OTHER = {}\n\n\n", "5", "6", "", set()),
    ],
)
def test_code_that_runs_beside_a_check_is_part_of_its_code(
    tmp_path: Path, added: str, old: str, new: str, used: str, changes: set[str]
) -> None:
    first, body = '@check("double doubles"', "    x = rng.standard_normal(5)"
    suite = SUITE.replace(body, used + body)
    before, after = (
        codes(tmp_path, SUITE, suite.replace(first, added.replace("{}", said) + first)) for said in (old, new)
    )
    assert {name for name, code in after.items() if code != before[name]} == changes


@pytest.mark.parametrize("of", ["import more_helpers\n", "def late():\n    from more_helpers import TWICE\n"])
def test_a_helper_of_a_helper_belongs_to_the_checks_that_use_the_helper(tmp_path: Path, of: str) -> None:
    seen = []
    for text in ("TWICE = 2\n", "TWICE = 3\n"):
        (tmp_path / "more_helpers.py").write_text(text)
        seen.append(codes(tmp_path, helpers=of + HELPERS))
    assert {name for name, code in seen[1].items() if code != seen[0][name]} == {"test_box"}
