"""Test the whole audit: it holds for a sound module, and names the point that each kind of defect fails."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from small import RIGHT, SLIPS, SOURCE, SUITE, WRONG, Small, failed, mutants, point, written

from grader.audit import results
from grader.audit.equivalents import Equivalent, read_equivalents, stale
from grader.audit.finding import AuditError
from grader.audit.full_audit import SEEDS, FullAudit
from grader.audit.material import Material
from grader.audit.release_gate import release_audit
from grader.audit.student_view import REPORTS, seen_of_hidden
from grader.grading.outcomes import FAILED, PASSED, CaseOutcome
from grader.grading.run_request import Run
from grader.reports import markdown
from grader.sandbox.levels import Confinement

# A third function that no check tests; checks that depend on the seed, cannot fail, pass on the stub, and broadcast.
FAULTY_SOURCE = (
    SOURCE
    + '''

def lonely(x: np.ndarray) -> np.ndarray:
    """x, reversed."""
    #% solution "backwards"
    return x[::-1]
    #% endsolution
'''
)
FAULTY_SUITE = (
    SUITE.replace("points=6", "points=2")
    + '''

@check("depends on luck", points=2, seconds=1.5)
def test_luck(rng: np.random.Generator) -> None:
    """Fails one time in four."""
    double(rng.standard_normal(1))
    assert rng.random() > 0.25


@check("cannot fail", points=1, seconds=1.5)
def test_idle(rng: np.random.Generator) -> None:
    """Runs and looks at nothing."""
    double(rng.standard_normal(1))


@check("given", points=1, seconds=1.5)
def test_given() -> None:
    """What is given is there, and nothing has to be written for it."""
    assert (np.array(LIMIT + 0) == 3).all()
'''
)
FAULTY_HANDOUT = """# {{ module.title }}

One way to take the middle:

```python
gone = (len(row) - k) // 2
```
"""
STALE = """\
- {id: "middle:half:1", before: "lost = (len(x) - width) // 2", after: "lost = (len(x) - width) // 1", reason: "no"}
- {id: "middle:gone:1", before: "lost = 0", after: "lost = 1", reason: "it went away"}
"""
FAULTY_SLIPS = SLIPS | {"lonely:step:1": ("return x[::-1]", "return x[::1]")}


def grader(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("grader")), *arguments]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "160", "TERM": "dumb"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Small, FullAudit]:
    small = Small.build(tmp_path_factory.mktemp("sound") / "course")
    return small, replace(small.audit(), seeds=SEEDS)  # a release asks for so many; here one has to do


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> FullAudit:
    """Audit a module with all defects at once. Each must be found separately."""
    same = written(tuple(RIGHT["right/list.py"]))
    small = Small.build(
        tmp_path_factory.mktemp("faulty") / "course",
        FAULTY_SOURCE,
        FAULTY_SUITE,
        handout=FAULTY_HANDOUT,
        equivalent=STALE,
        right_wrong=written(WRONG["wrong/left.py"][2]),
        wrong_right=f"# misconception: none\n# symptom: nothing\n{same}",
        wrong_silent="# misconception: it is half\n# symptom: halved\n" + same.replace("x + x", "x / 2"),
    )
    return small.audit(FAULTY_SLIPS, seeds=2)


def test_a_sound_module_holds_at_every_point(sound: tuple[Small, FullAudit]) -> None:
    _, found = sound
    assert failed(found) == {}
    assert found.stub_points == 0
    assert found.solution_points == 10
    assert {one.function: one.alone for one in found.moved} == {"double": ("test_double",), "middle": ("test_middle",)}


def test_mutants_are_counted_by_who_kills_them(sound: tuple[Small, FullAudit]) -> None:
    _, found = sound
    assert {one.mutant.id: (one.public, one.hidden) for one in found.mutation.outcomes} == {
        "double:plus:1": ("test_double", None),
        "middle:minus:1": (None, "test_middle"),
        "middle:half:1": (None, "test_middle"),
    }


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("the stub earns nothing", "1 of 10 points"),
        (
            "every check of the stub fails because a function, or the answers to the experiment, are missing",
            "test_given does not",
        ),
        ("the stub passes nothing in process", "test_given"),
        ("assertions compare shape and dtype", "modules/small/suite.py:45: all of a comparison"),
        ("no statement of the solution is published", "README.md:6 holds `lost = (len(x) - width) // 2` of middle"),
        ("runs with other seeds agree", "solution, seed 0: test_luck"),
        ("every region moves a check", "lonely moves none"),
        ("95% of the mutants are killed", "survivors: lonely:step:1"),
        ("mutants listed as equivalent still are", "middle:half:1 is listed as equivalent, but a check fails for it"),
        ("mutants listed as equivalent still are", "middle:gone:1 is listed, but there is no such mutant"),
        ("right alternatives get full marks", "right/wrong.py gets 8 of 10: test_middle"),
        ("wrong alternatives lose points", "wrong/right.py gets full marks"),
        ("messages name the symptom", "wrong/silent.py: no failing check says `halved`"),
        ("every check can fail", "test_idle fails for no mutant and no wrong alternative"),
    ],
)
def test_a_defect_fails_its_point_and_is_named(faulty: FullAudit, name: str, says: str) -> None:
    assert says in failed(faulty)[name]


def test_points_without_a_defect_hold(faulty: FullAudit) -> None:
    for name in ("editions are fresh", "every check runs", "students see nothing of hidden checks"):
        assert point(faulty, name).holds


def test_the_results_are_the_same_bytes_each_time_and_a_page_shows_the_survivors(
    sound: tuple[Small, FullAudit], faulty: FullAudit
) -> None:
    small, found = sound
    before = {path: path.read_bytes() for path in results.write(found)}
    assert {path.name for path in before} == {"audit.json", "small.html"}
    assert {path: path.read_bytes() for path in results.write(found)} == before
    assert json.loads((small.folder / "modules/small/audit.json").read_text())["figures"]["killed"] == 3
    page = next(path for path in results.write(faulty) if path.suffix == ".html").read_text()
    assert re.search(r"- return x\[::-1\]\n\+ return x\[::1\]", page)


def test_a_release_needs_a_whole_audit_of_exactly_this_suite_and_source(sound: tuple[Small, FullAudit]) -> None:
    small, found = sound
    (module,) = small.course.modules
    results.write(found)
    assert release_audit(small.folder, small.course, module).failed == ()
    (small.folder / "modules/small/alternatives/right/more.py").write_text(written(RIGHT["right/list.py"]))
    with pytest.raises(
        AuditError, match=r"the sources, .* have changed since it was made: run `make audit MODULE=01_small`"
    ):
        release_audit(small.folder, small.course, module).require()
    (small.folder / "modules/small/alternatives/right/more.py").unlink()
    (small.folder / "modules/small/audit.json").unlink()
    with pytest.raises(AuditError, match=r"there is no modules/small/audit.json: run `make audit MODULE=01_small`"):
        release_audit(small.folder, small.course, module).require()


def test_an_audit_does_not_cover_a_file_that_changes_while_it_runs(sound: tuple[Small, FullAudit]) -> None:
    """The digests are taken at the beginning, since a later version of a file was not tried."""
    small, found = sound
    late = small.folder / "modules/small/alternatives/right/late.py"
    late.write_text(written(RIGHT["right/list.py"]))
    results.write(found)
    assert not results.recorded(small.folder, found.material).holds
    late.unlink()
    assert results.recorded(small.folder, found.material).holds


def test_a_record_of_a_failing_audit_releases_nothing(faulty: FullAudit) -> None:
    results.write(faulty)
    found = results.recorded(faulty.material.root, faulty.material)
    assert not found.holds
    assert "these points fail: the stub earns nothing" in found.detail


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (f'"seeds": {SEEDS}', '"seeds": 1', f"it was made with 1 seed, at least {SEEDS} are needed"),
        ('"killed": 3', '"killed": "3"', "audit.json is damaged: figures.killed: "),
        ("tinytorch/audit/v1", "tinytorch/audit/v0", "audit.json is damaged: schema: "),
        ("{", "", "audit.json is damaged: the document: "),
    ],
    ids=["few seeds", "a number in quotes", "another schema", "no JSON"],
)
def test_a_damaged_record_of_an_audit_and_one_of_few_seeds_release_nothing(
    sound: tuple[Small, FullAudit], old: str, new: str, says: str
) -> None:
    small, found = sound
    results.write(found)
    path = small.folder / "modules/small/audit.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    told = results.recorded(small.folder, found.material)
    assert not told.holds
    assert says in told.detail
    assert "run `make audit MODULE=01_small`" in told.detail


def test_the_command_line_shows_each_point_and_fails_with_the_module(
    sound: tuple[Small, FullAudit], faulty: FullAudit
) -> None:
    for folder, status, says in (
        (sound[0].folder, 0, r"holds.*the stub earns nothing.*0 of 10 points"),
        (faulty.material.root, 1, r"FAILS.*the stub earns nothing.*1 of 10 points"),
    ):
        done = grader(folder, "audit", "1", "--quick")
        assert done.returncode == status, done.stderr
        assert re.search(says, done.stdout)


def test_a_release_of_a_module_that_fails_its_audit_names_the_point_and_publishes_nothing(faulty: FullAudit) -> None:
    root = faulty.material.root
    (root / "roster.csv").write_text("id,name,login\nada,Ada,ada\n")
    done = grader(root, "release", "1", "--roster", "roster.csv", "--forge", "forge")
    assert done.returncode == 2
    assert "01_small is not fit to be released" in done.stderr
    assert "the stub earns nothing: 1 of 10 points" in done.stderr
    assert not [*(root / "forge").glob("repos/*")]


def test_a_report_that_reveals_details_of_a_hidden_check_is_found(
    sound: tuple[Small, FullAudit], monkeypatch: pytest.MonkeyPatch
) -> None:
    small, _ = sound
    material = Material.of(small.folder, small.course, small.course.modules[0])
    told = CaseOutcome("test_middle", "test_middle", FAILED, 0.1, "AssertionError", "expected: [0.25, 0.75]")
    run = Run((CaseOutcome("test_double", "test_double", PASSED, 0.1), told), Confinement(3, ()), None)
    assert seen_of_hidden(material, run) == []
    monkeypatch.setitem(REPORTS, "Markdown", markdown.for_staff)
    assert seen_of_hidden(material, run) == [
        "the Markdown report depends on what a hidden check left behind",
        "a hidden check's words in a report: 'expected: [0.25, 0.75]'",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- {id: a, before: b, after: c}", "entry 1: write the fields id, before, after, reason and no others"),
        ("- {id: a, before: b, after: c, reason: ''}", "write a text for each of id, before, after, reason"),
        ("a: b", "should hold a list"),
        ("- [", "is not YAML"),
    ],
)
def test_a_malformed_list_of_equivalents_is_refused_with_its_right_form(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(text)
    with pytest.raises(AuditError, match=re.escape(says)):
        read_equivalents(path)


def test_an_entry_whose_lines_differ_from_its_mutants_is_stale() -> None:
    (mutant, *_) = mutants(SOURCE, SLIPS)
    entry = Equivalent(mutant.id, "return x + 1", mutant.after, "a reason")
    assert stale([entry], [mutant], frozenset()) == [
        "double:plus:1 is listed for `return x + 1`, but is now `return x + x`"
    ]
