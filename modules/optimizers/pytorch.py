"""List the cases in which optimizers and schedules agree with PyTorch: parameters and rates after each of a dozen steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from modules.pytorch import Array, Cases, Found, Ours

STEPS = 12


def steps(
    compare: Cases, row: str, what: str, build: Callable[..., Any], schedule: Callable[..., Any] | None = None
) -> None:
    """Compare steps with prepared gradients, of two parameters in two groups. The second sometimes has no gradient."""
    rng = np.random.default_rng(3)
    start = {"p0": rng.normal(size=(2, 3)), "p1": rng.normal(size=(4,))}
    slopes = {
        f"slope {step} of {name}": rng.normal(size=a.shape) * 10 ** rng.uniform(-3, 1)
        for step in range(STEPS)
        for name, a in start.items()
    }

    def run(side: Any, given: dict[str, Array]) -> Found:
        params = {name: side.tensor(given[name]) for name in start}
        made = build(side.lib.optim, [{"params": [params["p0"]]}, {"params": [params["p1"]], "lr": 0.02}])
        plan = schedule(side.lib.optim.lr_scheduler, made) if schedule else None
        found: Found = {}
        for step in range(STEPS):
            for name, one in params.items():
                none = name == "p1" and step % 5 == 2
                one.grad = None if none else side.plain(given[f"slope {step} of {name}"])
            made.step()
            if plan is not None:
                plan.step()
            found |= {f"{name} after {step}": side.array(one) for name, one in params.items()}
            found[f"lr after {step}"] = np.array([float(group["lr"]) for group in made.param_groups])
        return found

    compare.case(row, what, run, start | slopes)


def warm_up(lib: Any, made: Any, warmup: int, T_max: int) -> Any:
    """Return CosineAnnealingLR with the reference's warm-up. PyTorch needs two schedules, one after the other."""
    if lib is Ours.lib:
        return lib.CosineAnnealingLR(made, T_max=T_max, warmup=warmup)
    line = lib.LinearLR(made, start_factor=1 / (warmup + 1), total_iters=warmup)
    cosine = lib.CosineAnnealingLR(made, T_max=T_max - warmup)
    return lib.SequentialLR(made, [line, cosine], milestones=[warmup])


def sgd(optim: Any, p: Any) -> Any:
    return optim.SGD(p, lr=0.1, momentum=0.9)


def cases(compare: Cases) -> None:
    for how in (
        *({}, {"momentum": 0.9}, {"momentum": 0.9, "dampening": 0.5}, {"weight_decay": 0.1}),
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
        {"momentum": 0.5, "dampening": 0.1, "weight_decay": 0.01},
    ):
        steps(compare, "SGD", str(how), lambda optim, p, how=how: optim.SGD(p, lr=0.05, **how))
    for how in ({}, {"weight_decay": 0.1}, {"betas": (0.8, 0.9), "eps": 1e-3}):
        steps(compare, "Adam", str(how), lambda optim, p, how=how: optim.Adam(p, lr=0.05, **how))
        steps(compare, "AdamW", str(how), lambda optim, p, how=how: optim.AdamW(p, lr=0.05, **how))
    steps(compare, "StepLR", "step_size=5", sgd, lambda lib, made: lib.StepLR(made, step_size=5, gamma=0.3))
    cosine = "CosineAnnealingLR"
    steps(compare, cosine, "T_max=12", sgd, lambda lib, made: lib.CosineAnnealingLR(made, T_max=STEPS))
    steps(compare, cosine, "eta_min=0.01", sgd, lambda lib, made: lib.CosineAnnealingLR(made, 20, eta_min=0.01))
    steps(compare, cosine, "warmup=4", sgd, lambda lib, made: warm_up(lib, made, 4, 14))
