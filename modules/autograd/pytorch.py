"""List the cases in which whole networks agree with PyTorch: a backward pass with residual and norm, a dozen training steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from modules.pytorch import Array, Cases, Found, with_state

STEPS = 12


def network(nn: Any) -> Any:
    return nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Sequential(nn.Linear(8, 8), nn.ReLU()), nn.Linear(8, 3))


def training(compare: Cases, what: str, build: Callable[[Any, Any], Any]) -> None:
    """Train with layers, loss, backward pass, optimizer and schedule: compare the curve of losses and the weights at the end."""
    data = {"x": compare.rng.normal(size=(16, 5)), "classes": compare.integers(3, 16)}

    def run(side: Any, given: dict[str, Array]) -> Found:
        model = with_state(side, network(side.lib.nn), given)
        inputs, targets = side.tensor(given["x"]), side.tensor(given["classes"])
        steps = build(side.lib.optim, model.parameters())
        plan = side.lib.optim.lr_scheduler.CosineAnnealingLR(steps, T_max=STEPS)
        criterion = side.lib.nn.CrossEntropyLoss(label_smoothing=0.1)
        curve = []
        for _ in range(STEPS):
            steps.zero_grad()
            loss = criterion(model(inputs), targets)
            loss.backward()
            steps.step()
            plan.step()
            curve.append(side.array(loss))
        return {"losses": np.stack(curve)} | {name: side.array(one) for name, one in model.named_parameters()}

    compare.case("training", what, run, data | compare.state(network))


def residual(lib: Any, x: Any, classes: Any, w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any) -> Any:
    h = lib.nn.Tanh()(x @ w1 + b1)
    h = h + lib.nn.GELU(approximate="tanh")(h @ w2 + b2)
    centered = h - h.mean(1, keepdim=True)
    scores = (centered / (h.var(1, correction=0, keepdim=True) + 1e-5).sqrt()) @ w3 + b3
    return lib.nn.CrossEntropyLoss()(scores, classes)


def cases(compare: Cases) -> None:
    normal = compare.rng.normal
    for number in range(3):
        weights = [normal(size=shape) for shape in ((5, 8), (8,), (8, 8), (8,), (8, 3), (3,))]
        compare.line("network", f"residual {number}", residual, normal(size=(6, 5)), compare.integers(3, 6), *weights)
    training(compare, "SGD", lambda optim, p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True))
    training(compare, "AdamW", lambda optim, p: optim.AdamW(p, lr=0.01, weight_decay=0.1))
