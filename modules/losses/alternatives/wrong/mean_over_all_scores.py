# misconception: the mean divides by how many numbers the scores are, N times C
# symptom: expected: [[-0.622459, 0.622459]] got: [[-0.31123, 0.31123]]


def cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    probabilities, target, reduction, label_smoothing = saved
    slope = probabilities - label_smoothing / probabilities.shape[1]
    slope[np.arange(len(target)), target] -= 1 - label_smoothing
    return slope * spread(grad, slope.shape, reduction) if reduction != "none" else slope * grad[:, np.newaxis], None
