# misconception: fn's result is a new array each time, so both can be kept and subtracted afterwards
# symptom: 1), which is a view of x
# effect: functions that return a view of their input (reshape, permute, an index, x itself) have numeric gradients of 0
# in: right/fresh_a.py


def numeric_gradients(
    fn: Callable[..., Tensor], inputs: Sequence[Tensor], upstream: Array, eps: float = 1e-6
) -> list[Array]:
    found = []
    with no_grad():
        for one in inputs:
            slopes = np.zeros(one.shape)
            for index in np.ndindex(one.shape):
                kept = one.data[index]
                try:
                    one.data[index] = kept + eps
                    above = fn(*inputs)
                    one.data[index] = kept - eps
                    below = fn(*inputs)
                    slopes[index] = ((above.data - below.data) * upstream).sum() / (2 * eps)
                finally:
                    one.data[index] = kept
            found.append(slopes)
    return found
