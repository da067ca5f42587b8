"""Test what module tensor gives to students: idioms of PyTorch, errors that say what to write, sums that keep their digits."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinytorch_ref as tt
from tinytorch_ref.activations import relu
from tinytorch_ref.tensor import add_up

F32 = np.float32


def tensor(data: Any = ((1, 5, 3), (7, 2, 7)), **options: Any) -> tt.Tensor:
    return tt.Tensor(data, **options)


@pytest.mark.parametrize(
    ("found", "want"),
    [
        (lambda t: t.size(), (2, 3)),
        (lambda t: t.size(-1), 3),
        (lambda t: t.numel(), 6),
        (lambda t: t.dim(), 2),
        (lambda t: float(t.sum()), 25.0),
        (lambda t: int(t.mean()), 4),
        (lambda t: f"{t.mean():.3f}", "4.167"),
        (lambda t: f"{t[0, 0]}", "Tensor(1.)"),
        (lambda t: t.argmax().item(), 3),
        (lambda t: t.argmax(dim=1).tolist(), [1, 0]),
        (lambda t: t.argmax(0, keepdim=True).tolist(), [[1, 0, 1]]),
        (lambda t: t.argmax().dtype, np.int64),
        (lambda t: t.min(dim=0).tolist(), [1, 2, 3]),
        (lambda t: t.min(1, True).tolist(), [[1], [2]]),
        (lambda t: tt.Tensor([3, 0], dtype=np.uint8).min().item(), 0),
        (lambda t: t.view(3, 2).tolist(), [[1, 5], [3, 7], [2, 7]]),
        (lambda t: t.flatten().shape, (6,)),
        (lambda t: tt.Tensor(4).flatten().shape, (1,)),
        (lambda t: tt.arange(3).float().dtype, F32),
        (lambda t: (np.array([1, 2, 3]) + t).tolist(), [[2, 7, 6], [8, 4, 10]]),
        (lambda t: (np.float32(2) * t).sum().item(), 50),
        (lambda t: (np.array([2, 2, 2]) < t).tolist(), [[False, True, True], [True, False, True]]),
    ],
)
def test_an_idiom_of_pytorch_works(found: Callable[[tt.Tensor], Any], want: Any) -> None:
    assert found(tensor()) == want


def test_a_clone_has_numbers_of_its_own_and_passes_gradients_on() -> None:
    x = tensor(requires_grad=True)
    copy = x.clone()
    copy.data[0, 0] = 100
    (copy * 2).sum().backward()
    assert x.data[0, 0] == 1
    assert x.grad.tolist() == [[2] * 3] * 2


def change(t: tt.Tensor) -> None:
    t[0] = 5


def unpack(t: tt.Tensor) -> None:
    _values, _indices = t.max(dim=1)


def subtract_in_place(t: tt.Tensor) -> None:
    t.data -= t


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (change, "write t.data[index] = value"),
        (unpack, "v, i = x.max(dim=1), x.argmax(dim=1)"),
        (lambda t: t.sum().backward(retain_graph=True), "leave out retain_graph"),
        (lambda t: relu(t), "apply(relu, t), ReLU()(t)"),
        (lambda t: np.array([t, t]), ".numpy() or .data"),
        (subtract_in_place, "for the numbers alone, t.data"),
    ],
)
def test_where_an_idiom_does_not_work_the_error_says_what_to_write(
    wrong: Callable[[tt.Tensor], Any], words: str
) -> None:
    with pytest.raises(TypeError) as error:
        wrong(tensor(requires_grad=True))
    assert words in str(error.value)


def test_integers_to_a_negative_power_are_refused_and_floats_are_not() -> None:
    exponent = tt.Tensor([-1], dtype=np.int64)
    with pytest.raises(ValueError, match="make one side floats first"):
        2**exponent
    assert (2 ** exponent.float()).tolist() == [0.5]


def test_the_gradient_of_std_is_0_where_all_numbers_are_equal() -> None:
    x = tensor([[2, 2, 2], [1, 2, 3]], requires_grad=True)
    spread = x.std(1)
    spread.backward([1, 1])
    assert spread.tolist() == [0, 1]
    assert x.grad.tolist() == [[0, 0, 0], [-0.5, 0, 0.5]]


def layouts() -> dict[str, tuple[np.ndarray, tuple[int, ...]]]:
    """Return tall arrays of 0.1, and the axes to add them up over: whole, sliced, transposed, broadcast, several axes."""
    rows = np.full((300_001, 3), 0.1, F32)
    return {
        "rows": (rows, (0,)),
        "columns": (np.asfortranarray(rows), (0,)),
        "a slice": (rows[:, :2], (0,)),
        "a slice, all": (rows[:, :2], (0, 1)),
        "all": (rows, (0, 1)),
        "one number repeated": (np.broadcast_to(F32(0.1), (300_000, 2)), (0,)),
        "a middle axis": (rows[:-1].reshape(10, -1, 3), (1,)),
        "first and last axis": (rows[:-1].reshape(-1, 10, 3), (0, 2)),
        "three short axes": (np.full((64, 64, 64, 4), 0.1, F32), (0, 1, 2)),
        "a line": (rows[:, 0], (0,)),
    }


@pytest.mark.parametrize("name", layouts())
@pytest.mark.parametrize("keepdims", [False, True])
def test_a_sum_keeps_its_digits_whatever_lies_where_in_memory(name: str, keepdims: bool) -> None:
    array, over = layouts()[name]
    got = add_up(array, over, keepdims)
    want = array.sum(axis=over, keepdims=keepdims, dtype=np.float64).astype(F32)
    np.testing.assert_allclose(got, want, rtol=1e-5, strict=True)


def test_mean_and_var_of_a_million_rows_keep_their_digits() -> None:
    rows = np.full((10**6, 2), 0.1)
    assert tt.Tensor(rows).mean(0).tolist() == pytest.approx([0.1, 0.1], rel=1e-5)
    rows[:] = 1000 + np.where(np.arange(10**6) % 2, 1, -1)[:, np.newaxis]
    assert tt.Tensor(rows).var(0).tolist() == pytest.approx([1, 1], rel=1e-5)


def test_the_public_names_of_every_module_are_at_the_top_of_the_package() -> None:
    for name in tt._WHERE:
        assert getattr(tt, name).__module__ == f"tinytorch_ref.{tt._WHERE[name]}"
    assert set(tt._WHERE) <= set(dir(tt))
    with pytest.raises(AttributeError, match=r"write from tinytorch_ref\.FILE import Transformer"):
        importlib.import_module("tinytorch_ref").Transformer  # noqa: B018


def test_a_file_that_does_not_import_is_in_the_way_of_its_own_names_only(tmp_path: Path) -> None:
    package = tmp_path / "tinytorch"
    package.mkdir()
    for name in ("__init__", "setup", "tensor"):
        shutil.copy(Path(tt.__file__).with_name(f"{name}.py"), package)
    (package / "activations.py").write_text("def relu(\n")
    script = "import tinytorch as tt; print(tt.Tensor([1]).numel()); from tinytorch import cat; print(tt.ReLU)"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "1\n"
    assert "activations.py" in done.stderr
