# misconception: einsum raises an error by itself whenever the inner sizes of a product differ
# symptom: tried: (1, 2) @ (1, 2) nothing was raised; expected ValueError
# effect: (2, 3) @ (1, 4) gives a (2, 4) matrix without an error: an inner size of 1 is stretched
# in: right/long_way.py


def matmul(a: Array, b: Array) -> tuple[Array, Any]:
    if not (a.ndim and b.ndim):
        raise ValueError(f"matmul needs at least one axis on each side, got shapes {a.shape} and {b.shape}")
    a, b = promote(a, b)
    broadcast_shapes(a.shape[:-2], b.shape[:-2])  # raises if the batches differ
    left, right = ("p" if a.ndim == 1 else "...mp"), ("p" if b.ndim == 1 else "...pn")
    kept = "".join(letter for letter in "mn" if letter in left + right)
    batch = "..." if "..." in left + right else ""
    try:
        return np.asarray(np.einsum(f"{left},{right}->{batch}{kept}", a, b)), (a, b)
    except ValueError:
        raise ValueError(f"the inner sizes of {a.shape} @ {b.shape} differ") from None
