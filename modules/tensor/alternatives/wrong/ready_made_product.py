# misconception: a product in three loops may be a call of NumPy's, on a copy of the operands
# symptom: ready-made products that matmul_loops calls
# in: right/compact.py


def matmul_loops(a: Array, b: Array) -> Array:
    return np.asarray(a) @ np.asarray(b)
