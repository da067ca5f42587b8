# misconception: reshape(-1) is always a view, so a step in it is a step in the data
# symptom: x made from a transposed array
# effect: for a Tensor made from a transposed array all numeric gradients are 0, and gradcheck calls right rules wrong
# in: right/fresh_a.py


def numeric_gradients(
    fn: Callable[..., Tensor], inputs: Sequence[Tensor], upstream: Array, eps: float = 1e-6
) -> list[Array]:
    found = []
    with no_grad():
        for one in inputs:
            flat = one.data.reshape(-1)
            slopes = np.zeros(flat.size)
            for place in range(flat.size):
                kept = flat[place]
                try:
                    flat[place] = kept + eps
                    above = float((fn(*inputs).data * upstream).sum())
                    flat[place] = kept - eps
                    below = float((fn(*inputs).data * upstream).sum())
                finally:
                    flat[place] = kept
                slopes[place] = (above - below) / (2 * eps)
            found.append(slopes.reshape(one.shape))
    return found
