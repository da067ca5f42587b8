"""Write the editions, or say how the committed ones differ from a fresh build.

The build owns the folders `assignments/` and `solutions/`: it writes the files that belong there and removes all others.
It writes each file atomically, and only if the file changes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from grader.course import Course, Module, check_sources
from grader.course.layout import HINTS, MODULES, STAFF_AREA, STUDENT_AREA, ModuleFiles
from grader.files import write_atomic

from . import importing, leaks, regions, render, rules
from .check_specs import checks_in, suite_problems
from .forms import form_at
from .hints import hints_page
from .marks import IN_HELPERS, python_blocks
from .problems import EditionError, at
from .surface import functions_to_write
from .text import finish, read

IMPORT_SECONDS = 120
_CACHES = {"__pycache__", ".pytest_cache"}


def build(root: Path, course: Course, only: str | None = None) -> list[Path]:
    """Write both editions of every written module, or of `only`. Return the paths that were written or removed."""
    wanted = _fresh(root, course, only)
    touched: list[Path] = []
    for name, content in wanted.items():
        path = root / name
        if path.is_symlink() or not path.is_file() or path.read_bytes() != content:
            write_atomic(path, content)
            touched.append(path)
    for stray in _strays(root, course, only, wanted):
        (root / stray).unlink()
        touched.append(root / stray)
        _remove_empty(root, (root / stray).parent)
    return touched


def drift(root: Path, course: Course, only: str | None = None) -> list[str]:
    """Return how `assignments/` and `solutions/` differ from a fresh build, with one line for each file."""
    wanted = _fresh(root, course, only)
    found: list[str] = []
    for name, content in wanted.items():
        path = root / name
        if not path.is_file():
            found.append(f"{name} is missing. Run the build")
        elif path.is_symlink() or path.read_bytes() != content:
            found.append(
                f"{name} differs from a fresh build. Edit its source in tinytorch_ref/ or modules/, then run the build"
            )
    strays = _strays(root, course, only, wanted)
    return found + [
        f"{name} is not made by the build. Run the build to remove it" for name in map(Path.as_posix, strays)
    ]


def remarks(root: Path, course: Course, only: str | None = None) -> list[str]:
    """Return, one line each, what does not stop the build but should be mended."""
    found: list[str] = []
    for module in _chosen(course, only):
        files = ModuleFiles.of(module)
        names = (files.source, files.suite, files.helpers, files.handout)
        texts = {name: read(root / name, name) for name in names if (root / name).is_file()}
        used = rules.figures_used(texts.get(files.handout, ""))
        found.extend(rules.remarks_on(root, course, module, texts, used))
    return found


def suite_differences(root: Path, course: Course) -> list[str]:
    """Return, one line each, how the checks of the suites contradict course.yaml or one another."""
    found: list[str] = []
    for module in course.written:
        name = ModuleFiles.of(module).suite
        if (root / name).is_file():
            checks = checks_in(read(root / name, name), name)
            found += suite_problems(checks, name, module.points, f"{course.path.name}:{module.line}")
    return found


@dataclass(frozen=True)
class _Code:
    """Hold a source, its two editions, and the module's support files."""

    module: Module
    source: str
    regions: list[regions.Region]
    student: str
    staff: str
    support: dict[str, str]  # text of each support file, the same in both editions


def _chosen(course: Course, only: str | None) -> tuple[Module, ...]:
    if only is None:
        return course.written
    module = course.module(only)
    if module.planned:
        raise EditionError([f"{module.numbered} is planned: there is nothing to build yet"])
    return (module,)


def _fresh(root: Path, course: Course, only: str | None) -> dict[str, bytes]:
    """Return the files of a fresh build, as path → content. Raise EditionError with every broken rule of every module."""
    chosen = _chosen(course, only)
    problems = [str(problem) for problem in check_sources(course, root, chosen)]
    if problems:
        raise EditionError(problems)
    code: dict[str, _Code] = {}
    for module in course.written:
        if module.number > max(m.number for m in chosen):
            break
        try:
            code[module.stem] = _code(root, module)
        except EditionError as error:
            problems.extend(error.problems)
    wanted: dict[str, bytes] = {}
    for module in chosen:
        if module.stem in code:
            try:
                wanted.update(_module(root, course, code[module.stem]))
            except EditionError as error:
                problems.extend(error.problems)
    if not problems:
        problems = _import_problems(list(code.values()), chosen)
    if problems:
        raise EditionError(problems)
    return wanted


def _code(root: Path, module: Module) -> _Code:
    name = ModuleFiles.of(module).source
    code = _parted(module, read(root / name, name), name)
    support = {}
    for one in module.support:
        name = ModuleFiles(one).source
        support[one] = finish(read(root / name, name))
        python_blocks(support[one], name, IN_HELPERS)
    return replace(code, support=support)


@lru_cache(maxsize=32)  # the modules of a course are needed again by each later module
def _parted(module: Module, source: str, name: str) -> _Code:
    student, staff = render.source_editions(source, name)
    return _Code(module, source, regions.regions(source, name), student, staff, {})


def _module(root: Path, course: Course, code: _Code) -> dict[str, bytes]:
    """Return the files of one module's two editions."""
    files = ModuleFiles.of(code.module)
    problems = list(rules.source_rules(code.source, code.student, code.staff, files.source))
    if not code.regions:
        problems.append(
            at(files.source, 1, "no function is left to the student", 'Mark a body with #% solution "hint".')
        )
    suite = read(root / files.suite, files.suite)
    public, whole = render.suite_editions(suite, files.suite)
    problems += rules.suite_rules(suite, public, checks_in(suite, files.suite), code.module, files.suite)

    handout = read(root / files.handout, files.handout)
    page, staff_page = render.handout_editions(handout, files.handout, _context(root, course, code, public))
    problems += rules.figure_problems(rules.figures_used(page + staff_page), root, files, handout)

    student = {files.handout: page, files.source: code.student, files.suite: public}
    staff = {files.handout: staff_page, files.source: code.staff, files.suite: whole}
    for whole_file in (files.helpers, files.wall):
        if (root / whole_file).is_file():
            text = read(root / whole_file, whole_file)
            python_blocks(text, whole_file, IN_HELPERS)
            student[whole_file] = staff[whole_file] = finish(text)
    both, for_staff = _experiment(root, files)
    both |= {ModuleFiles(one).source: text for one, text in code.support.items()}
    names = files.names_in_edition | {ModuleFiles(one).source: f"{one}.py" for one in code.support}
    student |= both
    staff |= both | for_staff
    for name, text in student.items():
        original = read(root / name, name)
        for line, message in leaks.leaks_in(code.regions, files.source, text, name.endswith(".py")):
            problems.append(f"{name}:{rules.line_in_source(original, text, line)}: {message}")
    for hint in (hint for region in code.regions for hint in region.hints):
        for _, message in leaks.leaks_in(code.regions, files.source, hint.text, is_python=False):
            problems.append(f"{files.source}:{hint.line}: {message}")
    problems += rules.fold_problems(handout, files.handout)
    if problems:
        raise EditionError(problems)

    made: dict[str, bytes] = {}
    hints = hints_page(code.module.numbered, {region.function: region.hints for region in code.regions}).encode()
    for area, edition in ((STUDENT_AREA, student), (STAFF_AREA, staff)):
        folder = f"{area}/{code.module.numbered}"
        made |= {f"{folder}/{names[name]}": text.encode() for name, text in edition.items()}
        made[f"{folder}/{HINTS}"] = hints
        for figure in rules.figures_used(edition[files.handout]):
            made[f"{folder}/figures/{figure}"] = (root / files.figures / figure).read_bytes()
    return made


def _experiment(root: Path, files: ModuleFiles) -> tuple[dict[str, str], dict[str, str]]:
    """Return the files of a module's open experiment: those for both editions, and the answers, which only staff get."""
    form = form_at(root, files.stem)
    there = [name for name in (files.experiment, files.form, files.answers) if (root / name).is_file()]
    if form is None or len(there) < 3:
        missing = {files.experiment, files.form, files.answers} - {*there}
        if there:
            mend = "An experiment has a script, a form, and the solution's answers. See docs/authors.md."
            raise EditionError([at(name, 1, "is missing", mend) for name in sorted(missing)])
        return {}, {}
    texts = {name: finish(read(root / name, name)) for name in there}
    python_blocks(texts[files.experiment], files.experiment, IN_HELPERS)
    undone = form.read(texts[files.answers].encode()).missing()
    if undone:
        raise EditionError([at(files.answers, 1, text, "Run the experiment on the solution.") for text in undone])
    return texts, {files.answers: texts.pop(files.answers)}


def _context(root: Path, course: Course, code: _Code, public: str) -> dict[str, Any]:
    """Return the names for a handout's expressions. `figures` holds the numbers that the scripts of figures have written."""
    return {
        "figures": _numbers(root),
        "course": course,
        "module": code.module,
        "next_module": course.next(code.module),
        "functions": functions_to_write(code.regions),
        "checks": rules.public_checks(public, ModuleFiles.of(code.module).suite),
    }


def _numbers(root: Path) -> dict[str, Any]:
    """Return the numbers of all modules' figures by name, since a handout may quote the numbers of an earlier handout."""
    found: dict[str, Any] = {}
    for path in sorted((root / MODULES).glob("*/figures/*.json")):
        name = path.relative_to(root).as_posix()
        try:
            found[path.stem] = json.loads(read(path, name))
        except json.JSONDecodeError as error:
            raise EditionError([at(name, error.lineno, f"not JSON: {error.msg}", "Run its script again.")]) from error
    return found


def _import_problems(code: list[_Code], chosen: tuple[Module, ...]) -> list[str]:
    """Import each chosen stub twice, in another process: after the earlier stubs, and after the earlier solutions."""
    with tempfile.TemporaryDirectory(prefix="editions-") as folder:
        jobs: list[tuple[str, list[str]]] = []
        stems = [m.stem for m in chosen]
        for stem in stems:
            package = Path(folder, "after-solutions", stem)
            _package(package, code, {stem})
            jobs.append((str(package), [stem]))
        together = Path(folder, "after-stubs")
        _package(together, code, {c.module.stem for c in code})
        jobs.append((str(together), stems))
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-I", "-B", str(Path(importing.__file__)), json.dumps(jobs)]
        try:
            run = subprocess.run(
                command, env=environment, cwd=folder, capture_output=True, timeout=IMPORT_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            mend = "Look for a loop at the top of a module."
            raise EditionError([f"importing the stubs took more than {IMPORT_SECONDS} s. {mend}"]) from error
        if run.returncode != 0:
            raise EditionError(
                [f"importing the stubs ended the process: {run.stderr.decode(errors='replace')[-2000:]}"]
            )
    by_stem = {c.module.stem: c for c in code}
    found: list[str] = []
    for where, stem, line, message in json.loads(run.stdout.rsplit(b"\n", 1)[-1]):
        text = by_stem[stem]
        after = "stubs" if Path(where).name == "after-stubs" else "solutions"
        mend = "Code that runs at import must be given, so take it out of the solution."
        source = rules.line_in_source(text.source, text.student, line)
        name = ModuleFiles.of(text.module).source
        found.append(at(name, source, f"the stub does not import after the earlier {after}: {message}", mend))
    return found


def _package(folder: Path, code: list[_Code], stubs: set[str]) -> None:
    """Write a package of these modules, with the student edition of those in `stubs`."""
    package = folder / "tinytorch"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    for one in code:
        stem = one.module.stem
        for name, text in {**one.support, stem: one.student if stem in stubs else one.staff}.items():
            (package / f"{name}.py").write_text(text, encoding="utf-8", newline="\n")


def _strays(root: Path, course: Course, only: str | None, wanted: dict[str, bytes]) -> list[Path]:
    inside = "" if only is None else f"/{course.module(only).numbered}"
    there = [path for area in (STUDENT_AREA, STAFF_AREA) for path in _present(root, area + inside)]
    return [path for path in there if path.as_posix() not in wanted]


def _present(root: Path, folder: str) -> list[Path]:
    """Return the files under root/folder, sorted, relative to root. Leave out the caches of Python and pytest."""
    found: list[Path] = []
    for path in sorted((root / folder).rglob("*")):
        inside = path.relative_to(root)
        if not _CACHES & set(inside.parts) and (path.is_symlink() or not path.is_dir()):
            found.append(inside)
    return found


def _remove_empty(root: Path, folder: Path) -> None:
    """Remove `folder` and its parents up to `root`, as long as they are empty."""
    while folder != root and not _present(folder, "."):
        shutil.rmtree(folder)  # only caches are left in it
        folder = folder.parent
