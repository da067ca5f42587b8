# misconception: np.prod is Python's product, only faster: an int is an int
# symptom: predict_memory((2**40, 2**30)) expected: int 4722366482869645213696 got: int 0
# effect: predict_memory((2**40, 2**40)) is 0 bytes: an int64 overflowed without a word
# in: right/long_way.py


def predict_memory(shape: tuple[int, ...], dtype: Any = np.float32) -> int:
    return int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
