"""Run what the course offers: `python run.py check tensor`, `python run.py hint softmax`, `python run.py wall optimizers`, …

It works wherever Python works; `python run.py --help` lists all commands. The Makefile only calls this file.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import runpy
import subprocess
import sys
import traceback
from collections.abc import Iterable
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

from modules.folds import Fold, closed, folds, shown

ROOT = Path(__file__).resolve().parent
FACTS = ROOT / ".tinytorch.json"
GIVEN = ROOT / "build" / "hints_given.txt"  # a line for each hint that was given: module and function
SET_UP = """Set up once: make setup
On Windows: py -m venv .venv   then: .venv\\Scripts\\python -m pip install -r requirements.txt
After the set-up, use that Python: .venv/bin/python run.py …   (on Windows: .venv\\Scripts\\python run.py …)"""
PULL = "Merge the open pull request of its release on GitHub, then `git pull`."
NOT_WRITTEN = re.compile(r"([\w.]+): not written yet")  # what a stub says
PAGES_ONLY = ("hint", "read", "unfold")  # these commands need no package


class RefusedError(Exception):
    """Say why a command cannot do what it was asked to do."""


def main(arguments: list[str] | None = None) -> int:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a terminal that lacks a letter shows ? in its place
    options = parser().parse_args(arguments)
    try:
        absent = [] if options.verb in PAGES_ONLY else not_installed()
        if absent:
            raise RefusedError(f"{sys.executable} has no {' and no '.join(absent)}.\n{SET_UP}")
        return run(read_facts(), options)
    except RefusedError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="run.py", description="Run what the course offers.")
    verbs = whole.add_subparsers(dest="verb", required=True)
    a_module = "such as tensor, or its number"
    check = verbs.add_parser("check", help="run the public checks of one module, or of all your modules")
    check.add_argument("module", nargs="?", default="", help=a_module)
    check.add_argument("--summary", help="append a Markdown summary to this file")
    check.add_argument(
        "--github", action="store_true", help="write lines, points and summary as GitHub Actions shows them"
    )
    wall = verbs.add_parser("wall", help="run the experiment with which a module begins")
    wall.add_argument("module", nargs="?", default="", help=a_module)
    hint = verbs.add_parser("hint", help="show a hint for a function, and one more with each call")
    hint.add_argument("function", nargs="?", default="", help="such as softmax_backward, or Tensor.sum")
    hint.add_argument("module", nargs="?", default="", help="only if two modules have such a function")
    read = verbs.add_parser("read", help="show a module's page without its folded parts")
    read.add_argument("module", nargs="?", default="", help=a_module)
    unfold = verbs.add_parser("unfold", help="list the folded parts of a module's page, or show one of them")
    unfold.add_argument("module", nargs="?", default="", help=a_module)
    unfold.add_argument("part", nargs="?", default="", help="its number")
    experiment = verbs.add_parser("experiment", help="run a module's open experiment, after your guess")
    experiment.add_argument("--guess", action="append", default=[], help="your guess, if you do not want to be asked")
    experiment.add_argument("module", help="such as optimizers, or its number")
    experiment.add_argument("arguments", nargs="*", help="for the experiment; the handout names them")
    milestone = verbs.add_parser("milestone", help="run a milestone on your own framework")
    milestone.add_argument("name", nargs="?", default="", help="such as xor_1969")
    verbs.add_parser("progress", help="show one line for each module")
    return whole


def run(facts: dict, options: argparse.Namespace) -> int:
    if options.verb == "check":
        return check_module(facts, options.module, options.summary, options.github)
    if options.verb == "wall":
        return run_wall(facts, options.module)
    if options.verb == "hint":
        return give_hint(facts, options.function, options.module)
    if options.verb == "read":
        return show_page(find_module(facts, options.module))
    if options.verb == "unfold":
        return unfold_part(find_module(facts, options.module), options.part)
    if options.verb == "experiment":
        return experiment_of(facts, options.module, options.guess, options.arguments)
    if options.verb == "milestone":
        return run_milestone(facts, options.name)
    return show_progress(facts)


def not_installed() -> list[str]:
    """Return the packages of requirements.txt that the running Python does not have."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").split()
    return [name for name in (re.split("[^A-Za-z0-9_]", line)[0] for line in lines) if not find_spec(name)]


def read_facts() -> dict:
    """Read what the course has released here. The course writes this file; `git checkout origin/starter -- FILE` restores it."""
    try:
        return json.loads(FACTS.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"{FACTS.name}: {error}\nTake the course's copy: git checkout origin/starter -- {FACTS.name}")


def present(facts: dict) -> list[str]:
    return [module for module in facts["modules"] if (ROOT / "modules" / module).is_dir()]


def find_module(facts: dict, wanted: str) -> str:
    """Find a module by any of its names: its stem, its number, both as in the folder's name, or the folder's path."""
    name = Path(wanted).name
    stems = {}
    for module in present(facts):
        number, _, stem = module.partition("_")
        stems[stem] = module
        if name in (module, stem) or (name.isdecimal() and int(name) == int(number)):
            return module
    have = f"You have: {', '.join(stems.values()) or 'none yet'}."
    if not wanted:
        raise RefusedError(f"Which module? {have}")
    near = did_you_mean([stems[stem] for stem in difflib.get_close_matches(re.sub(r"^\d+_", "", name), stems, n=1)])
    raise RefusedError(f"There is no module {wanted!r} in this repository. {near}{have}\n{PULL}")


def did_you_mean(names: Iterable[str]) -> str:
    names = list(names)
    return f"Did you mean {', '.join(names)}? " if names else ""


def typed(verb: str, **variables: str) -> str:
    """Return the command to type for a verb, on this system."""
    if os.name == "nt":
        return " ".join([r".venv\Scripts\python run.py", verb, *variables.values()])
    return " ".join(["make", verb, *(f"{name}={value}" for name, value in variables.items())])


def check_module(facts: dict, wanted: str, summary: str | None, github: bool) -> int:
    if github:
        summary = summary or os.environ.get("GITHUB_STEP_SUMMARY")
    extra = [f"--tinytorch-summary={summary}"] if summary else []
    extra += ["-p", "github_report", "--continue-on-collection-errors"] if github else []
    found = {"PYTHONPATH": str(ROOT / ".github")} if github else {}
    if wanted:
        return pytest(f"modules/{find_module(facts, wanted)}", *extra, **found)
    if not present(facts):
        print("No module has been released to this repository yet, so there is nothing to check.")
        return 0
    return pytest("modules", *extra, **found)


def run_wall(facts: dict, wanted: str) -> int:
    module = find_module(facts, wanted)
    script = ROOT / "modules" / module / "wall.py"
    if not script.is_file():
        having = [one for one in present(facts) if (ROOT / "modules" / one / "wall.py").is_file()]
        raise RefusedError(f"{module} has no wall. Modules with a wall: {', '.join(having) or 'none yet'}.")
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    sys.argv = [str(script)]
    try:
        runpy.run_path(str(script), run_name="__main__")
    except NotImplementedError as error:
        found = NOT_WRITTEN.match(str(error))
        if found is None:
            raise
        file = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
        raise RefusedError(
            f"The wall of {module} needs {found[1]} of tinytorch/{file.name}, which is not written yet. Write it first."
        ) from error
    except ModuleNotFoundError as error:
        package, _, stem = (error.name or "").partition(".")
        if package != "tinytorch":
            raise
        raise RefusedError(f"The wall of {module} needs tinytorch/{stem}.py, which is not here. {PULL}") from error
    return 0


def experiment_of(facts: dict, wanted: str, guesses: list[str], arguments: list[str]) -> int:
    module = find_module(facts, wanted)
    sys.path.insert(0, str(ROOT / "modules"))
    from checks.asking import run_experiment  # the library needs pytest, whose absence `main` reports first

    return run_experiment(ROOT, ROOT / "modules" / module, guesses, arguments)


def give_hint(facts: dict, function: str, wanted: str) -> int:
    """Show one hint more than the last time. What was given is remembered in a file that git ignores."""
    known = {module: hints_of(module) for module in present(facts)}
    if wanted:
        module = find_module(facts, wanted)
        known = {module: known[module]}
    if not function:
        raise RefusedError(f"Which function? For example: {typed('hint', FUNCTION='softmax')}")
    places = [module for module, hints in known.items() if function in hints]
    if len(places) != 1:
        raise RefusedError(several(function, places) if places else unknown(function, known))
    module = places[0]
    hints, line = known[module][function], f"{module} {function}\n"
    before = GIVEN.read_text(encoding="utf-8").splitlines(keepends=True).count(line) if GIVEN.is_file() else 0
    for hint in hints[: before + 1]:
        print(f"{hint.title} for {function} ({module})\n\n{shown(hint.text)}\n")
    if before < len(hints):
        GIVEN.parent.mkdir(exist_ok=True)
        with GIVEN.open("a", encoding="utf-8") as file:
            file.write(line)
    print("The same command shows the next hint." if before + 1 < len(hints) else "There are no more hints for it.")
    return 0


def hints_of(module: str) -> dict[str, list[Fold]]:
    page = ROOT / "modules" / module / "HINTS.md"
    found = folds(page.read_text(encoding="utf-8")) if page.is_file() else []
    return {function: list(hints) for function, hints in groupby(found, lambda hint: hint.section)}


def several(function: str, places: list[str]) -> str:
    commands = [f"  {typed('hint', FUNCTION=function, MODULE=module)}" for module in places]
    return "\n".join([f"{len(places)} modules have hints for {function}. Which one?", *commands])


def unknown(function: str, known: dict[str, dict[str, list[Fold]]]) -> str:
    names = {name.lower(): name for hints in known.values() for name in hints}
    methods = [name for name in names if name.rpartition(".")[2] == function.lower()]
    near = difflib.get_close_matches(function.lower(), names, n=3) or sorted(methods)
    if near:
        return f"There are no hints for {function!r}. {did_you_mean(names[name] for name in near)}"
    lists = [f"  {module}: {', '.join(hints) or 'none'}" for module, hints in known.items()]
    return "\n".join([f"There are no hints for {function!r}. There are hints for:", *lists])


def page_of(module: str) -> str:
    return (ROOT / "modules" / module / "README.md").read_text(encoding="utf-8")


def show_page(module: str) -> int:
    page = page_of(module)
    print(closed(page))
    if folds(page):
        print(f"To show folded part 1: {typed('unfold', MODULE=module, PART='1')}")
    return 0


def unfold_part(module: str, part: str) -> int:
    """List the folded parts of a module's page, or show one of them."""
    parts = folds(page_of(module))
    if not parts:
        raise RefusedError(f"The page of {module} has no folded parts.")
    if part:
        found = next((fold for fold in parts if str(fold.number) == part), None)
        if found is None:
            raise RefusedError(f"{module} has no folded part {part!r}. It has parts 1 to {len(parts)}.")
        print(f"{': '.join(filter(None, (found.section, found.about)))}\n{found.title}\n\n{found.text}")
        return 0
    print(f"Folded parts of {module}. To show part 1: {typed('unfold', MODULE=module, PART='1')}")
    for section, group in groupby(parts, lambda fold: fold.section):
        print(f"\n{section}")
        for fold in group:
            print(f"  {fold.number:>3}  {fold.title:<24}  {fold.about}".rstrip())
    return 0


def run_milestone(facts: dict, name: str) -> int:
    known = facts["milestones"]
    if name not in known:
        said = f"There is no milestone {name!r}." if name else f"Which milestone? {typed('milestone', NAME='xor_1969')}"
        raise RefusedError("\n".join([said, "Known milestones:", *(describe(key, known[key]) for key in known)]))
    if not (ROOT / "milestones" / f"{name}.py").is_file():
        after = known[name]["after"]
        opens = PULL if known[name]["released"] else f"It comes with module {after}, which is not released yet."
        raise RefusedError(f"The milestone {known[name]['title']} is not in this repository yet. {opens}")
    return subprocess.call([sys.executable, "-m", f"milestones.{name}"], cwd=ROOT)


def describe(name: str, fact: dict) -> str:
    return f"  {name:<20} {fact['title']}, after {fact['after']}{'' if fact['released'] else ' (not released yet)'}"


def show_progress(facts: dict) -> int:
    """Show the summary of a run over all modules, without the failures. The status says only whether the run was possible."""
    print(f"{facts['title']}, {facts['term']}. Released so far: {', '.join(facts['modules']) or 'nothing yet'}.")
    if present(facts):
        status = pytest("modules", "-q", "--tb=no", "--no-header", "-r", "N")
        if status > 1:  # 0: nothing failed, 1: some checks failed, more: pytest itself could not run
            return status
    for name, fact in facts["milestones"].items():
        print(describe(name, fact))
    return 0


def pytest(*arguments: str, **environment: str) -> int:
    return subprocess.call([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=os.environ | environment)


if __name__ == "__main__":
    sys.exit(main())
