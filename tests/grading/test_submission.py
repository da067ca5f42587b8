"""Test which files of a submission are graded and which are named as left out, from a folder and from a commit."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from grader.grading.submission import (
    MAX_FILE_SIZE,
    MAX_FILES,
    Submission,
    SubmissionError,
    digest_of,
    from_commit,
    from_folder,
    under_first_names,
    under_new_names,
    write_package,
)


def both(folder: Path) -> tuple[Submission, Submission]:
    """Read the folder as it is, and a commit of all its files."""
    identity = ["-c", "user.name=A", "-c", "user.email=a@invalid", "-c", "core.autocrlf=false"]
    for command in (["init", "-q", "-b", "main"], ["add", "-Af"], [*identity, "commit", "-qm", "all"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return from_folder(folder), from_commit(folder, head.stdout.strip())


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def test_only_python_files_and_answers_of_the_package_are_graded(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "tinytorch/__init__.py": "",
            "tinytorch/tensor.py": "x = 1\n",
            "tinytorch/notes.txt": "mine",
            "tinytorch/sub/more.py": "y = 2\n",
            "tinytorch/answers/tensor.toml": "near = 1\n",
            "README.md": "hello",
            "modules/02_tensor/test_tensor.py": "",
        },
    )
    for submission in both(tmp_path):
        assert submission.files == {
            "tinytorch/__init__.py": b"",
            "tinytorch/tensor.py": b"x = 1\n",
            "tinytorch/sub/more.py": b"y = 2\n",
            "tinytorch/answers/tensor.toml": b"near = 1\n",
        }
        assert submission.ignored == (("tinytorch/notes.txt", "not a Python module: only NAME.py files are graded"),)
        assert submission.warnings == ("2 other files outside tinytorch/ are not graded.",)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("conftest.py", "pytest"),
        ("tinytorch/conftest.py", "pytest"),
        ("pytest.ini", "pytest"),
        ("sitecustomize.py", "would run before the grader"),
        ("deep/down/x.pth", "would change what Python imports"),
        ("numpy.py", "would replace a module of the same name"),
        ("json.py", "would replace a module of the same name"),
        ("tinytorch/a-b.py", "not a Python module"),
        ("tinytorch/caf\u00e9.py", "not a Python module"),
        ("tinytorch/.hidden.py", "not a Python module"),
        ("tinytorch/answers.toml", "not a Python module"),
        ("tinytorch/answers/sub/tensor.toml", "not a Python module"),
        ("answers/pytest.ini", "pytest"),
        ("tinytorch/answers/Tensor.toml", "not the answers of a module"),
        ("tinytorch/answers/..toml", "not the answers of a module"),
    ],
)
def test_files_that_could_affect_more_than_the_package_are_left_out_and_named(
    tmp_path: Path, name: str, reason: str
) -> None:
    write(tmp_path, {"tinytorch/__init__.py": "", name: "import os\n"})
    for submission in both(tmp_path):
        assert list(submission.files) == ["tinytorch/__init__.py"]
        ((path, said),) = submission.ignored
        assert path == name
        assert reason in said


def test_a_file_from_the_course_is_named_only_if_it_was_changed(tmp_path: Path) -> None:
    write(tmp_path, {"tinytorch/__init__.py": "", "conftest.py": "ours\n"})
    given = frozenset({"f5c3bb9cb1cbd5f4d1d1c9a0e0a1b6a7c1bd1a4e", git_id(b"ours\n")})
    assert from_folder(tmp_path, given).ignored == ()
    write(tmp_path, {"conftest.py": "mine\n"})
    assert [path for path, _ in from_folder(tmp_path, given).ignored] == ["conftest.py"]


def git_id(content: bytes) -> str:
    done = subprocess.run(["git", "hash-object", "--stdin"], input=content, capture_output=True, check=True)
    return done.stdout.decode().strip()


def test_links_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_text("the answers")
    repo = tmp_path / "repo"
    write(repo, {"tinytorch/__init__.py": ""})
    (repo / "tinytorch" / "a.py").symlink_to(secret)
    (repo / "tinytorch" / "all").symlink_to(tmp_path, target_is_directory=True)
    for submission in both(repo):
        assert list(submission.files) == ["tinytorch/__init__.py"]
        assert dict(submission.ignored) == {"tinytorch/a.py": "a symbolic link", "tinytorch/all": "a symbolic link"}


def test_size_and_number_are_limited(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"tinytorch/m{n:03}.py": "" for n in range(MAX_FILES + 5)}
    write(tmp_path, {**files, "tinytorch/a_giant.py": b"#" * (MAX_FILE_SIZE + 1)})
    for submission in both(tmp_path):
        assert len(submission.files) == MAX_FILES
        reasons = [reason for _, reason in submission.ignored]
        assert reasons == [f"larger than {MAX_FILE_SIZE // 1024} KiB"] + [f"more than {MAX_FILES} files"] * 5


def test_a_name_that_differs_only_in_case_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, {"tinytorch/Tensor.py": "a", "tinytorch/tensor.py": "b"})
    for submission in both(tmp_path):
        assert list(submission.files) == ["tinytorch/Tensor.py"]
        assert "upper and lower case" in submission.ignored[0][1]


def test_an_empty_submission_is_graded_and_says_so(tmp_path: Path) -> None:
    write(tmp_path, {"README.md": "nothing yet"})
    for submission in both(tmp_path):
        assert submission.files == {}
        assert "The submission has no Python files under tinytorch/." in submission.warnings


def test_a_missing_folder_or_commit_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="is not a folder"):
        from_folder(tmp_path / "nowhere")


def test_the_same_files_have_the_same_digest_wherever_they_come_from(tmp_path: Path) -> None:
    write(tmp_path, {"tinytorch/tensor.py": "x = 1\n"})
    folder, commit = both(tmp_path)
    assert folder.digest == commit.digest
    write(tmp_path, {"tinytorch/tensor.py": "x = 2\n"})
    assert from_folder(tmp_path).digest != folder.digest


def test_a_file_with_a_modules_earlier_name_is_graded_under_the_present_name(tmp_path: Path) -> None:
    """The earlier name stays importable for the student's other files: both names mean one module."""
    (tmp_path / "tinytorch").mkdir()
    (tmp_path / "tinytorch" / "__init__.py").write_text("")
    (tmp_path / "tinytorch" / "old_name.py").write_text("class Box: pass\n")
    (tmp_path / "tinytorch" / "other.py").write_text("from .old_name import Box\n")
    found = from_folder(tmp_path).under_new_names({"old_name": "box"})
    assert found.files["tinytorch/box.py"] == b"class Box: pass\n"
    write_package(found.files, tmp_path / "graded")
    code = "from tinytorch import box, other, old_name; print(other.Box is box.Box, old_name is box)"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "graded", capture_output=True, text=True, check=True
    )
    assert ran.stdout == "True True\n"


def test_a_file_with_the_present_name_is_preferred_to_a_file_with_the_earlier_name(tmp_path: Path) -> None:
    (tmp_path / "tinytorch").mkdir()
    for name in ("old_name", "box"):
        (tmp_path / "tinytorch" / f"{name}.py").write_text(f"# {name}\n")
    found = from_folder(tmp_path).under_new_names({"old_name": "box"})
    assert (found.files["tinytorch/box.py"], found.files["tinytorch/old_name.py"]) == (b"# box\n", b"# old_name\n")


def test_first_names_of_files_are_equal_exactly_if_the_same_files_are_graded() -> None:
    """So no rename changes a digest, and no digest stands for two things. a and b are earlier stems of c."""
    renamed, first = {"a": "c", "b": "c"}, {"c": "a"}
    contents = (None, b"x = 1\n", b"x = 2\n", under_new_names({"tinytorch/c.py": b""}, renamed)["tinytorch/a.py"])
    graded: dict[str, str] = {}
    for given in product(contents, repeat=3):
        names = (f"tinytorch/{stem}.py" for stem in "abc")
        files = {name: content for name, content in zip(names, given, strict=True) if content is not None}
        now = under_new_names(files, renamed)
        before = digest_of(under_first_names(now, renamed, first))
        assert graded.setdefault(before, digest_of(now)) == digest_of(now)
        assert under_new_names(under_first_names(now, renamed, first), renamed) == now
    assert len(set(graded.values())) == len(graded)
