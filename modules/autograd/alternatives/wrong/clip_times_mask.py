# misconception: multiplying by a mask of 0 and 1 is the same as choosing
# symptom: invalid value encountered in multiply
# effect: an infinite or nan gradient beside a clipped number comes out as nan there, not 0; NumPy may warn of an invalid value
# in: right/fresh_a.py


def clip_backward(grad: Array, saved: Array) -> tuple[Array]:
    return (grad * saved,)
