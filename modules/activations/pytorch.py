"""List the cases in which the ops and classes of `activations` agree with PyTorch."""

from __future__ import annotations

import numpy as np

from modules.pytorch import Cases
from tinytorch_ref import activations as ops

SHAPES = ((), (1,), (5,), (2, 3), (0, 3), (2, 3, 4))
ALONG = (((5,), -1), ((2, 3), 0), ((2, 3), 1), ((2, 3, 4), 1), ((3, 3), -2), ((0, 3), 1))
FAR = np.array([[-1000.0, 0, 1000], [1002.5, 1003, -1003]])


def cases(compare: Cases) -> None:
    some = compare.any_sign
    for shape in SHAPES:
        compare.op(ops.relu, lambda torch, a: torch.relu(a), some(*shape))
        for s in (0.01, 0.3):
            compare.op(
                ops.leaky_relu,
                lambda torch, a, s=s: torch.nn.functional.leaky_relu(a, s),
                some(*shape),
                negative_slope=s,
            )
        compare.op(ops.sigmoid, lambda torch, a: torch.sigmoid(a), some(*shape))
        compare.op(ops.tanh, lambda torch, a: torch.tanh(a), some(*shape))
        compare.op(ops.gelu, lambda torch, a: torch.nn.functional.gelu(a, approximate="tanh"), some(*shape))
    corners = np.array([-1.0, 0.0, 0.5, 1.0])
    compare.op(ops.relu, lambda torch, a: torch.relu(a), corners, smooth=False)
    compare.op(ops.leaky_relu, lambda torch, a: torch.nn.functional.leaky_relu(a, 0.01), corners, smooth=False)
    for shape, dim in ALONG:
        compare.op(ops.softmax, lambda torch, a, d=dim: a.softmax(d), some(*shape), dim=dim)
        compare.op(ops.log_softmax, lambda torch, a, d=dim: a.log_softmax(d), some(*shape), dim=dim)
    compare.op(ops.softmax, lambda torch, a: a.softmax(-1), FAR, smooth=False)
    compare.op(ops.log_softmax, lambda torch, a: a.log_softmax(-1), FAR, smooth=False)

    for name, settings in (
        *(("ReLU", {}), ("LeakyReLU", {"negative_slope": 0.2}), ("Sigmoid", {}), ("Tanh", {})),
        *(("GELU", {"approximate": "tanh"}), ("Softmax", {"dim": 0}), ("LogSoftmax", {"dim": -1})),
    ):
        compare.model(name, str(settings), lambda nn, n=name, s=settings: getattr(nn, n)(**s), some(3, 4))
