"""The running example, drawn by `draw` itself, and the numbers of its walk.

python -m modules.autograd.figures.autograd_graph
"""

from __future__ import annotations

import numpy as np

from modules.figures import save_numbers, save_svg
from tinytorch_ref.autograd import draw, gradients, graph_bytes, matmul_backward_multiply_adds
from tinytorch_ref.tensor import Tensor, matmul_multiply_adds


def example() -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of the running example, and the names of what it is made of."""
    x = Tensor([[1, 2]], requires_grad=True)
    w = Tensor([[0.5, -1], [1, 2]], requires_grad=True)
    b = Tensor([0.5, -1], requires_grad=True)
    t = Tensor([[2, 4]])
    p = x @ w
    y = p + b
    e = y - t
    q = e * e
    loss = q.mean()
    return loss, {"x": x, "W": w, "b": b, "t": t, "p": p, "y": y, "e": e, "q": q, "s": loss._parents[0], "L": loss}


def shared(z: float) -> list[int]:
    """The gradients of c, b, a and z in a = 3z, b = a·a, c = a + b."""
    first = Tensor(z, requires_grad=True)
    a = first * 3
    b = a * a
    c = a + b
    found = dict(gradients(c, np.ones((), np.float32)))
    return [int(found[one]) for one in (c, b, a, first)]


def main() -> None:
    loss, names = example()
    found = {
        name: gradient
        for one, gradient in gradients(loss, np.ones((), np.float32))
        for name in names
        if names[name] is one
    }
    save_svg(draw(loss, "svg", names), __file__)
    u = Tensor(1, requires_grad=True)
    doubled = u
    for _ in range(18):
        doubled = doubled + doubled
    doubled.backward()
    m, k, n = 64, 784, 128
    save_numbers(
        {
            "text": draw(loss, names=names),
            "loss": loss.item(),
            **{f"d{name}": gradient.tolist() for name, gradient in found.items()},
            "shared": shared(2.0),
            "doubled": int(u.grad),
            "graph_bytes": graph_bytes(loss),
            "batch_forward_madds": f"{matmul_multiply_adds(m, k, n):,}",
            "batch_backward_madds": f"{matmul_backward_multiply_adds(m, k, n):,}",
        },
        __file__,
    )


if __name__ == "__main__":
    main()
