"""Test reading course.yaml into a Course: what a good file gives, and the message for each mistake."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from grader.course import Course, CourseError, load_course

GOOD = """\
title: A course
term: Spring 2027
slug: a-course
textbook: A book
policy: {score: last, late_days: 4, late_days_per_module: 2, late_penalty_percent: 10}
phases:
  - {name: one, title: One}
weeks:
  - {starts: 2027-01-11, topic: First}
  - {starts: 2027-01-25, topic: Second}
modules:
  - stem: setup
    title: Setup
    phase: one
    week: 1
    release: 2027-01-11
    due: 2027-01-24T23:59:00Z
    points: 20
    chapter: 1 Introduction
    capability: {name: Ready, question: "Can I?"}
  - stem: tensor
    title: Tensor
    phase: one
    week: 2
    release: 2027-01-25
    due: 2027-02-07T18:59:00-05:00
    points: 60
    chapter: 2 Systems
    capability: {name: Tensors, question: "Can I?"}
    late_imports: [autograd]
  - stem: autograd
    title: Autograd
    phase: one
    week: 2
    release: 2027-01-25
    due: 2027-02-07T23:59:00Z
    points: 30
    chapter: 3 Gradients
    capability: {name: Gradients, question: "Can I?"}
    milestone: {name: xor_1969, title: XOR 1969, embedded: all right}
    hidden_until: due
    planned: true
"""


def load(tmp_path: Path, text: str = GOOD) -> Course:
    path = tmp_path / "course.yaml"
    path.write_text(text, encoding="utf-8")
    return load_course(path)


def told(tmp_path: Path, old: str, new: str) -> str:
    """Return the message of load_course after `old` (which occurs) was replaced by `new`."""
    assert old in GOOD
    with pytest.raises(CourseError) as error:
        load(tmp_path, GOOD.replace(old, new, 1))
    return str(error.value)


def test_a_modules_number_is_its_place(tmp_path: Path) -> None:
    course = load(tmp_path)
    assert [m.numbered for m in course.modules] == ["01_setup", "02_tensor", "03_autograd"]
    assert [m.number for m in course.modules] == [1, 2, 3]
    assert [m.numbered for m in course.written] == ["01_setup", "02_tensor"]


@pytest.mark.parametrize("key", ["02_tensor", "2", "02", "tensor", 2, " tensor "])
def test_a_module_is_found_by_its_stem_its_number_or_both(tmp_path: Path, key: str | int) -> None:
    assert load(tmp_path).module(key).numbered == "02_tensor"


@pytest.mark.parametrize("key", ["9", "", "0", "physics", "²"])
def test_an_unknown_module_lists_the_known_ones(tmp_path: Path, key: str) -> None:
    with pytest.raises(CourseError, match=r"no module .* 01_setup, 02_tensor, 03_autograd \(planned\)"):
        load(tmp_path).module(key)


def test_a_number_that_belongs_to_another_module_is_refused_with_the_right_name(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"no module '03_tensor' in course.yaml: tensor is 02_tensor there"):
        load(tmp_path).module("03_tensor")


def test_the_course_knows_each_modules_neighbours(tmp_path: Path) -> None:
    course = load(tmp_path)
    first, second, third = course.modules
    assert course.next(second) == third
    assert course.next(third) is None
    assert course.earlier(third) == (first, second)


def test_times_are_in_utc_whatever_zone_the_file_uses(tmp_path: Path) -> None:
    module = load(tmp_path).module("tensor")
    assert module.release == date(2027, 1, 25)
    assert module.due == datetime(2027, 2, 7, 23, 59, tzinfo=UTC)
    assert module.due.tzinfo is UTC


def test_weeks_are_numbered(tmp_path: Path) -> None:
    course = load(tmp_path)
    assert [(w.number, w.starts) for w in course.weeks] == [(1, date(2027, 1, 11)), (2, date(2027, 1, 25))]


def test_policies_have_defaults_and_a_module_may_differ(tmp_path: Path) -> None:
    course = load(tmp_path)
    assert (course.policy.score, course.policy.prerequisites, course.policy.hidden_until) == ("last", "own", "never")
    assert course.hidden_until(course.module("setup")) == "never"
    assert course.hidden_until(course.module("autograd")) == "due"
    assert course.module("autograd").milestone is not None


@pytest.mark.parametrize(
    ("hours", "written"), [("2", "2 hours"), ("3.5", "3½ hours"), ("1", "1 hour"), ("0.5", "½ hour")]
)
def test_a_module_says_how_long_it_takes_as_people_do(tmp_path: Path, hours: str, written: str) -> None:
    module = load(tmp_path, GOOD.replace("points: 20", f"points: 20\n    hours: {hours}")).module("setup")
    assert module.time_needed == written
    assert load(tmp_path).module("setup").time_needed == ""


def test_a_loaded_course_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(tmp_path).modules[0].points = 100  # type: ignore[misc]


MISTAKES = [
    ("    points: 20", "    point: 20", "course.yaml:18: modules[0].point: unknown key. Did you mean 'points'?"),
    (
        "    points: 20",
        "    point: 20",
        "course.yaml:12: modules[0].points: missing. Add it, for example `points: 40`.",
    ),
    ("points: 20", "points: 12.5", "course.yaml:18: modules[0].points: got 12.5: expected a whole number. Write for"),
    ("points: 20", 'points: "20"', "course.yaml:18: modules[0].points: got '20': expected a whole number."),
    ("points: 20", "points: true", "course.yaml:18: modules[0].points: got true: expected a whole number."),
    ("points: 20", "points: 0", "course.yaml:18: modules[0].points: got 0: should be greater than or equal to 1."),
    (
        "stem: tensor",
        "stem: setup",
        "course.yaml:21: modules[1].stem: a second module 'setup'; the first is at line 12.",
    ),
    (
        "stem: tensor",
        "stem: 02_tensor",
        "modules[1].stem: got '02_tensor': does not match ^[a-z][a-z0-9_]*$. Write for",
    ),
    (
        "    title: Tensor",
        "    number: 7\n    title: T",
        "modules[1].number: a module's number is not written. Remove it",
    ),
    (
        "-01-24T23",
        "-01-10T23",
        "course.yaml:17: modules[0].due: due 2027-01-10 23:59 UTC, before its release 2027-01-11.",
    ),
    (
        "2027-01-24T23:59:00Z",
        "2027-01-24T23:59:00",
        "course.yaml:17: modules[0].due: got '2027-01-24T23:59:00': has no time",
    ),
    ("2027-01-24T23:59:00Z", "soon", "modules[0].due: got 'soon': not a date and time. Write for example `due: 2027-"),
    (
        "release: 2027-01-11",
        "release: 2027-02-30",
        "modules[0].release: got '2027-02-30': there is no such day or time.",
    ),
    ("release: 2027-01-11", "release: 20270111", "modules[0].release: got 20270111: not a date."),
    ("week: 1", "week: 3", "course.yaml:15: modules[0].week: week 3, but the plan has 2. Give a week of the plan."),
    ("    phase: one", "    phase: onne", "course.yaml:14: modules[0].phase: no phase 'onne'. Did you mean 'one'?"),
    ("    phase: one", "    phase: zzz", "course.yaml:14: modules[0].phase: no phase 'zzz'. Known here: one."),
    (
        "[autograd]",
        "[autograde]",
        "course.yaml:30: modules[1].late_imports[0]: no module 'autograde'. Did you mean 'autograd'?",
    ),
    ("[autograd]", "[setup]", "modules[1].late_imports[0]: 'setup' does not come later than 'tensor'. Remove it"),
    (
        "[autograd]",
        "autograd",
        "modules[1].late_imports: got 'autograd': expected a list. Write for example `late_imports: [",
    ),
    ("score: last", "score: mean", "course.yaml:5: policy.score: got 'mean': should be 'best' or 'last'. Write for"),
    (
        "late_days: 4",
        "late_days: 1",
        "course.yaml:5: policy.late_days_per_module: more late days for one module than the 1 of",
    ),
    ("percent: 10", "percent: 101", "policy.late_penalty_percent: got 101: should be less than or equal to 100."),
    ("2027-01-25, topic", "2027-01-04, topic", "course.yaml:10: weeks[1].starts: week 2 does not start after week 1."),
    (
        "title: One}",
        "title: One}\n  - {name: one, title: Two}",
        "phases[1].name: a second phase called 'one'. Rename or",
    ),
    (
        "term: Spring 2027",
        "term: 2027",
        "course.yaml:2: term: got 2027: expected text. Write for example `term: some text`.",
    ),
    ("term: Spring 2027", "term: ''", "course.yaml:2: term: got '': it is empty."),
    ("term: Spring 2027", "term:", "course.yaml:2: term: got nothing: expected text."),
    ("slug: a-course", "slug: A course", "course.yaml:3: slug: got 'A course': does not match"),
    ("term: Spring 2027", "term: a\nterm: b", "course.yaml:3: term: written twice. Keep one of the two."),
    ("planned: true", "planned: maybe", "modules[2].planned: got 'maybe': expected true or false. Write for example"),
    ('{name: Ready, question: "Can I?"}', "Ready", "modules[0].capability: got 'Ready': expected keys and values."),
    (
        '    capability: {name: Ready, question: "Can I?"}\n',
        "",
        "modules[0].capability: missing. Add it, for example `capab",
    ),
    (
        "phases:\n  - {name: one, title: One}",
        "phases: []",
        "course.yaml:6: phases: got a list: the list is empty. Write for",
    ),
    (
        "    points: 20",
        "    points: 20\n    hours: 2.3",
        "course.yaml:19: modules[0].hours: got 2.3: should be a multiple of 0.5. Write for example `hours: 3.5`.",
    ),
    ("    points: 20", "    points: 20\n    hours: two", "modules[0].hours: got 'two': expected a number. Write for"),
    ("    points: 20", "    points: 20\n    hours: 0", "modules[0].hours: got 0: should be greater than 0."),
    (
        "    points: 20",
        "    points: 20\n    wall: it hurts",
        "course.yaml:19: modules[0].wall: got 'it hurts': not a sentence of at most 160 letters that ends with a full stop or",
    ),
    ("title: A course", "title: [A", "course.yaml:2: not valid YAML: "),
    ("policy: {", "badges: {earned: green}\npolicy: {", "badges.earned: got 'green': does not match ^#[0-9a-f]{6}$."),
    ("    week: 1", "    week: &w 1\n    late_imports: &x []", None),
]


def test_a_week_that_the_plan_does_not_have_is_one_mistake_and_not_one_for_each_later_module(tmp_path: Path) -> None:
    assert told(tmp_path, "week: 1", "week: 99").splitlines() == [
        "course.yaml:15: modules[0].week: week 99, but the plan has 2. Give a week of the plan."
    ]


def test_a_misspelled_module_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"no module 'tensr' in course\.yaml\. Did you mean 'tensor'\?"):
        load(tmp_path).module("tensr")


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES, ids=[f"{n}" for n in range(len(MISTAKES))])
def test_a_mistake_is_reported_with_line_field_and_correction(
    tmp_path: Path, old: str, new: str, message: str | None
) -> None:
    if message is None:  # an anchor that nothing refers to is harmless
        load(tmp_path, GOOD.replace(old, new, 1))
    else:
        assert message in told(tmp_path, old, new)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "    week: 1\n",
            "    week: 2\n",
            "course.yaml:24: modules[1].week: 02_tensor has 1, and 01_setup, which comes before it, has 2 (line 15). "
            "Write `week: 2` here, or a later one; or put the modules in another order.",
        ),
        (
            "2027-01-11\n    due",
            "2027-02-01\n    due",
            "course.yaml:25: modules[1].release: 02_tensor has 2027-01-25, and 01_setup, which comes before it, has "
            "2027-02-01 (line 16). Write `release: 2027-02-01` here",
        ),
        (
            "2027-01-24T23:59:00Z",
            "2027-02-07T23:59:30Z",
            "course.yaml:26: modules[1].due: 02_tensor has 2027-02-07T23:59:00Z, and 01_setup, which comes before it, has "
            "2027-02-07T23:59:30Z (line 17). Write `due: 2027-02-07T23:59:30Z` here",
        ),
    ],
)
def test_weeks_and_dates_that_run_backwards_are_reported_with_a_correction(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = GOOD.replace("week: 2", "week: 1", 1) if "week" in old else GOOD
    with pytest.raises(CourseError) as error:
        load(tmp_path, text.replace(old, new, 1))
    assert message in str(error.value)


def test_a_module_is_compared_with_the_latest_date_before_it(tmp_path: Path) -> None:
    """After one late date, every earlier date is reported, and not only the next."""
    told_of = told(tmp_path, "due: 2027-01-24T23:59:00Z", "due: 2027-03-24T23:59:00Z").splitlines()
    assert [line.partition(" has ")[0][-11:] for line in told_of] == [": 02_tensor", "03_autograd"]


def test_a_module_may_have_had_other_stems_and_other_points(tmp_path: Path) -> None:
    text = GOOD.replace("stem: tensor", "stem: tensor\n    renamed_from: arrays\n    points_before: [50, 55]")
    module = load(tmp_path, text + "withdrawn: [{stem: losses, reason: taken out}]\n").module("tensor")
    assert (module.stems, module.points_before) == (("tensor", "arrays"), (50, 55))


def test_a_module_is_found_by_a_stem_that_it_had_before(tmp_path: Path) -> None:
    course = load(tmp_path, GOOD.replace("stem: tensor", "stem: tensor\n    renamed_from: arrays"))
    assert (course.module("arrays").stem, course.renamed) == ("tensor", {"arrays": "tensor"})


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (
            "    renamed_from: setup\n",
            "modules[2].renamed_from[0]: 'setup' belongs to the module at line 12. The grades",
        ),
        ("    renamed_from: [old, old]\n", "modules[2].renamed_from[1]: 'old' belongs to the module at line 31."),
        (
            "withdrawn: [{stem: setup, reason: r}]\n",
            "withdrawn[0].stem: 'setup' is a module at line 12. Remove one of the",
        ),
        (
            "    renamed_from: old\nwithdrawn: [{stem: old, reason: r}]\n",
            "withdrawn[0].stem: 'old' is another module's old name at line 43. Remove one of the two.",
        ),
        ("withdrawn: [{stem: old}]\n", "withdrawn[0].reason: missing. Add it"),
    ],
)
def test_no_two_modules_claim_the_same_grade(tmp_path: Path, add: str, message: str) -> None:
    with pytest.raises(CourseError) as error:
        load(tmp_path, GOOD + add)
    assert message in str(error.value)


def test_a_planned_module_may_be_withdrawn(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD + "withdrawn: [{stem: autograd, reason: next year}]\n").withdrawn[0].stem == "autograd"


def test_a_yaml_alias_is_refused(tmp_path: Path) -> None:
    text = GOOD.replace("late_imports: [autograd]", "late_imports: &same [autograd]")
    with pytest.raises(
        CourseError, match=r"modules\[2\]\.late_imports: an alias \(\*name\) .* Write the value out here"
    ):
        load(tmp_path, text + "    late_imports: *same\n")


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        GOOD.replace("points: 60", "points: sixty").replace("points: 20", "points: 1.5").replace("term: S", "trem: S")
    )
    with pytest.raises(CourseError) as error:
        load(tmp_path, text)
    lines = [problem.line for problem in error.value.problems]
    assert len(lines) == 4
    assert lines == sorted(lines)
    assert len(str(error.value).splitlines()) == 4


def test_a_file_that_is_not_a_mapping_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"course.yaml:1: got a list: expected keys and values"):
        load(tmp_path, "- a\n- b\n")


def test_an_empty_file_lists_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"course.yaml:1: modules: missing"):
        load(tmp_path, "")


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"course.yaml does not exist"):
        load_course(tmp_path / "course.yaml")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "course.yaml").write_bytes(b"title: \xff\n")
    with pytest.raises(CourseError, match=r"course.yaml:1: not UTF-8 at byte 7. Save"):
        load_course(tmp_path / "course.yaml")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://me:hunter2@host/book",
        "postgresql://me@host/book?sslpassword=hunter2",
        "mysql://me:hunter2@h",
    ],
)
def test_a_password_in_the_address_of_the_gradebook_is_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(CourseError, match=r"gradebook: holds a password, .* TINYTORCH_GRADEBOOK") as refused:
        load(tmp_path, f"{GOOD}gradebook: {url}\n")
    assert "hunter2" not in str(refused.value)


def test_the_gradebook_may_be_on_a_server(tmp_path: Path) -> None:
    url = "postgresql+psycopg://grader@db.example.edu/tinytorch"
    assert load(tmp_path, f"{GOOD}gradebook: {url}\n").gradebook == url
    with pytest.raises(CourseError, match="gradebook: is not the address of a database"):
        load(tmp_path, f"{GOOD}gradebook: grades.sqlite\n")
