"""Test what the reference's engine promises beyond what a suite may ask of every student: definitions and drawing."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

import tinytorch_ref
from tinytorch_ref import activations, layers, losses
from tinytorch_ref.activations import Tanh
from tinytorch_ref.autograd import backward, draw, gradients, no_grad, rules, topological_order
from tinytorch_ref.layers import Linear
from tinytorch_ref.tensor import Tensor, apply, backend, mul


def leaf(data: object, dtype: object = np.float64) -> Tensor:
    return Tensor(data, requires_grad=True, dtype=dtype)


def run(script: str, *folders: Path) -> list[str]:
    """Return the lines that a script prints in a fresh interpreter, which finds packages in `folders`."""
    lines = [f"import sys; sys.path[:0] = {[str(folder) for folder in folders]!r}", textwrap.dedent(script)]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_before_the_module_exists_backward_says_where_it_comes(tmp_path: Path) -> None:
    package = tmp_path / "tinytorch"
    package.mkdir()
    for name in ("__init__", "setup", "tensor"):
        shutil.copy(Path(tinytorch_ref.__file__).with_name(f"{name}.py"), package)
    script = """
        from tinytorch.tensor import Tensor
        try:
            (Tensor(3, requires_grad=True) * 2).backward()
        except ModuleNotFoundError as error:
            print(error)
    """
    assert run(script, tmp_path) == [
        "backward() is written in the module autograd, and tinytorch/autograd.py is not there yet; "
        "until then, work gradients out by hand"
    ]


def test_the_module_replaces_nothing_in_earlier_files() -> None:
    """Every name of every earlier file, also inside classes, is the same object before and after the import."""
    script = """
        import importlib
        files = [importlib.import_module(f"tinytorch_ref.{stem}") for stem in
                 ("setup", "tensor", "activations", "layers", "losses", "optimizers")]
        def everything():
            for file in files:
                for name, value in vars(file).items():
                    yield f"{file.__name__}.{name}", value
                    if isinstance(value, type):
                        yield from ((f"{file.__name__}.{name}.{inner}", held) for inner, held in vars(value).items())
        before = dict(everything())
        import tinytorch_ref.autograd
        after = dict(everything())
        print(len(before) > 300, before.keys() == after.keys(), [name for name in before if before[name] is not after[name]])
    """
    assert run(script, Path(tinytorch_ref.__file__).parents[1]) == ["True True []"]


def test_the_rules_are_the_functions_that_were_written_by_hand() -> None:
    by_hand = [
        (file, name) for file in (activations, layers, losses) for name in vars(file) if name.endswith("_backward")
    ]
    assert len(by_hand) == 13
    for file, name in by_hand:
        assert rules[getattr(file, name.removesuffix("_backward"))] is getattr(file, name)


def test_a_change_of_a_leaf_between_forward_and_backward_affects_ops_that_saved_their_input() -> None:
    """This is defined and not detected: saved arrays are not copies. `x.data = new` is the safe way."""
    x = leaf([3.0])
    y, z = x * x, x.exp()
    x.data[...] = 5
    backward(y)
    assert x.grad == 10, "mul saved x's own array, so the slope is that of the new number"
    x.grad = None
    backward(z)
    assert x.grad == pytest.approx(np.exp(3.0)), "exp saved its result, which nobody wrote into"
    w = leaf([3.0])
    y = w * w
    w.data = np.array([5.0])
    backward(y)
    assert w.grad == 6


def test_backward_works_inside_no_grad_on_a_graph_made_before() -> None:
    x = leaf([3.0])
    y = x * x
    with no_grad():
        y.backward()
    assert x.grad == 6


def test_a_chain_of_100_000_ops_is_walked_and_freed() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = -y
    y.backward()
    assert x.grad == 1
    assert len(topological_order(y)) == 100_001


def test_a_fast_op_uses_its_own_rule() -> None:
    """The graph records the op that ran, so backward uses the rule of that op."""

    def fast_mul(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, object]:
        return a * b, {"factors": (a, b)}

    backend[mul] = fast_mul
    rules[fast_mul] = lambda grad, saved: (grad * saved["factors"][1], grad * saved["factors"][0])
    try:
        x, y = leaf([2.0]), leaf([5.0])
        (x * y).backward()
    finally:
        del backend[mul], rules[fast_mul]
    assert (x.grad, y.grad) == (5, 2)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (lambda g, s: g, TypeError, "the rule of odd must return a tuple of 1, one for each input; got ndarray"),
        (lambda g, s: (g, g), TypeError, "got a tuple of 2"),
        (lambda g, s: (g[:1],), ValueError, r"the rule of odd answers with shape \(1,\) for input 0, which has \(2,\)"),
        (lambda g, s: (np.ones((2, 3)),), ValueError, r"shape \(2, 3\) for input 0, which has \(2,\)"),
    ],
)
def test_a_rule_that_returns_a_wrong_answer_is_named(answer: object, kind: type[Exception], words: str) -> None:
    def odd(a: np.ndarray) -> tuple[np.ndarray, None]:
        return a + 1, None

    rules[odd] = answer  # type: ignore[assignment]
    x = leaf([1.0, 2.0])
    try:
        with pytest.raises(kind, match=words):
            apply(odd, x).backward([1, 1])
    finally:
        del rules[odd]
    assert x.grad is None


def test_gradients_yields_every_tensor_once_and_inputs_last() -> None:
    z = leaf(2.0)
    a = z * 3
    b = a * a
    c = a + b
    assert [(one, float(grad)) for one, grad in gradients(c, np.array(1.0))] == [(c, 1), (b, 1), (a, 13), (z, 39)]


def example() -> tuple[Tensor, dict[str, Tensor]]:
    x, w = leaf([[1, 2]]), leaf([[0.5, -1], [1, 2]])
    h = x @ w
    return h * h + h.exp(), {"x": x, "W": w}


def test_text_has_a_line_for_each_tensor_inputs_first() -> None:
    result, names = example()
    assert draw(result, names=names).splitlines() == [
        "   %0  x*      (1, 2)",
        "   %1  W*      (2, 2)",
        "   %2  matmul  (1, 2)  from %0 %1",
        "   %3  mul     (1, 2)  from %2 %2",
        "   %4  exp     (1, 2)  from %2",
        "   %5  add     (1, 2)  from %3 %4",
    ]


def test_dot_has_a_node_for_each_tensor_and_an_arrow_for_each_input() -> None:
    result, names = example()
    dot = draw(result, "dot", names | {'a "name"\\': result})
    assert dot.startswith("digraph {")
    assert dot.endswith("}")
    assert dot.count("[label=") == 6
    assert dot.count(" -> ") == 7
    assert 'label="a \\"name\\"\\\\ = add' in dot


def test_svg_is_xml_with_a_box_for_each_tensor_an_arrow_for_each_input_and_no_box_on_another() -> None:
    result, names = example()
    root = ElementTree.fromstring(draw(result, "svg", names | {"<b> & co": result}))
    boxes = [r for r in root.iter("{http://www.w3.org/2000/svg}rect") if r.get("x")]
    arrows = [p for p in root.iter("{http://www.w3.org/2000/svg}path") if p.get("marker-end")]
    words = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
    assert len(boxes) == 6
    assert len(arrows) == 7
    assert "<b> & co = add" in words
    assert len({(box.get("x"), box.get("y")) for box in boxes}) == 6
    for box in boxes:
        assert float(box.get("x", "")) + float(box.get("width", "")) <= float(root.get("width", ""))
        assert float(box.get("y", "")) + float(box.get("height", "")) <= float(root.get("height", ""))


def test_the_svg_of_a_deep_network_goes_downwards_and_is_no_wider_than_a_page() -> None:
    """Each of the twelve residual layers has its weights beside it."""
    h = leaf(np.ones((4, 8)))
    for _ in range(12):
        h = h + Tanh()(Linear(8, 8)(h))
    root = ElementTree.fromstring(draw(h, "svg"))
    boxes = [
        (float(r.get("x", "")), float(r.get("y", "")))
        for r in root.iter("{http://www.w3.org/2000/svg}rect")
        if r.get("x")
    ]
    assert len(boxes) == len(set(boxes)) == 1 + 12 * 5
    assert float(root.get("width", "")) < 1400 < float(root.get("height", ""))


def test_a_single_tensor_and_a_long_chain_can_be_drawn() -> None:
    assert draw(leaf(2.5)).strip() == "%0  2.5*  ()"
    y = leaf([1.0, 2.0])
    for _ in range(3000):
        y = -y
    for kind in ("text", "dot", "svg"):
        assert len(draw(y, kind).splitlines()) > 3000
    with pytest.raises(ValueError, match="text, dot, svg"):
        draw(y, "png")
