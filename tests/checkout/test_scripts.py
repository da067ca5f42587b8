"""Test the scripts behind `make setup` and `make allow-bubblewrap`, on machines where every program is a fake."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLAIN = ["bash", "cat", "chmod", "cmp", "cp", "dirname", "env", "grep", "id", "mktemp", "mv", "rm", "tail", "uname"]


class Machine:
    """Hold a folder of programs that is the whole PATH, a system folder, and a checkout that has only the scripts."""

    def __init__(self, folder: Path) -> None:
        self.programs, self.system, self.checkout = folder / "programs", folder / "system", folder / "checkout"
        self.programs.mkdir()
        (self.system / "etc/apparmor.d").mkdir(parents=True)
        shutil.copytree(ROOT / "scripts", self.checkout / "scripts")
        for name in PLAIN:
            found = shutil.which(name)
            assert found is not None, f"{name} is needed"
            (self.programs / name).symlink_to(found)

    def program(self, name: str, body: str) -> None:
        (self.programs / name).unlink(missing_ok=True)
        (self.programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (self.programs / name).chmod(0o755)

    def file(self, name: str, text: str) -> Path:
        path = self.system / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def run(self, script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.programs), "SYSTEM_ROOT": str(self.system)} | variables
        return subprocess.run(
            [self.checkout / "scripts" / script, *arguments],
            cwd=self.checkout,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def ubuntu(machine: Machine) -> Machine:
    """Imitate Ubuntu: AppArmor forbids, bubblewrap starts once a profile has been loaded, and the user is root."""
    machine.file("sys/module/apparmor/parameters/enabled", "Y\n")
    machine.file("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n")
    loaded = machine.system / "loaded"
    machine.program("id", "echo 0")
    machine.program("setpriv", 'shift 5; exec "$@"')
    machine.program("bwrap", f'[ -e "{loaded}" ] || {{ echo "bwrap: no permission" >&2; exit 1; }}')
    machine.program("apparmor_parser", f'[ "$1 $2" = "-r -W" ] && cp "$3" "{loaded}"')
    return machine


def test_without_apparmor_there_is_nothing_to_allow(machine: Machine) -> None:
    result = machine.run("allow-bubblewrap.sh")
    assert result.returncode == 0
    assert (
        result.stdout == "AppArmor is not active on this machine, so there is nothing to allow. Nothing was changed.\n"
    )
    assert list((machine.system / "etc/apparmor.d").iterdir()) == []


def test_if_apparmor_allows_user_namespaces_there_is_nothing_to_allow(ubuntu: Machine) -> None:
    ubuntu.file("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "0\n")
    result = ubuntu.run("allow-bubblewrap.sh")
    assert result.returncode == 0
    assert "nothing to allow" in result.stdout
    assert list((ubuntu.system / "etc/apparmor.d").iterdir()) == []


def test_the_profile_is_written_and_loaded_only_once(ubuntu: Machine) -> None:
    first = ubuntu.run("allow-bubblewrap.sh")
    assert first.returncode == 0, first.stderr
    profile = ubuntu.system / "etc/apparmor.d/bwrap"
    assert "profile bwrap /usr/bin/bwrap flags=(unconfined) {\n  userns,\n" in profile.read_text()
    assert (ubuntu.system / "loaded").read_text() == profile.read_text()
    ubuntu.program("apparmor_parser", "exit 9")
    again = ubuntu.run("allow-bubblewrap.sh")
    assert (again.returncode, again.stdout) == (
        0,
        "bubblewrap already works for ordinary users. Nothing was changed.\n",
    )


def test_a_profile_of_another_origin_stays_as_it_is(ubuntu: Machine) -> None:
    theirs = ubuntu.file("etc/apparmor.d/bwrap", "profile of the house")
    result = ubuntu.run("allow-bubblewrap.sh")
    assert result.returncode == 1
    assert "was not written by this script" in result.stderr
    assert theirs.read_text() == "profile of the house"


def test_an_ordinary_user_without_sudo_is_told_what_to_type(ubuntu: Machine) -> None:
    ubuntu.program("id", "echo 1000")
    result = ubuntu.run("allow-bubblewrap.sh")
    assert result.returncode == 1
    assert "sudo make allow-bubblewrap" in result.stderr
    assert list((ubuntu.system / "etc/apparmor.d").iterdir()) == []


def test_without_bubblewrap_nothing_is_written_and_the_user_is_told_what_to_type(ubuntu: Machine) -> None:
    ubuntu.program("id", "echo 1000")
    ubuntu.program("apt-get", "echo must not be called; exit 1")
    (ubuntu.programs / "bwrap").unlink()
    result = ubuntu.run("allow-bubblewrap.sh")
    assert result.returncode == 1
    assert "bubblewrap is not installed" in result.stderr
    assert "apt-get install -y bubblewrap" in result.stderr
    assert "must not be called" not in result.stdout + result.stderr
    assert list((ubuntu.system / "etc/apparmor.d").iterdir()) == []


def test_if_apparmor_refuses_the_profile_its_own_message_is_shown(ubuntu: Machine) -> None:
    ubuntu.program("apparmor_parser", 'echo "apparmor: abi not known" >&2; exit 1')
    result = ubuntu.run("allow-bubblewrap.sh")
    assert result.returncode == 1
    assert "apparmor: abi not known" in result.stderr
    assert "did not accept" in result.stderr


def test_a_bubblewrap_that_still_does_not_start_is_an_error(ubuntu: Machine) -> None:
    ubuntu.program("bwrap", 'echo "bwrap: still no" >&2; exit 1')
    result = ubuntu.run("allow-bubblewrap.sh")
    assert result.returncode == 1
    assert "bwrap: still no" in result.stderr


def test_setup_names_a_python_that_is_too_old_and_how_to_choose_another(machine: Machine) -> None:
    machine.program("python3", 'if [ "$1" = --version ]; then echo Python 3.9.2; else exit 1; fi')
    result = machine.run("setup.sh")
    assert result.returncode == 1
    assert "Python 3.11 or newer is needed; python3 is Python 3.9.2." in result.stderr
    assert "make setup PYTHON=" in result.stderr
    assert not (machine.checkout / ".venv").exists()


def test_setup_takes_the_first_python_that_is_new_enough(machine: Machine) -> None:
    machine.program("python3", "exit 1")
    machine.program("python3.12", 'case "$2" in *ensurepip*) exit 1 ;; *%d*) echo 3.12 ;; esac')
    result = machine.run("setup.sh")
    assert "python3.12 cannot make virtual environments" in result.stderr


def test_setup_says_what_to_type_if_python_is_missing_and_it_may_not_install(machine: Machine) -> None:
    machine.program("id", "echo 1000")
    machine.program("apt-get", "echo must not be called; exit 1")
    result = machine.run("setup.sh")
    assert result.returncode == 1
    assert "sudo apt-get update && sudo apt-get install -y python3 python3-venv" in result.stderr
    assert "must not be called" not in result.stdout + result.stderr


def test_setup_installs_debians_missing_venv_package_if_it_may(machine: Machine) -> None:
    log = machine.system / "apt.log"
    machine.program("id", "echo 0")
    machine.program("python3", 'case "$2" in *ensurepip*) exit 1 ;; *%d*) echo 3.11 ;; esac')
    machine.program("apt-get", f'echo "$DEBIAN_FRONTEND $*" >> "{log}"')
    result = machine.run("setup.sh")
    assert "Installing Debian packages: python3.11-venv" in result.stdout
    update, install = log.read_text().splitlines()
    assert update.startswith("noninteractive ")
    assert update.endswith(" update")
    assert install.endswith(" install -y --no-install-recommends python3.11-venv")
    assert "cannot make virtual environments" in result.stderr  # the fake apt-get did nothing


def test_setup_never_clears_an_environment_behind_a_link(machine: Machine) -> None:
    theirs = machine.file("another/.venv/precious", "another checkout's\n")
    (machine.checkout / ".venv").symlink_to(theirs.parent)
    # clears through a link, as `python -m venv --clear` does
    machine.program(
        "python3", 'case "$*" in *venv*--clear*) rm -rf .venv/*; exit 1 ;; *--version*) echo Python 3.12 ;; esac'
    )
    assert machine.run("setup.sh").returncode == 1
    assert theirs.read_text() == "another checkout's\n"


def test_the_scripts_are_executable_and_parse() -> None:
    for script in (ROOT / ".ci/run", ROOT / "scripts/setup.sh", ROOT / "scripts/allow-bubblewrap.sh"):
        assert os.access(script, os.X_OK), script
        subprocess.run(["bash", "-n", script], cwd="/", check=True)
