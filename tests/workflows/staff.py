"""Make a class for the workflows: the small course of the classroom's tests as a repository of staff, and a forge in a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from grader.course import load_course
from grader.editions import workflows
from tests.classroom.forges import STAFF_TOKEN, GitHub
from tests.classroom.world import PROJECT, ROSTER, Classroom

from .acting import commit_all

SECRET = "the secret of the workflows' tests"
ASK_THE_FORGE = ("collect", "plan", "publish", "regrade", "state")
STAFF_FILES = ("Makefile", "scripts", "pyproject.toml", "requirements.lock", ".github", ".gitignore")


def make_staff_repository(classroom: Classroom) -> Path:
    """Commit the checkout of `classroom` with everything the workflows need beside the course, and with fresh workflows."""
    root = classroom.root
    for name in STAFF_FILES:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, root / name)
        else:
            shutil.copy(source, root / name)
    workflows.write(root, load_course(root / "course.yaml"))
    (root / ".grader").mkdir(mode=0o700)
    (root / ".grader" / "roster.csv").write_text(ROSTER)
    grader(classroom, "state", "save")
    commit_all(root)
    return root


def place(classroom: Classroom) -> str:
    """Return the forge's name for `--forge` and for the variable FORGE."""
    forge = classroom.forge
    return f"github:{forge.fake.hub.org}" if isinstance(forge, GitHub) else str(forge.root)


def surroundings(classroom: Classroom) -> dict[str, str]:
    """Return the environment variables that a forge needs."""
    forge = classroom.forge
    if not isinstance(forge, GitHub):
        return {}
    tokens = dict.fromkeys(("GH_TOKEN", "TESTS_TOKEN"), STAFF_TOKEN)
    return {
        "GITHUB_API_URL": forge.fake.api,
        "GITHUB_SERVER_URL": forge.fake.url,
        "TINYTORCH_GITHUB_PACE": "off",
        **tokens,
    }


def grader(classroom: Classroom, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command line on the staff's own machine, and name the forge if the command needs one."""
    named = ["--forge", place(classroom)] if arguments[0] in ASK_THE_FORGE else []
    command = [sys.executable, "-m", "grader", *arguments, *named]
    environment = {
        **os.environ,
        "TINYTORCH_SECRET": SECRET,
        "NO_COLOR": "1",
        "COLUMNS": "140",
        **surroundings(classroom),
    }
    done = subprocess.run(command, cwd=classroom.root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done
