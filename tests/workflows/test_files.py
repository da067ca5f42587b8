"""Test the workflow files: linters accept them, they have few rights, and they are what a fresh build makes."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader.course import Course, load_course
from grader.editions import workflows
from grader.editions.problems import EditionError

from .acting import ROOT, tool

STAFF = ROOT / ".github" / "workflows"
STUDENT = ROOT / "starter" / ".github" / "workflows"
FILES = [*sorted(STAFF.glob("*.yml")), *sorted(STUDENT.glob("*.yml"))]
HOLDS_SECRETS = {"plan", "publish", "release", "build"}  # jobs with secrets; none of them runs a student's code

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def loaded(file: Path) -> dict[str, Any]:
    found = yaml.safe_load(file.read_text())
    assert isinstance(found, dict)
    return found


def jobs(file: Path) -> dict[str, dict[str, Any]]:
    return loaded(file)["jobs"]


def steps(file: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(file).values():
        yield from job["steps"]


def said_by(*command: str) -> str:
    """Return the linter's findings, or nothing."""
    done = subprocess.run([tool(command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def test_the_workflows_are_those_that_the_guide_names() -> None:
    assert [file.stem for file in FILES] == ["ci", "grade", "nightly", "pages", "release", "check"]


def test_actionlint_finds_nothing() -> None:
    assert said_by("actionlint", *map(str, FILES)) == ""


def test_zizmor_finds_nothing() -> None:
    assert said_by("zizmor", "--offline", "--no-progress", "--quiet", *map(str, FILES)) == ""


def test_the_workflows_fit_the_schema_that_github_publishes() -> None:
    assert said_by("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, FILES)) == ""


@each_file
def test_every_action_is_pinned_by_its_commit_and_names_its_version(file: Path) -> None:
    used = re.findall(r"\buses: (.*)", file.read_text())
    assert used
    assert [one for one in used if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)] == []


@each_file
def test_rights_are_granted_only_to_jobs_and_mostly_to_read_code(file: Path) -> None:
    assert loaded(file)["permissions"] == {}
    for name, job in jobs(file).items():
        deploys = name in {"pages", "deploy"}
        assert job["permissions"] == ({"id-token": "write", "pages": "write"} if deploys else {"contents": "read"})
    checkouts = [step for step in steps(file) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@each_file
def test_no_expression_is_pasted_into_a_shell_command(file: Path) -> None:
    assert [step["run"] for step in steps(file) if "${{" in step.get("run", "")] == []


@each_file
def test_every_job_has_a_time_limit_and_runs_do_not_overlap(file: Path) -> None:
    assert all(0 < job["timeout-minutes"] <= 180 for job in jobs(file).values())
    assert loaded(file)["concurrency"]["group"]


@each_file
def test_no_cache_carries_files_from_one_job_to_another(file: Path) -> None:
    assert [step for step in steps(file) if "cache" in step.get("uses", "") or "cache" in step.get("with", {})] == []


def test_the_job_that_runs_students_code_holds_no_secret_and_no_token() -> None:
    grade = jobs(STAFF / "grade.yml")["grade"]
    assert "secrets." not in str(grade)
    assert "TOKEN" not in str(grade)
    assert "environment" not in grade
    assert "make doctor" in [step.get("run") for step in grade["steps"]], "it fails closed without level 3"


@pytest.mark.parametrize("file", sorted(STAFF.glob("*.yml")), ids=lambda file: file.stem)
def test_jobs_with_secrets_use_the_guarded_environment_and_run_no_submission(file: Path) -> None:
    for name, job in jobs(file).items():
        if "secrets." in str(job):
            assert name in HOLDS_SECRETS
            assert job["environment"] == "grading"
            assert not re.search(r"grader (grade|grade-shard|collect)\b", str(job))


def test_the_students_workflow_has_no_secret() -> None:
    for file in STUDENT.glob("*.yml"):
        assert "secrets." not in file.read_text()


def test_a_token_gets_only_rights_that_are_named() -> None:
    for file in STAFF.glob("*.yml"):
        for step in steps(file):
            if "create-github-app-token" in step.get("uses", ""):
                granted = {name for name in step["with"] if name.startswith("permission-")}
                assert granted
                writes = {name for name in granted if step["with"][name] == "write"}
                assert bool(writes) == step["name"].startswith("A token that writes")


# Made from course.yaml


@pytest.fixture
def course() -> Course:
    return load_course(ROOT / "course.yaml")


def test_the_committed_workflows_equal_a_fresh_build(course: Course) -> None:
    assert workflows.drift(ROOT, course) == []


def test_the_workflows_offer_exactly_the_written_modules(course: Course) -> None:
    written = [module.numbered for module in course.written]
    on = {name: loaded(STAFF / name)[True]["workflow_dispatch"]["inputs"] for name in ("grade.yml", "release.yml")}
    assert on["release.yml"]["module"]["options"] == written  # YAML reads the key `on` as true
    assert on["grade.yml"]["module"]["options"] == ["all", *written]


def small(course: Course, first: date, *dues: datetime, days: int = 0) -> Course:
    """Return the course with other dates."""
    modules = tuple(module.model_copy(update={"due": due}) for module, due in zip(course.modules, dues, strict=False))
    weeks = (course.weeks[0].model_copy(update={"starts": first}),)
    policy = course.policy.model_copy(update={"late_days_per_module": days})
    return course.model_copy(update={"modules": modules, "weeks": weeks, "policy": policy})


@pytest.mark.parametrize(
    ("first", "due", "late_days", "cron"),
    [
        (date(2027, 1, 11), datetime(2027, 5, 14, 23, 59, tzinfo=UTC), 0, "17 0,12 * 1-5 *"),
        (date(2027, 1, 11), datetime(2027, 5, 30, 23, 59, tzinfo=UTC), 2, "17 0,12 * 1-6 *"),
        (date(2027, 9, 1), datetime(2028, 1, 20, 11, 0, tzinfo=UTC), 0, "17 11,23 * 9-12,1 *"),
        (date(2027, 9, 1), datetime(2028, 8, 20, 11, 0, tzinfo=UTC), 0, "17 11,23 * * *"),
        (date(2027, 9, 1), datetime(2027, 9, 20, 6, 30, tzinfo=UTC), 0, "17 7,19 * 9 *"),
    ],
)
def test_grading_is_scheduled_after_the_hour_of_deadlines_in_the_months_of_the_term(
    course: Course, first: date, due: datetime, late_days: int, cron: str
) -> None:
    assert workflows.schedule(small(course, first, due, days=late_days)) == cron


def test_a_changed_course_or_an_edited_workflow_counts_as_drift_until_the_next_build(
    course: Course, tmp_path: Path
) -> None:
    templates = tmp_path / ".github" / "templates"
    templates.mkdir(parents=True)
    (templates / "one.yml.j2").write_text("cron: {= schedule =}\n")
    assert workflows.drift(tmp_path, course) == [
        ".github/workflows/one.yml does not follow from .github/templates/one.yml.j2 and course.yaml. "
        "Edit these two, then run the build"
    ]
    assert [path.name for path in workflows.write(tmp_path, course)] == ["one.yml"]
    assert workflows.drift(tmp_path, course) == workflows.write(tmp_path, course) == []
    (tmp_path / ".github" / "workflows" / "one.yml").write_text("by hand\n")
    assert len(workflows.drift(tmp_path, course)) == 1


def test_a_mistake_in_a_template_is_reported_with_its_line(course: Course, tmp_path: Path) -> None:
    templates = tmp_path / ".github" / "templates"
    templates.mkdir(parents=True)
    (templates / "one.yml.j2").write_text("a: 1\n#% for\n")
    with pytest.raises(EditionError, match=r"\.github/templates/one\.yml\.j2:2: "):
        workflows.write(tmp_path, course)
