"""Run checks and milestones: `python run.py check tensor`, `python run.py milestone xor_1969`, `python run.py progress`.

It works wherever Python works. The Makefile only calls this file.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
FACTS = ROOT / ".tinytorch.json"
SET_UP = """Set up once: make setup
On Windows: py -m venv .venv   then: .venv\\Scripts\\python -m pip install -r requirements.txt
After the set-up, use that Python: .venv/bin/python run.py …   (on Windows: .venv\\Scripts\\python run.py …)"""
PULL = "Merge the open pull request of its release on GitHub, then `git pull`."


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="run.py", description="Run checks and milestones of the course.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    check = verbs.add_parser("check", help="run the public checks of one module, or of all your modules")
    check.add_argument("module", nargs="?", default="", help="such as tensor, or its number")
    check.add_argument("--summary", help="append a Markdown summary to this file")
    check.add_argument(
        "--github", action="store_true", help="write lines, points and summary as GitHub Actions shows them"
    )
    experiment = verbs.add_parser("experiment", help="run a module's open experiment, after your guess")
    experiment.add_argument("--guess", action="append", default=[], help="your guess, if you do not want to be asked")
    experiment.add_argument("module", help="such as optimizers, or its number")
    experiment.add_argument("arguments", nargs="*", help="for the experiment; the handout names them")
    milestone = verbs.add_parser("milestone", help="run a milestone on your own framework")
    milestone.add_argument("name", nargs="?", default="", help="such as xor_1969")
    verbs.add_parser("progress", help="show one line for each module")
    options = parser.parse_args(arguments)
    if absent := not_installed():
        return refuse(f"{sys.executable} has no {' and no '.join(absent)}.\n{SET_UP}")
    facts = read_facts()
    if options.verb == "check":
        return check_module(facts, options.module, options.summary, options.github)
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


def check_module(facts: dict, wanted: str, summary: str | None, github: bool) -> int:
    if github:
        summary = summary or os.environ.get("GITHUB_STEP_SUMMARY")
    extra = [f"--tinytorch-summary={summary}"] if summary else []
    extra += ["-p", "github_report", "--continue-on-collection-errors"] if github else []
    found = {"PYTHONPATH": str(ROOT / ".github")} if github else {}
    if not wanted:
        if not present(facts):
            print("No module has been released to this repository yet, so there is nothing to check.")
            return 0
        return pytest("modules", *extra, **found)
    module = find_module(facts, wanted)
    if module is None:
        have = ", ".join(present(facts)) or "none yet"
        return refuse(f"There is no module {wanted!r} in this repository. You have: {have}.\n{PULL}")
    return pytest(f"modules/{module}", *extra, **found)


def experiment_of(facts: dict, wanted: str, guesses: list[str], arguments: list[str]) -> int:
    module = find_module(facts, wanted)
    if module is None:
        have = ", ".join(present(facts)) or "none yet"
        return refuse(f"There is no module {wanted!r} in this repository. You have: {have}.\n{PULL}")
    sys.path.insert(0, str(ROOT / "modules"))
    from checks.asking import run_experiment  # the library needs pytest, whose absence `main` reports first

    return run_experiment(ROOT, ROOT / "modules" / module, guesses, arguments)


def present(facts: dict) -> list[str]:
    return [module for module in facts["modules"] if (ROOT / "modules" / module).is_dir()]


def find_module(facts: dict, wanted: str) -> str | None:
    """Find a module by any of its names: its stem, its number, both as in the folder's name, or the folder's path."""
    name = Path(wanted).name
    for module in present(facts):
        number, _, stem = module.partition("_")
        if name in (module, stem) or (name.isdecimal() and int(name) == int(number)):
            return module
    return None


def run_milestone(facts: dict, name: str) -> int:
    known = facts["milestones"]
    if name not in known:
        said = f"There is no milestone {name!r}." if name else "Which milestone? `make milestone NAME=xor_1969`"
        return refuse("\n".join([said, "Known milestones:", *(describe(key, known[key]) for key in known)]))
    if not (ROOT / "milestones" / f"{name}.py").is_file():
        after = known[name]["after"]
        opens = PULL if known[name]["released"] else f"It comes with module {after}, which is not released yet."
        return refuse(f"The milestone {known[name]['title']} is not in this repository yet. {opens}")
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


def refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
