"""Grade one module of one submission: copy → jail → suite → record. An all-zero record is on disk before anything runs."""

from __future__ import annotations

import hashlib
import platform
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

from ..course import Course, Module
from ..course.layout import STARTER, solved
from ..editions.code import code_of
from ..files import blob_id
from ..sandbox.faults import JailError
from ..sandbox.levels import Limits
from .jail_folder import Stage
from .outcomes import result_of
from .record import CheckResult, IgnoredFile, Outcome, ReachedLevel, Record, SubmittedFile
from .run_request import OnCase, Run, Runner, RunRequest
from .seeds import seed_for, seed_id
from .store import Store, StoreError
from .submission import (
    PACKAGE,
    Submission,
    digest_of,
    from_commit,
    from_folder,
    under_first_names,
    under_new_names,
    write_package,
)
from .suite import Suite, suite_of

# files that can change an outcome are those of these rooms, and the file that reads points and time limits of checks
_ROOMS, _SPECS = ("sandbox", "grading"), "editions/check_specs.py"
# but these files only decide when and where something is graded and stored
_WITHOUT_INFLUENCE = frozenset(
    f"grading/{name}.py" for name in ("batch", "fork_server", "head_start", "course_secret", "store")
)
_CREDENTIALS = re.compile(r"(?<=://)[^/]*@")  # https://x-access-token:SECRET@github.com/…


@dataclass(frozen=True)
class Job:
    """Describe what is to be graded.

    commit: None for a folder as it is on disk; repo: name of the source in reports; seed: of the random inputs, if this
    grader may not derive it
    """

    student: str
    source: str | Path
    commit: str | None
    module: str
    submitted_at: datetime | None = None
    repo: str = ""
    seed: str = field(default="", repr=False)


@dataclass(frozen=True)
class Prepared:
    """Hold a job before anything has run.

    files: of the package to grade; seed: of the random inputs; blank: the all-zero record
    """

    module: Module
    suite: Suite
    files: Mapping[str, bytes]
    seed: str = field(repr=False)
    blank: Record


class Here:
    """Run suites in this process, one after another. This is a Runner."""

    def expect(self, suite: Suite) -> None:
        self._suite = suite

    def stage(self) -> Stage:
        return Stage.make()

    def run(self, request: RunRequest, on_case: OnCase) -> Run:
        # imported here, because NumPy and pytest are only needed in the process that runs the suite
        from .ready_suite import with_ready

        return with_ready(self._suite, lambda ready: ready.run(request, on_case))


@dataclass(frozen=True)
class Grader:
    """Hold a course's checkout, ready to grade.

    required: lowest level of confinement that is allowed (3 for grades that count); highest: the level to try first;
    runner: where suites run, in this process or in a process that was started ahead
    """

    root: Path
    course: Course
    secret: bytes
    store: Store
    required: int = 3
    highest: int = 3
    limits: Limits = field(default_factory=Limits)
    runner: Runner = field(default_factory=Here)

    def grade(self, job: Job, on_case: OnCase = lambda case: None) -> Record:
        """Return the record of one job, written and signed. If the same input has a record already, reuse its outcome."""
        prepared = self.prepare(job)
        blank = prepared.blank
        known = self.store.same_input(job.student, prepared.module.stems, blank.input_digest, self.required)
        if known is not None:
            if not known.is_signed_by(
                self.secret
            ):  # otherwise an edited record would be signed again under another commit
                raise StoreError(
                    f"{self.store.path_of(known)} is not signed with this course's secret: it was edited, or made with "
                    "another secret. Move it away and grade again"
                )
            return self._reuse(known, blank)
        self.store.write(blank.signed(self.secret))
        began = time.monotonic()
        try:
            run = self._run(prepared, on_case)
            done = self._completed(prepared, run, time.monotonic() - began)
        except (JailError, OSError) as error:
            done = self._in_trouble(blank, error)
        done = done.signed(self.secret)
        self.store.write(done)
        return done

    def prepare(self, job: Job, submission: Submission | None = None) -> Prepared:
        """Collect all that is known of a job before anything runs. submission: what the source holds, if already read"""
        module = self.course.module(job.module)
        suite = suite_of(self.root, self.course, module)
        self.runner.expect(suite)
        submission = submission or self.submission(job)
        replaced = self._replaced(module)
        graded = self._digest(submission, replaced)
        seed = job.seed or seed_for(self.secret, job.student, module.first_stem, graded)
        blank = self._blank(job, module, suite, submission, replaced, graded, seed)
        files = under_new_names({**submission.files, **replaced}, self.course.renamed)
        return Prepared(module, suite, files, seed, blank)

    def seed_of(self, student: str, module: Module, submission: Submission) -> str:
        """Return the seed of a submission's random inputs, for a machine that grades it but may not derive the seed."""
        graded = self._digest(submission, self._replaced(module))
        return seed_for(self.secret, student, module.first_stem, graded)

    def _digest(self, submission: Submission, replaced: Mapping[str, bytes]) -> str:
        """Return the digest of the graded files, under the first stems of modules. Of a reference file only the code counts."""
        first, renamed = self.course.first_stems, self.course.renamed
        codes = {
            path: b"reference\0" + code_of(content.decode("utf-8"), first_stems=first).encode()
            for path, content in replaced.items()
        }
        return digest_of(under_first_names(under_new_names({**submission.files, **codes}, renamed), renamed, first))

    def submission(self, job: Job) -> Submission:
        given = self._given()
        found = from_commit(job.source, job.commit, given) if job.commit else from_folder(Path(job.source), given)
        return found.under_new_names(self.course.renamed)

    def _run(self, prepared: Prepared, on_case: OnCase) -> Run:
        suite, module = prepared.suite, prepared.module
        stage = self.runner.stage()
        try:
            write_package(prepared.files, stage.package)
            stage.add_helpers(suite.helpers)
            request = RunRequest(
                stage=str(stage.folder),
                imports=tuple(f"{PACKAGE}.{name}" for name in (*self.course.package_before(module), module.stem)),
                seed=prepared.seed,
                raw_report=str(self.store.raw_path_of(prepared.blank)),
                required=self.required,
                highest=self.highest,
                limits=self.limits,
            )
            return self.runner.run(request, on_case)
        finally:
            stage.remove()

    def _given(self) -> frozenset[str]:
        """Return git's ids of the files with which every student repository begins. Reports do not list these as left out."""
        return frozenset(blob_id(path.read_bytes()) for path in (self.root / STARTER).glob("*.py"))

    def _replaced(self, module: Module) -> dict[str, bytes]:
        """Return the files of the package that the grader takes from the course, whatever the submission holds in their place.

        These are the support files, in which a student has nothing to write, and the prerequisites.
        """
        before = self.course.package_before(module)
        support = {name: owner for name, owner in before.items() if name in owner.support}
        files = {
            f"{PACKAGE}/{name}.py": (self.root / solved(owner, name)).read_bytes() for name, owner in support.items()
        }
        return {**files, **self._prerequisites(module)}

    def _prerequisites(self, module: Module) -> dict[str, bytes]:
        """Return reference files that replace the student's own, if the policy says so and their solutions are published."""
        if self.course.policy.prerequisites == "own":
            return {}
        published = (m for m in self.course.earlier(module) if not m.planned and m.due < module.due)
        files = {}
        for earlier in published:
            files[f"{PACKAGE}/{earlier.stem}.py"] = (self.root / solved(earlier, earlier.stem)).read_bytes()
        return files

    def _blank(
        self,
        job: Job,
        module: Module,
        suite: Suite,
        submission: Submission,
        replaced: Mapping[str, bytes],
        graded: str,
        seed: str,
    ) -> Record:
        """Return the all-zero record, with everything that is known before anything runs.

        The input digest covers what decides the outcome. If two gradings have the same digest, they have the same outcome, so the
        second is skipped. A module is named by its first stem. The versions of Python, NumPy and the kernel are left out, for two
        reasons: suites compare with tolerances, so a check whose outcome depends on these versions is faulty; and several workers
        may grade one class.
        """
        machinery = machinery_version()
        inputs = [
            graded,
            suite.digest,
            seed_id(seed),
            code_of_grader(machinery),
            module.first_stem,
            str(self.limits),
            str(module.exclusive),
        ]
        checks = tuple(
            CheckResult(**result_of(spec, (), None) | {"outcome": Outcome.NOT_RUN, "message": ""})
            for spec in suite.checks
        )
        return Record(
            course=self.course.slug,
            module=module.stem,
            student=job.student,
            repo=job.repo or _CREDENTIALS.sub("", str(job.source)),
            commit=job.commit or f"folder-{submission.digest[:12]}",
            submitted_at=job.submitted_at,
            graded_at=datetime.now(UTC).replace(microsecond=0),
            grader_version=machinery,
            suite_digest=suite.digest,
            seed_id=seed_id(seed),
            input_digest=hashlib.sha256("\n".join(inputs).encode()).hexdigest(),
            prerequisites="reference" if self._prerequisites(module) else "own",
            jail=ReachedLevel(level=0, name="not started"),
            exclusive=module.exclusive,
            checks=checks,
            max_points=sum(check.max_points for check in checks),
            capability=module.capability.name,
            milestone=module.milestone.title if module.milestone else "",
            files=tuple(
                SubmittedFile(path=path, sha256=hashlib.sha256(content).hexdigest(), size=len(content))
                for path, content in sorted(submission.files.items())
            ),
            ignored=tuple(IgnoredFile(path=path, reason=reason) for path, reason in submission.ignored),
            warnings=(*submission.warnings, *self._changed_support(module, submission, replaced)),
        )

    def _changed_support(self, module: Module, submission: Submission, replaced: Mapping[str, bytes]) -> Iterator[str]:
        """Say which support files the student has changed, since the change has no effect."""
        for name, owner in self.course.package_before(module).items():
            path = f"{PACKAGE}/{name}.py"
            if name in owner.support and submission.files.get(path, replaced[path]) != replaced[path]:
                yield f"{path} belongs to the course: your changes to it were not used. Take the course's copy back."

    def _completed(self, prepared: Prepared, run: Run, seconds: float) -> Record:
        checks = tuple(CheckResult(**result_of(spec, run.cases, run.problem)) for spec in prepared.suite.checks)
        return _changed(
            prepared.blank,
            jail=ReachedLevel(level=run.confinement.level, name=run.confinement.name, notes=run.confinement.notes),
            complete=not any(check.outcome is Outcome.ERROR for check in checks),
            seconds=round(seconds, 3),
            checks=checks,
            **earned(prepared.module, checks),
        )

    def _in_trouble(self, blank: Record, error: Exception) -> Record:
        """Return an incomplete record in which every check reports the grader's own error. The job will be tried again."""
        checks = tuple(
            check.model_copy(
                update={"outcome": Outcome.ERROR, "exception": type(error).__name__, "message": str(error)}
            )
            for check in blank.checks
        )
        return _changed(blank, checks=checks)

    def _reuse(self, known: Record, blank: Record) -> Record:
        """Return the outcome of the same input at another commit, or under an earlier stem of the module, as a record of now."""
        if (known.module, known.commit) == (blank.module, blank.commit):
            return known
        where = known.commit[:12] if known.commit != blank.commit else f"in the record of {known.module}"
        again = _changed(
            known,
            module=blank.module,
            commit=blank.commit,
            repo=blank.repo,
            submitted_at=blank.submitted_at,
            capability=blank.capability,
            milestone=blank.milestone,
            files=blank.files,
            ignored=blank.ignored,
            checks=[
                done.model_copy(update={"title": now.title, "about": now.about})
                for done, now in zip(known.checks, blank.checks, strict=True)
            ],
            warnings=(*blank.warnings, f"The graded files are the same as at {where}, so its outcome stands."),
        ).signed(self.secret)
        self.store.write(again)
        return again


def earned(module: Module, checks: Sequence[CheckResult]) -> dict[str, int | bool]:
    """Return the fields that follow from the checks' outcomes: points, capability_earned and milestone_met."""
    key = [check for check in checks if check.capability]
    milestone = [check for check in checks if module.milestone and check.id == module.milestone.check]
    return {
        "points": sum(check.points for check in checks),
        "capability_earned": _all_passed(key),
        "milestone_met": _all_passed(milestone),
    }


def _all_passed(checks: list[CheckResult]) -> bool:
    return bool(checks) and all(check.outcome is Outcome.PASSED for check in checks)


def _changed(record: Record, **fields: object) -> Record:
    """Return a copy with other fields, and validate it again: points must still add up."""
    return Record.model_validate({**dict(record), "signature": "", **fields})


@cache
def machinery_version() -> str:
    """Return the grader's version with a digest of its code that can change an outcome, and one of its host: 0.1.0+CODE.HOST.

    Comments, docstrings and the texts of exceptions do not count as code, and scheduling changes no outcome.
    """
    here = Path(__file__).parents[1]
    files = [file for room in _ROOMS for file in sorted((here / room).rglob("*.py"))] + [here / _SPECS]
    texts = {file.relative_to(here).as_posix(): file.read_text("utf-8") for file in files}
    assert texts.keys() >= _WITHOUT_INFLUENCE, "a file was renamed: mend _WITHOUT_INFLUENCE"
    decide = texts.keys() - _WITHOUT_INFLUENCE
    code = digest_of({name: code_of(texts[name], messages=False).encode() for name in decide})
    machine = f"{platform.python_version()} {version('numpy')} {version('pytest')} {version('msgpack')}"
    host = hashlib.sha256(machine.encode()).hexdigest()
    return f"{version('tinytorch-course')}+{code[:12]}.{host[:8]}"


def code_of_grader(version: str) -> str:
    """Return a machinery version without the digest of its host."""
    return version.rpartition(".")[0]


def same_code(one: str, other: str) -> bool:
    """Return whether two machinery versions differ only in their host, if at all."""
    return code_of_grader(one) == code_of_grader(other)
