"""Record PyTorch's answers in modules/STEM/pytorch.json, and compare the reference with them.

    make compare  or  python -m modules.recorded; needs PyTorch, see `torch_or_exit`

The command compares the reference with PyTorch in every case of modules/STEM/pytorch.py, prints the largest relative error of
each row, and writes the answers again. Where PyTorch is missing, the tests compare with the recorded answers.

A recording holds the shape and the numbers of each array, for each case and dtype. It also holds digests: of the given arrays,
of the file of cases, and of all answers. `trouble` reports when a recording does not belong to the cases.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grader.editions.code import code_of
from grader.files import write_atomic
from modules.pytorch import FOLDER, SEED, STEMS, Array, Case, Found, Ours, Theirs, cases, code

DTYPES = ("float32", "float64")
TOLERANCE = {
    "float32": 1e-5,
    "float64": 1e-12,
}  # float32 keeps 7 digits, float64 nearly 16; a sum of a dozen terms loses one


def path(stem: str) -> Path:
    return FOLDER / stem / "pytorch.json"


@dataclass(frozen=True)
class Recording:
    """Hold PyTorch's answers in the cases of one module."""

    made_with: dict[str, str]  # versions
    seed: int
    code: str  # digest of the file of cases
    answers: str  # digest of `cases`, which shows a number changed by hand or by a merge
    cases: dict[str, dict[str, Any]]  # by name: "given" is the digest of its arrays; the resulting arrays, by dtype

    @classmethod
    def read(cls, file: Path) -> Recording:
        return cls(**json.loads(file.read_text()))

    def text(self) -> str:
        """Return JSON with one line for each case, so that a change can be reviewed line by line."""
        head = {key: value for key, value in vars(self).items() if key != "cases"}
        lines = [f"{json.dumps(name)}: {json.dumps(one, separators=(',', ':'))}" for name, one in self.cases.items()]
        return json.dumps(head, indent=1)[:-2] + ',\n "cases": {\n' + ",\n".join(lines) + "\n}}\n"

    def answer(self, case: Case, dtype: str) -> Found:
        return {name: decoded(one, dtype) for name, one in self.cases[case.name][dtype].items()}


def record(side: Any, stem: str, made_with: dict[str, str]) -> Recording:
    """Ask PyTorch in every case, except the cases in which we know that it differs."""
    found: dict[str, dict[str, Any]] = {}
    for case in (one for one in cases(stem) if not one.differs):
        found[case.name] = {"given": given(case)}
        for dtype in DTYPES:
            found[case.name][dtype] = {name: encoded(a, dtype) for name, a in case.ask(side, dtype).items()}
    return Recording(made_with, SEED, asked(stem), digest(json.dumps(found)), found)


def trouble(recording: Recording, stem: str, wanted: list[Case]) -> list[str]:
    """Return the reasons why this recording does not belong to these cases."""
    now = {case.name: given(case) for case in wanted if not case.differs}
    said = []
    if missing := sorted(now.keys() - recording.cases.keys()):
        said.append(f"not recorded: {', '.join(missing)}")
    if extra := sorted(recording.cases.keys() - now.keys()):
        said.append(f"recorded, and no longer a case: {', '.join(extra)}")
    if other := [name for name, one in recording.cases.items() if now.get(name, one["given"]) != one["given"]]:
        said.append(f"recorded for other numbers: {', '.join(other)}")
    if recording.code != asked(stem):
        said.append(f"the code of modules/{stem}/pytorch.py has changed since it was recorded")
    if recording.answers != digest(json.dumps(recording.cases)):
        said.append("an answer has changed since it was recorded: its digest differs")
    return said


def asked(stem: str) -> str:
    """Return the digest of the code of modules/STEM/pytorch.py."""
    return digest(code_of(code(stem)))


def given(case: Case) -> str:
    """Return the digest of a case's arrays, with seven digits each, because the last digits may differ between machines."""
    rounded = {name: (str(a.dtype), a.shape, np.round(a, 7).tolist()) for name, a in case.arrays.items()}
    return digest(json.dumps(rounded))[:12]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def encoded(array: Array | None, dtype: str) -> list[Any] | None:
    """Return [shape, numbers], with the dtype if it differs from the case's.

    Numbers have the fewest digits that identify them.
    """
    if array is None:
        return None
    numbers = [float(str(x)) if array.dtype.kind == "f" else int(x) for x in array.reshape(-1)]
    return [list(array.shape), numbers, *([] if array.dtype == dtype else [array.dtype.name])]


def decoded(kept: list[Any] | None, dtype: str) -> Array | None:
    return None if kept is None else np.array(kept[1], kept[2] if len(kept) > 2 else dtype).reshape(kept[0])


def error(mine: Array, right: Array) -> float:
    """Return the largest |mine - right| divided by the largest |right|, or inf if nan or infinities differ."""
    assert mine.shape == right.shape, (mine.shape, right.shape)
    assert mine.dtype == right.dtype, (mine.dtype, right.dtype)
    finite = np.isfinite(right)
    if not np.array_equal(mine[~finite], right[~finite], equal_nan=True):
        return float("inf")
    if not finite.any():
        return 0.0
    largest = float(np.abs(right[finite]).max())
    apart = float(np.abs(mine[finite] - right[finite]).max())
    return apart / largest if largest else apart


def largest_error(mine: Found, right: Found) -> float:
    """Return the largest error among arrays of the same names. None must be in the same places."""
    assert mine.keys() == right.keys()
    assert [name for name in mine if mine[name] is None] == [name for name in right if right[name] is None]
    pairs = ((one, right[name]) for name, one in mine.items())
    return max(error(one, other) for one, other in pairs if one is not None and other is not None)


def torch_or_exit() -> Any:
    """Return PyTorch, or exit and say how to install it."""
    try:
        import torch
    except ModuleNotFoundError:
        sys.exit(
            f"compare: PyTorch is not installed for {sys.executable}, and only `make compare` needs it. Type:\n"
            f"    {sys.executable} -m pip install 'torch>=2.6'\n"
            "On Linux this brings 2 GB of libraries for graphics cards; the build for CPUs is enough."
        )
    return torch


def main() -> None:
    theirs = Theirs(torch_or_exit())
    made_with = {name: importlib.metadata.version(name) for name in ("torch", "numpy")}
    over = 0
    for stem in STEMS:
        recording = record(theirs, stem, made_with)
        table: dict[str, dict[str, list[float]]] = {}
        for case in (one for one in cases(stem) if not one.differs):
            for dtype in DTYPES:
                apart = largest_error(case.ask(Ours(), dtype), recording.answer(case, dtype))
                table.setdefault(case.row, {}).setdefault(dtype, []).append(apart)
                over += not apart <= TOLERANCE[dtype]
        print(stem)
        for row, errors in table.items():
            print(f"  {row:<34}", *(f"{d} {len(e):>3} cases, largest error {max(e):8.1e}  " for d, e in errors.items()))
        kept = Recording.read(path(stem)).cases if path(stem).exists() else {}
        changed = [name for name, one in recording.cases.items() if json.dumps(kept.get(name)) != json.dumps(one)]
        print(
            f"  {len(changed)} of {len(recording.cases)} cases are new, or differ in the last digits from the recording"
        )
        write_atomic(path(stem), recording.text().encode())
    print(f"Recorded in modules/*/pytorch.json with PyTorch {made_with['torch']}.")
    if over:
        sys.exit(f"compare: {over} errors are above the tolerance, {TOLERANCE}")


if __name__ == "__main__":
    main()
