"""Test what the optimizers promise to a backend, which module acceleration fills."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch_ref.optimizers import SGD, sgd_update
from tinytorch_ref.tensor import Tensor, backend

Array = np.ndarray


def test_a_backends_step_may_write_into_the_parameter_and_its_state() -> None:
    def in_place(
        data: Array, grad: Array, state: dict[str, Any], *, lr: float, **rest: Any
    ) -> tuple[Array, dict[str, Any]]:
        data -= lr * grad
        state["steps"] = state.get("steps", 0) + 1
        return data, state

    p = Tensor([1, 2], requires_grad=True)
    array, optimizer = p.data, SGD([p], lr=0.5)
    backend[sgd_update] = in_place
    try:
        for steps in (1, 2):
            p.grad = np.array([1, 2], np.float32)
            optimizer.step()
            assert optimizer.state[p] == {"steps": steps}
    finally:
        del backend[sgd_update]
    assert p.data is array
    assert p.data.tolist() == [0, 0]
