"""Run workflows for real: nektos/act on this machine, without containers, with stand-ins for GitHub's own actions.

act does not model permissions, concurrency, environments, or the runner's image.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ACTIONS = Path(__file__).with_name("actions")
_USED = re.compile(r"uses: (actions/([a-z-]+)@[0-9a-f]{40})")
_STATE = re.compile(r"^\[[^/]+/(?P<job>[^\]]+?) *\] 🏁  Job (?P<state>succeeded|failed)$", re.MULTILINE)
_SAID = re.compile(r"^\[[^\]]+\]   (?:\| |[^ ]+  )(?P<text>.*)$")


def tool(name: str) -> str:
    """Return the path of a program that the development extras install beside Python."""
    path = Path(sys.executable).with_name(name)
    assert path.is_file(), f"{name} is missing: install the extra `dev` (make setup)"
    return str(path)


@dataclass(frozen=True)
class Ran:
    """Hold one run of a workflow. output: everything that the jobs and act printed."""

    status: int
    output: str
    artifacts: Path

    @property
    def jobs(self) -> dict[str, str]:
        """Return success or failure by job. A skipped job is not listed."""
        return dict(_STATE.findall(self.output))

    @property
    def lines(self) -> list[str]:
        """Return what the steps printed, in order, including workflow commands."""
        return [found["text"] for line in self.output.splitlines() if (found := _SAID.match(line))]


def commit_all(folder: Path) -> None:
    """Make `folder` a repository with one commit that has everything in it, because act asks git for the commit it runs on."""
    git = ["git", "-c", "user.name=staff", "-c", "user.email=staff@invalid"]
    for command in (["init", "--quiet", "-b", "main"], ["add", "--all"], ["commit", "--quiet", "-m", "all"]):
        subprocess.run([*git, *command], cwd=folder, check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull})


def act(
    folder: Path,
    workflow: str,
    event: str,
    *,
    home: Path,
    inputs: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    extra: Mapping[str, str] | None = None,
    path: str = "",
) -> Ran:
    """Run a workflow of the repository in `folder`.

    home: an empty folder for act's own files and for artifacts; extra: further environment variables of the runner
    """
    file = folder / ".github" / "workflows" / workflow
    artifacts = home / "artifacts"
    artifacts.mkdir(parents=True, exist_ok=True)
    given = home / "event.json"
    given.write_text(json.dumps({"inputs": dict(inputs or {}), "ref": "refs/heads/main"}))
    stands_in = {
        option
        for used, name in _USED.findall(file.read_text())
        if name != "checkout"  # act copies the tree itself
        for option in (f"--local-repository={used}={ACTIONS / name}",)
    }
    runner = {"ARTIFACTS": str(artifacts), "TESTS_PYTHON": sys.executable, **(extra or {})}
    command = [
        *(tool("act"), event, "-W", str(file), "-P", "ubuntu-24.04=-self-hosted", "--pull=false", "-e", str(given)),
        *sorted(stands_in),
        *(f"--env={name}={value}" for name, value in runner.items()),
        *(f"--var={name}={value}" for name, value in (variables or {}).items()),
        *(part for name in secrets or {} for part in ("-s", name)),  # the values come from the environment
    ]
    environment = {"HOME": str(home), "PATH": path or os.environ["PATH"], "LANG": "C.UTF-8", **(secrets or {})}
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return Ran(done.returncode, done.stdout, artifacts)
