"""List the cases in which the ops and classes of `losses` agree with PyTorch."""

from __future__ import annotations

import numpy as np

from modules.pytorch import Cases
from tinytorch_ref import losses as ops

ALONG = (((5,), -1), ((2, 3), 0), ((2, 3), 1), ((2, 3, 4), 1), ((3, 3), -2), ((0, 3), 1))
# PyTorch takes logsumexp's slope from the rounded result, which costs digits, so the scores are not in the thousands
FAR = np.array([[-100.0, 0, 100], [100.25, 100.3, -100.3]])


def cases(compare: Cases) -> None:
    for shape, dim in ALONG:
        compare.op(ops.logsumexp, lambda torch, a, d=dim: a.logsumexp(d), compare.any_sign(*shape), dim=dim)
    compare.op(ops.logsumexp, lambda torch, a: a.logsumexp(-1), FAR, smooth=False)
    for reduction in ("mean", "sum", "none"):
        functions(compare, reduction)
        classes(compare, reduction)


def functions(compare: Cases, how: str) -> None:
    some, share, yes = compare.any_sign, compare.rng.uniform, compare.integers
    for shape in ((4,), (3, 2), (2, 3, 4), ()):
        compare.op(
            ops.mse_loss,
            lambda torch, a, b: torch.nn.functional.mse_loss(a, b, reduction=how),
            *(some(*shape), some(*shape)),
            reduction=how,
        )
        compare.op(
            ops.binary_cross_entropy,
            lambda torch, a, b: torch.nn.functional.binary_cross_entropy(a, b.to(a.dtype), reduction=how),
            *(np.asarray(share(0.05, 0.95, shape)), yes(2, *shape)),
            reduction=how,
        )
        compare.op(
            ops.binary_cross_entropy_with_logits,
            lambda torch, a, b: torch.nn.functional.binary_cross_entropy_with_logits(a, b.to(a.dtype), reduction=how),
            *(np.asarray(some(*shape) * 3), yes(2, *shape)),
            reduction=how,
        )
    for rows, s in ((1, 0.0), (5, 0.0), (5, 0.1)):
        compare.op(
            ops.cross_entropy,
            lambda torch, a, b, s=s: torch.nn.functional.cross_entropy(a, b, reduction=how, label_smoothing=s),
            *(some(rows, 4), yes(4, rows)),
            reduction=how,
            label_smoothing=s,
        )


def classes(compare: Cases, reduction: str) -> None:
    some, share = compare.any_sign, compare.rng.uniform
    for name, score, target, settings in (
        ("CrossEntropyLoss", some(6, 4), compare.integers(4, 6), {}),
        ("CrossEntropyLoss", some(6, 4), compare.integers(4, 6), {"label_smoothing": 0.2}),
        ("BCELoss", share(0.05, 0.95, (3, 4)), share(0, 1, (3, 4)), {}),
        ("BCEWithLogitsLoss", some(3, 4) * 3, share(0, 1, (3, 4)), {}),
    ):
        how = {"reduction": reduction} | settings
        compare.model(name, str(how), lambda nn, n=name, h=how: getattr(nn, n)(**h), score, target, constant=(1,))
    compare.model("MSELoss", reduction, lambda nn: nn.MSELoss(reduction=reduction), some(3, 4), some(3, 4))
