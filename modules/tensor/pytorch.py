"""List the cases in which the ops and methods of `tensor` agree with PyTorch, over shapes, dtypes and broadcasts."""

from __future__ import annotations

from typing import Any

import numpy as np

from modules.pytorch import Cases
from tinytorch_ref import tensor as ops

BROADCASTS = (
    ((), ()),
    ((), (2, 3)),
    ((3,), (2, 3)),
    ((2, 3), (3,)),
    ((2, 1), (1, 3)),
    ((4, 1, 3), (2, 1)),
    ((3, 3), (3,)),
    ((0, 3), (1, 3)),
    ((1,), (1, 1)),
    ((2, 3), (2, 3)),
)
SHAPES = ((), (1,), (5,), (2, 3), (0, 3), (2, 3, 4))
PRODUCTS = (
    *(((3,), (3,)), ((3,), (3, 4)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((1, 1), (1, 1))),
    *(((3,), (5, 3, 2)), ((5, 2, 3), (3,)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4))),
    *(((6, 1, 2, 3), (5, 3, 4)), ((2, 0), (0, 3)), ((0, 2, 3), (3, 4)), ((3, 3), (3, 3))),
)
DIMS: tuple[Any, ...] = (None, 0, -1, (0, 2), (2, 1), (0, 1, 2))
INDICES: tuple[Any, ...] = (
    *(1, -1, (0, 2), slice(1, None), (slice(None), slice(None, None, 2)), (..., None, 0)),
    *([0, 1, 0, 0], ([0, 1, 1], [2, 0, 0]), (slice(None), [1, 1])),
)
JOINED = ((0, ((2, 3), (1, 3), (4, 3))), (-1, ((2, 3), (2, 1))), (1, ((2, 0, 3), (2, 2, 3))), (0, ((5,),)))


def cases(compare: Cases) -> None:
    elementwise(compare)
    reductions(compare)
    shapes(compare)
    methods(compare)


def elementwise(compare: Cases) -> None:
    some, positive = compare.any_sign, compare.positive
    for left, right in BROADCASTS:
        compare.op(ops.add, lambda torch, a, b: a + b, some(*left), some(*right))
        compare.op(ops.sub, lambda torch, a, b: a - b, some(*left), some(*right))
        compare.op(ops.mul, lambda torch, a, b: a * b, some(*left), some(*right))
        compare.op(ops.div, lambda torch, a, b: a / b, some(*left), some(*right))
        compare.op(ops.power, lambda torch, a, b: a**b, positive(*left), some(*right))
    at = np.array([0.0, 0.0, 0.0, -2.0, -2.0, 3.0, 3.0]), np.array([0.0, 1.0, 2.0, 2.0, 3.0, 0.0, -1.0])
    compare.op(ops.power, lambda torch, a, b: a**b, *at, smooth=False)
    compare.op(ops.div, lambda torch, a, b: a / b, some(3), np.array([2, 3, 4]))
    compare.op(ops.mul, lambda torch, a, b: a * b, np.array([[2], [3]]), some(3))
    for shape in SHAPES:
        compare.op(ops.neg, lambda torch, a: -a, some(*shape))
        compare.op(ops.exp, lambda torch, a: a.exp(), some(*shape))
        compare.op(ops.log, lambda torch, a: a.log(), positive(*shape))
        compare.op(ops.sqrt, lambda torch, a: a.sqrt(), positive(*shape))
        compare.op(ops.absolute, lambda torch, a: a.abs(), some(*shape))
        for bounds in ({"min": -0.5}, {"max": 0.55}, {"min": -0.45, "max": 0.65}):
            compare.op(ops.clip, lambda torch, a, b=bounds: a.clamp(**b), some(*shape), **bounds)
    corners = np.array([-1.0, 0.0, 0.5, 1.0])
    compare.op(ops.absolute, lambda torch, a: a.abs(), corners, smooth=False)
    why = "a number exactly on a bound counts as within it, slope 1: so says PyTorch 2.13, and 2.15 says slope 0"
    compare.op(ops.clip, lambda torch, a: a.clamp(0, 0.5), corners, smooth=False, differs=why, min=0, max=0.5)
    for left, right in PRODUCTS:
        compare.op(ops.matmul, lambda torch, a, b: a @ b, some(*left), some(*right))


def reductions(compare: Cases) -> None:
    for dim in DIMS:
        for keep in (False, True):
            d = tuple(range(3)) if dim is None else dim
            numbers = compare.any_sign(2, 3, 4)
            compare.op(ops.reduce_sum, lambda torch, a, d=d, k=keep: a.sum(d, k), numbers, dim=dim, keepdim=keep)
            numbers = compare.distinct(2, 3, 4)
            compare.op(ops.reduce_max, lambda torch, a, d=d, k=keep: a.amax(d, k), numbers, dim=dim, keepdim=keep)
    ties = np.array([[1.0, 3, 3], [2, 2, 2], [0, 1, 0]])
    compare.op(ops.reduce_max, lambda torch, a: a.amax(dim=1), ties, dim=1, smooth=False)
    compare.op(ops.reduce_max, lambda torch, a: a.amax(dim=(0, 1)), ties, smooth=False)


def shapes(compare: Cases) -> None:
    some = compare.any_sign
    for shape in ((24,), (4, 6), (3, -1), (1, 2, 12, 1)):
        compare.op(ops.reshape, lambda torch, a, s=shape: a.reshape(s), some(2, 3, 4), shape=shape)
    for dims in ((0, 1, 2), (2, 0, 1), (1, 2, 0), (-1, 1, 0)):
        compare.op(ops.permute, lambda torch, a, d=dims: a.permute(d), some(2, 3, 4), dims=dims)
    for index in INDICES:
        compare.op(ops.getitem, lambda torch, a, i=index: a[i], some(2, 3), index=index)
    mask = np.array([[True, False, True], [False, False, True]])
    compare.op(ops.getitem, lambda torch, a: a[torch.from_numpy(mask)], some(2, 3), index=mask)
    for dim, parts in JOINED:
        compare.op(ops.concatenate, lambda torch, *a, d=dim: torch.cat(a, d), *(some(*p) for p in parts), dim=dim)


def methods(compare: Cases) -> None:
    some = compare.any_sign
    for dim in (None, 0, -1, (0, 2), (0, 1, 2)):
        for keep in (False, True):
            what = f"dim={dim},keepdim={keep}"
            compare.line("mean", what, lambda lib, t, d=dim, k=keep: t.mean(d, k), some(2, 3, 4))
            for c in (0, 1):
                var = f"{what},correction={c}"
                compare.line(
                    "var", var, lambda lib, t, d=dim, k=keep, c=c: t.var(d, correction=c, keepdim=k), some(2, 3, 4)
                )
    for dims in ((0, 1), (-1, 0), (1, 1)):
        compare.line("transpose", str(dims), lambda lib, t, d=dims: t.transpose(*d), some(2, 3, 4))
    compare.line("T", "matrix", lambda lib, t: t.T, some(2, 3))
    compare.line("squeeze", "all", lambda lib, t: t.squeeze(), some(1, 3, 1))
    compare.line("squeeze", "one", lambda lib, t: t.squeeze(0), some(1, 3, 1))
    compare.line("unsqueeze", "last", lambda lib, t: t.unsqueeze(-1), some(2, 3))
    for dim in (0, -1):
        compare.line("stack", f"dim={dim}", lambda lib, *t, d=dim: lib.stack(t, dim=d), some(2, 3), some(2, 3))
        compare.line("cat", f"dim={dim}", lambda lib, *t, d=dim: lib.cat(t, dim=d), some(2, 3), some(2, 3))
    compare.line("a number beside a Tensor", "both sides", lambda lib, t: (2 - t) / 3 + 2 / (t * t) + 2**t, some(2, 3))
    for dim in (None, 0, (0, 2)):
        for keep in (False, True):
            what = f"dim={dim},keepdim={keep}"
            compare.line("std", what, lambda lib, t, d=dim, k=keep: t.std(d, correction=1, keepdim=k), some(2, 3, 4))
    equal = np.array([[2.0, 2, 2], [1, 2, 4]])
    compare.line("std", "equal numbers", lambda lib, t: t.std(1), equal)
    compare.line("min", "all", lambda lib, t: t.min(), some(2, 3))
    compare.line("min", "ties", lambda lib, t: t.min(), np.array([[1.0, 0, 3], [0, 2, 0]]))
    compare.line("view", "(3, -1)", lambda lib, t: t.view(3, -1), some(2, 3, 4))
    compare.line("clone", "(2, 3)", lambda lib, t: t.clone() * t, some(2, 3))
    compare.line("float", "(2, 3)", lambda lib, t: t.float(), some(2, 3))
    compare.line("clamp", "(2, 3)", lambda lib, t: t.clamp(min=0.3), some(2, 3))
    for shape, dims in (((2, 3, 4), ()), ((2, 3, 4), (1,)), ((2, 3, 4), (0, -2)), ((0, 3, 2), (1,)), ((), ())):
        compare.line("flatten", f"{shape},{dims}", lambda lib, t, d=dims: t.flatten(*d), np.asarray(some(*shape)))
    compare.op(ops.cast, lambda torch, a: a.double(), some(2, 3), dtype="float64")
