"""Run many versions of one module against its suite, as many at a time as there are cores.

Each version runs in its own process, forked from a process that has the suite ready, and in its own jail. The versions are
the staff's own code, but they are confined like a submission.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, cast

from ..grading.outcomes import FAILED, PASSED, CaseOutcome
from ..grading.ready_suite import ReadySuite
from ..grading.run_request import Run, RunRequest
from ..grading.submission import write_package
from ..sandbox.host import Host
from ..sandbox.levels import Confinement, Limits
from .finding import AuditError
from .material import Material
from .student_view import seen_of_hidden

SEED = "audit"
LEVEL = 3

Groups = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Version:
    """Hold one source to try.

    answers: to the module's experiment; groups: None for the whole suite as a submission meets it, else as in ReadySuite.run
    """

    name: str
    source: str
    answers: str
    seed: str = SEED
    groups: Groups | None = None


@dataclass(frozen=True)
class Tried:
    """Hold the outcome of one version. seen: details of hidden checks in a report, which students must not see."""

    version: Version
    cases: tuple[CaseOutcome, ...]
    level: int
    seen: tuple[str, ...]

    @property
    def failing(self) -> tuple[CaseOutcome, ...]:
        """Return the cases that failed by themselves, in order. Cases that another failing check held back are left out."""
        return tuple(case for case in self.cases if case.outcome == FAILED and case.blocked_by is None)

    @property
    def passed(self) -> tuple[str, ...]:
        """Return the checks whose cases have all passed, as far as they ran."""
        bad = {case.check for case in self.cases if case.outcome != PASSED}
        return tuple(check for check in dict.fromkeys(case.check for case in self.cases) if check not in bad)


@dataclass(frozen=True)
class Transcript:
    """Hold what was said in one case of a check.

    talk: requests, or the suite's answers to callbacks, each with the reply; without lengths
    """

    check: str
    talk: tuple[tuple[bytes, bytes], ...]


Transcripts = tuple[Transcript, ...]


class Bench:
    """Hold a module's suite, which pytest has read here, and how many versions to try at a time (default: one for each core)."""

    def __init__(self, material: Material, ready: ReadySuite, workers: int | None = None) -> None:
        self.material = material
        self._ready = ready
        self._workers = workers or len(os.sched_getaffinity(0))
        seen_of_hidden(
            material, Run((), Confinement(LEVEL, ()), None)
        )  # once here, because this compiles the templates of the reports

    def run(self, versions: Sequence[Version], on_done: Callable[[Tried], None] = lambda tried: None) -> list[Tried]:
        """Try each version, and return the outcomes in the order of `versions`. Raise AuditError if a version cannot be tried."""
        gc.collect()
        gc.freeze()  # the collector would touch, and so copy, every page that the processes share with this one
        try:
            answers: dict[int, Tried] = {}
            for number, tried in self._run(versions):
                answers[number] = tried
                on_done(tried)
        finally:
            gc.unfreeze()
        return [answers[number] for number in range(len(versions))]

    def recorded(self, version: Version) -> Transcripts:
        """Try one version, and return what was said in each case. Raise AuditError if it cannot be tried."""
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=self._body, args=(version, theirs, True), daemon=True)
        process.start()
        theirs.close()
        answer = _received(ours)
        process.join()
        cases = _tried(version, answer, process.exitcode).cases
        if len(answer["talks"]) != len(cases):
            raise AuditError(f"{version.name}: {len(cases)} cases ran in {len(answer['talks'])} sessions")
        return tuple(
            Transcript(case.check, tuple((base64.b64decode(sent), base64.b64decode(got)) for sent, got in talk))
            for case, talk in zip(cases, answer["talks"], strict=True)
        )

    def _run(self, versions: Sequence[Version]) -> Iterator[tuple[int, Tried]]:
        context = multiprocessing.get_context("fork")
        waiting = list(range(len(versions)))[::-1]
        running: dict[Connection, tuple[int, multiprocessing.context.ForkProcess]] = {}
        try:
            while waiting or running:
                while waiting and len(running) < self._workers:
                    number = waiting.pop()
                    ours, theirs = context.Pipe(duplex=False)
                    process = context.Process(target=self._body, args=(versions[number], theirs), daemon=True)
                    process.start()
                    theirs.close()
                    running[ours] = number, process
                for ready in cast("list[Connection]", wait(list(running))):
                    number, process = running.pop(ready)
                    answer = _received(ready)
                    process.join()
                    yield number, _tried(versions[number], answer, process.exitcode)
        finally:
            for _, process in running.values():
                process.kill()
                process.join()

    def _body(self, version: Version, pipe: Connection, record: bool = False) -> None:
        """Run one version in the forked process, and send one answer. record: include what was said in each case."""
        talks: list[list[tuple[bytes, bytes]]] = []
        try:
            answer = self._answer(version, talks if record else None)
            if record:
                answer["talks"] = [[[base64.b64encode(m).decode() for m in pair] for pair in talk] for talk in talks]
        except Exception as error:
            answer = {"problem": f"{type(error).__name__}: {error}"}  # sent to the parent, which raises it
        pipe.send_bytes(json.dumps(answer).encode())
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)  # exit without finishing pytest, which belongs to the parent

    def _answer(self, version: Version, talks: list[list[tuple[bytes, bytes]]] | None) -> dict[str, Any]:
        stage = self._ready.stage()
        try:
            write_package(self.material.package(version.source, version.answers), stage.package)
            stage.add_helpers(self.material.suite.helpers)
            request = RunRequest(
                stage=str(stage.folder),
                imports=self.material.imports,
                seed=version.seed,
                raw_report=str(stage.folder / "raw.json"),
                required=LEVEL,
                highest=LEVEL,
                limits=Limits(),
            )
            host = Host(stage.package, stage.helpers, highest=LEVEL, limits=request.limits, transcripts=talks)
            run = self._ready.run(request, lambda case: None, host, version.groups)
        finally:
            stage.remove()
        return {
            "cases": [case.as_dict() for case in run.cases],
            "level": run.confinement.level,
            "problem": run.problem,
            "seen": seen_of_hidden(self.material, run),
        }


def _received(pipe: Connection) -> dict[str, Any]:
    with contextlib.closing(pipe):
        try:
            answer: dict[str, Any] = json.loads(pipe.recv_bytes())
        except EOFError:
            return {"problem": "its process ended without an answer"}
    return answer


def _tried(version: Version, answer: dict[str, Any], status: int | None) -> Tried:
    if answer["problem"]:
        raise AuditError(f"{version.name} could not be tried: {answer['problem']} (exit status {status})")
    cases = tuple(CaseOutcome(**case) for case in answer["cases"])
    trouble = [case for case in cases if case.outcome not in (PASSED, FAILED)]
    if trouble:
        raise AuditError(f"{version.name} could not be tried: {trouble[0].check}: {trouble[0].message}")
    return Tried(version, cases, answer["level"], tuple(answer["seen"]))
