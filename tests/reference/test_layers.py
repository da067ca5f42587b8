"""Test what the module layers gives to students, and what later modules use. The suite scores only what students write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from tinytorch_ref import layers
from tinytorch_ref.activations import ReLU
from tinytorch_ref.layers import Linear, Module, Parameter, Sequential
from tinytorch_ref.tensor import Tensor


@pytest.fixture
def model() -> Sequential:
    return Sequential(Linear(2, 3), ReLU(), Sequential(Linear(3, 1)))


def test_observers_are_called_before_and_after_every_call_of_a_module(
    model: Sequential, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    @contextmanager
    def observe(module: Module) -> Iterator[None]:
        seen.append(("begin", type(module).__name__))
        yield
        seen.append(("end", type(module).__name__))

    monkeypatch.setattr(layers, "observers", [observe])
    model(Tensor([[1, 2]]))
    linear, sequential = [("begin", "Linear"), ("end", "Linear")], ("begin", "Sequential")
    assert seen == [sequential, *linear, sequential, *linear, ("end", "Sequential"), ("end", "Sequential")]


def test_a_submodule_is_found_and_replaced_by_its_name(model: Sequential) -> None:
    assert model.get_submodule("2.0") is model[2][0]
    assert model.get_submodule("") is model
    model.set_submodule("2.0", Linear(3, 7))
    assert model(Tensor(np.ones((4, 2)))).shape == (4, 7)
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias", "2.0.weight", "2.0.bias"]


def test_an_unknown_submodule_is_refused_with_the_names_of_all(model: Sequential) -> None:
    with pytest.raises(KeyError, match=r"'2\.1'.*'0', '2', '2\.0'"):
        model.get_submodule("2.1")
    with pytest.raises(KeyError, match="'1'"):
        model.set_submodule("1", Linear(3, 3))
    with pytest.raises(ValueError, match="cannot replace itself"):
        model.set_submodule("", Linear(2, 1))


def test_zero_grad_clears_the_gradients_of_all_parameters(model: Sequential) -> None:
    for parameter in model.parameters():
        parameter.grad = np.ones(parameter.shape, np.float32)
    model.zero_grad()
    assert [parameter.grad for parameter in model.parameters()] == [None] * 4


def test_a_frozen_parameter_is_still_a_parameter_and_integers_can_only_be_buffers(model: Sequential) -> None:
    model[0].weight.requires_grad = False
    assert len(model.parameters()) == 4
    with pytest.raises(TypeError, match="only floats"):
        Parameter([1, 2], dtype=np.int8)
    model.scale = Tensor([1, 2], dtype=np.int8)  # type: ignore[attr-defined]
    assert model.state_dict()["scale"].dtype == np.int8
    assert [name for name, _ in model.named_buffers()] == ["scale"]
