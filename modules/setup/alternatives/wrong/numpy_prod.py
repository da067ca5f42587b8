# misconception: np.prod is the product of a shape, and its number is as good as a Python int
# symptom: expected: int 12 got: int64
# effect: an np.int64 instead of an int, a float for the shape (), and a wrong (even negative) number beyond 2**63
# in: right/compact.py


def predict_memory(shape: tuple[int, ...], dtype: Any = np.float32) -> int:
    return np.prod(shape) * np.dtype(dtype).itemsize
