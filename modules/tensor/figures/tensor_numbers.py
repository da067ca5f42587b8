"""The small numbers that run through the term, and the sizes that the handout asks to predict.

python -m modules.tensor.figures.tensor_numbers
"""

from __future__ import annotations

import numpy as np

from modules.figures import save_numbers
from tinytorch_ref.tensor import Tensor, matmul_bytes, matmul_multiply_adds

PRODUCTS = {"running": (1, 2, 2), "digits": (1, 64, 32), "batch": (64, 784, 128), "square": (512, 512, 512)}


def main() -> None:
    x, w, b, t = Tensor([[1, 2]]), Tensor([[0.5, -1], [1, 2]]), Tensor([0.5, -1]), Tensor([[2, 4]])
    product = x @ w
    y = product + b
    error = y - t
    column = Tensor([[1], [2], [3]])
    trap = column - Tensor([1, 2, 3])
    far = np.array([10000, 10001, 10002, 10003], dtype=np.float32)
    one_pass = float((far * far).mean() - far.mean() * far.mean())
    save_numbers(
        {
            **{name: value.tolist() for name, value in {"x": x, "w": w, "b": b, "t": t}.items()},
            "product": product.tolist(),
            "y": y.tolist(),
            "error": error.tolist(),
            "loss": (error * error).mean().item(),
            "trap_shape": str(trap.shape),
            "trap_mean": round((trap * trap).mean().item(), 4),
            "var_two_pass": Tensor(far).var(correction=0).item(),
            "var_one_pass": one_pass,
            **{f"{name}_madds": f"{matmul_multiply_adds(*sizes):,}" for name, sizes in PRODUCTS.items()},
            **{f"{name}_bytes": f"{matmul_bytes(*sizes):,}" for name, sizes in PRODUCTS.items()},
        },
        __file__,
    )


if __name__ == "__main__":
    main()
