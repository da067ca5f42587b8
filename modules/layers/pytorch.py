"""List the cases in which the layers of `layers` agree with PyTorch."""

from __future__ import annotations

from typing import Any

from modules.pytorch import Cases
from tinytorch_ref import layers as ops


def nested(nn: Any) -> Any:
    inner = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 4, bias=False))
    return nn.Sequential(nn.Linear(6, 4), nn.ReLU(), inner, nn.Tanh())


def cases(compare: Cases) -> None:
    some = compare.any_sign
    for shape in ((2, 5), (5,), (3, 2, 5), (0, 5)):
        for bias in (True, False):
            compare.model("Linear", f"{shape},bias={bias}", lambda nn, b=bias: nn.Linear(5, 3, bias=b), some(*shape))
    compare.model("Dropout", "eval", lambda nn: nn.Dropout(0.4), some(3, 4), only_eval=True)
    compare.model("Dropout", "p=0", lambda nn: nn.Dropout(0.0), some(3, 4))
    for dims in ((1, -1), (0, -1), (1, 2), (-2, -1)):
        compare.model("Flatten", str(dims), lambda nn, d=dims: nn.Flatten(*d), some(2, 3, 2, 2))
    for shape in ((7, 6), (2, 3, 6)):
        compare.model("Sequential", f"nested,{shape}", nested, some(*shape), only_eval=True)
    for shape in ((2, 5), (5,), (3, 2, 5), (0, 5)):
        compare.op(ops.linear, lambda torch, *a: torch.nn.functional.linear(*a), some(*shape), some(3, 5), some(3))
        compare.op(ops.linear, lambda torch, *a: torch.nn.functional.linear(*a), some(*shape), some(3, 5))
