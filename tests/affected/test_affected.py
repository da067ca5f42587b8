"""Test that after an edit, a second run leaves out the test files that the edit cannot change, and no others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
FILES = {
    "requirements.lock": "",
    "pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["tests"]\npythonpath = ["."]\nmarkers = ["thorough: long"]\n',
    ".gitignore": "__pycache__\n.pytest_cache\n",
    "handout.md": "Words.\n",
    "lib/__init__.py": "",
    "lib/words.py": '"""Read the handout."""\n\nfrom pathlib import Path\n\nFILE = Path(__file__).parents[1] / "handout.md"\n',
    "lib/numbers.py": '"""Numbers."""\n\n\ndef one():\n    """Return one."""\n    return 1\n',
    "lib/middle.py": "from .numbers import one\n",
    "lib/late.py": "import functools\nfrom .words import FILE\n\n\n"
    "@functools.cache\ndef read():\n    return FILE.read_text()\n",
    "tests/conftest.py": "import pytest\nfrom lib.words import FILE\n\n\n"
    "@pytest.fixture(scope='session')\ndef shared():\n    return FILE.read_text()\n",
    "tests/test_alone.py": "def test_alone():\n    pass\n",
    "tests/test_number.py": "def test_number():\n    from lib.middle import one\n\n    assert one() == 1\n",
    "tests/test_reader.py": "from lib.late import read\n\n\ndef test_reader():\n    assert read()\n",
    "tests/test_second_reader.py": "from lib.late import read\n\n\ndef test_second_reader():\n    assert read()\n",
    "tests/test_shared.py": "def test_shared(shared):\n    assert shared\n",
    "tests/test_shared_too.py": "def test_shared_too(shared):\n    assert shared\n",
    "tests/test_by_name.py": "import importlib\n\n\ndef test_by_name():\n"
    "    assert importlib.import_module('lib.' + 'numbers').one() == 1\n",
    "tests/test_child.py": "import subprocess, sys\n\n\ndef test_child():\n"
    "    subprocess.run([sys.executable, '-c', 'from lib.words import FILE; FILE.read_text()'], check=True)\n",
    "script.py": "from lib.words import FILE\n\nFILE.read_text()\n",
    "tests/test_script.py": "import subprocess, sys\n\n\ndef test_script():\n"
    "    subprocess.run([sys.executable, 'script.py'], env=None, check=True)\n",
    "tests/test_odd_name.py": "import pytest\n\n\ndef test_odd_name():\n    with pytest.raises(FileNotFoundError):\n"
    "        open(b'odd-\\xff\\n-')\n",
    "tests/test_isolated.py": "import subprocess, sys\n\n\ndef test_isolated():\n"
    "    code = 'print(open(\"handout.md\").read())'\n"
    "    subprocess.run([sys.executable, '-I', '-c', code], check=True, cwd='.')\n",
    "tests/test_shell.py": "import subprocess\n\n\ndef test_shell():\n"
    "    subprocess.run(['sh', '-c', 'cat handout.md'], check=True)\n",
    "tests/test_forked.py": "import os\nfrom lib.words import FILE\n\n\ndef test_forked():\n    pid = os.fork()\n"
    "    if pid == 0:\n        FILE.read_text()\n        os._exit(0)\n    assert os.waitpid(pid, 0)[1] == 0\n",
    "tests/test_source.py": "from lib import numbers\n\n\ndef test_source():\n    assert open(numbers.__file__).read()\n",
    "lib/at_import.py": "from lib.late import read\n\nTEXT = read()\n",
    "tests/test_at_import.py": "from lib.at_import import TEXT\n\n\ndef test_at_import():\n    assert TEXT\n",
    "tests/test_at_import_too.py": "def test_at_import_too():\n    from lib.at_import import TEXT\n\n    assert TEXT\n",
    "tests/test_kept_child.py": "import functools, subprocess, sys\n\n\n@functools.cache\ndef ask():\n"
    "    return subprocess.run([sys.executable, 'script.py'], check=True)\n\n\ndef test_kept_child_starts():\n"
    "    ask()\n\n\ndef test_kept_child_started():\n    ask()\n",
    "lib/by_file.py": "from lib.numbers import one\n",
    "tests/test_by_file.py": "from importlib.util import module_from_spec, spec_from_file_location\n\n"
    "spec = spec_from_file_location('by_file', 'lib/by_file.py')\nmodule = module_from_spec(spec)\n"
    "spec.loader.exec_module(module)\n\n\ndef test_by_file():\n    assert module.one() == 1\n",
    "tests/test_two.py": "from lib.words import FILE\n\n\ndef test_two_reads():\n    assert FILE.read_text()\n\n\n"
    "def test_two_does_not():\n    pass\n",
    "tests/test_kept.py": "from lib.late import read\n\n\ndef test_kept_reads():\n    assert read()\n\n\n"
    "def test_kept_gets_it():\n    assert read()\n",
    "tests/test_asked.py": "def test_asked(request):\n    assert request.getfixturevalue('shared')\n",
    "tests/test_stands.py": "import subprocess\n\n\ndef test_stands():\n    subprocess.run(['git', 'status'], check=True)\n",
    "tests/test_elsewhere.py": "import subprocess\n\n\ndef test_elsewhere():\n"
    "    limit = 'ulimit -c $0 && exec \"$@\"'\n"
    "    subprocess.run(['sh', '-c', limit, '0', 'git', '--git-dir=/nowhere', 'log'], check=False)\n",
}
ALL = {line.split("(")[0] for text in FILES.values() for line in text.split("def test_")[1:]}
UNTRACED = {"isolated", "shell", "stands"}  # nobody knows what these read, so they depend on everything
IMPORTERS = {"at_import", "at_import_too"}  # these read the handout while they are imported
READERS = {"reader", "second_reader", "shared", "shared_too", "asked", "child", "script", "forked", "two_reads"}
READERS |= {"kept_child_starts", "kept_child_started", "kept_reads", "kept_gets_it", *IMPORTERS, *UNTRACED}
READERS |= {"by_name"}  # it may import whatever was imported
NUMBERS = {"number", "by_name", "by_file", "source", *UNTRACED}


class Repository:
    """Hold a small repository in which `pytest -p tests.affected.plugin` runs as `make test` runs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in FILES.items():
            self.write(name, text)
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (1_600_000_000, 1_600_000_000))  # before any run

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def output(self, *arguments: str, status: int = 0, **variables: str) -> str:
        """Return the output of a run with this project's plugin."""
        plugins = ("tests.affected.plugin", *(["xdist.plugin"] if "-n" in arguments else []))
        command = [sys.executable, "-m", "pytest", "-v", *(part for one in plugins for part in ("-p", one)), *arguments]
        ours = {
            "PYTHONPATH": str(PROJECT),
            "PYTEST_ADDOPTS": "",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "LANG": "C.UTF-8",
        }
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
        environment = {**environment, **ours, "PYTHONDONTWRITEBYTECODE": "1", **variables}
        environment.pop("AFFECTED_NOTES", None)
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def ran(self, *arguments: str, status: int = 0, **variables: str) -> set[str]:
        lines = self.output(*arguments, status=status, **variables).splitlines()
        return {line.split("::test_")[1].split()[0] for line in lines if " PASSED" in line or " FAILED" in line}


@pytest.fixture(scope="module")
def remembered(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Make a repository whose tests have all passed once. A test that edits it must undo the edit."""
    repository = Repository(tmp_path_factory.mktemp("repository"))
    assert repository.ran() == ALL
    return repository


@pytest.mark.parametrize(
    ("name", "old", "new", "runs"),
    [
        ("handout.md", "Words.", "Other words.", READERS),
        ("lib/numbers.py", "return 1", "return 2 - 1", NUMBERS),
        ("lib/numbers.py", "return 1", "return 1  # not 2", {"source", *UNTRACED}),
        ("tests/test_alone.py", "pass", "assert True", {"alone", *UNTRACED}),
        ("tests/test_alone.py", "pass", "pass  # nothing", UNTRACED),
        ("tests/conftest.py", "return FILE", "return '' + FILE", ALL),
        ("pyproject.toml", "long", "very long", ALL),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_after_an_edit_the_tests_run_that_it_can_change(
    remembered: Repository, name: str, old: str, new: str, runs: set[str]
) -> None:
    memory = remembered.folder / ".pytest_cache" / "affected.json"
    before, kept = memory.read_bytes(), (remembered.folder / name).read_text()
    if old:
        remembered.edit(name, old, new)
    else:
        remembered.write(name, new)
    try:
        assert remembered.ran() == runs
    finally:
        remembered.write(name, kept)
        memory.write_bytes(before)


def test_without_an_edit_nothing_runs_and_the_run_says_so_and_succeeds(remembered: Repository) -> None:
    said = remembered.output(SSH_TTY="/dev/pts/7")
    assert f"left out: {len(ALL)} tests" in said
    assert "make test ALL=1" in said


def test_all_tests_run_on_request_and_named_tests_always_run(remembered: Repository) -> None:
    assert remembered.ran("--run-all") == ALL
    assert remembered.ran("tests/test_alone.py") == {"alone"}
    assert remembered.ran("-k", "number") == {"number"}


@pytest.mark.parametrize("change", ["a new file", "a file that may be run", "another language"])
def test_what_no_test_opens_but_all_may_see_runs_everything(remembered: Repository, change: str) -> None:
    memory = remembered.folder / ".pytest_cache" / "affected.json"
    before = memory.read_bytes()
    if change == "a new file":
        remembered.write("lib/more.py", "")
    elif change == "a file that may be run":
        (remembered.folder / "script.py").chmod(0o755)
    try:
        assert remembered.ran(LANG="C" if change == "another language" else "C.UTF-8") == ALL
    finally:
        (remembered.folder / "lib/more.py").unlink(missing_ok=True)
        (remembered.folder / "script.py").chmod(0o644)
        memory.write_bytes(before)


def test_tests_that_failed_or_were_skipped_or_did_not_run_run_again(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.edit("tests/test_alone.py", "pass", "assert False")
    repository.edit("tests/test_number.py", "assert one", "import pytest; pytest.skip(); assert one")
    assert repository.ran("--maxfail=1", status=1) == {"alone"}
    assert repository.ran(status=1) == ALL - {"number"}
    assert repository.ran("--last-failed", status=1) == {"alone"}
    repository.edit("tests/test_alone.py", "assert False", "pass")
    assert repository.ran("--last-failed") == {"alone"}
    assert repository.ran() == {"alone", *UNTRACED}


def test_what_passed_before_counts_as_long_as_the_rest_of_its_file_runs_again(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    assert repository.ran() == ALL
    repository.edit("handout.md", "Words.", "Other words.")
    assert repository.ran() == READERS
    repository.edit("lib/numbers.py", "return 1", "return 2 - 1")
    assert repository.ran() == NUMBERS
    repository.edit("tests/test_two.py", "pass", "assert True")
    assert repository.ran() == {"two_reads", "two_does_not", *UNTRACED}


def test_several_processes_remember_the_same(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.output("-n", "2")
    repository.edit("handout.md", "Words.", "Other words.")
    assert repository.ran() == READERS
    assert f"left out: {len(ALL)} tests" in repository.output("-n", "2")
