# misconception: dim is the last axis: that is where the classes are
# symptom: raised in logsumexp_backward
# in: right/fresh_a.py


def logsumexp_backward(grad: Array, saved: Any) -> tuple[Array]:
    probabilities, _ = saved
    return (np.asarray(grad)[..., np.newaxis] * probabilities,)
