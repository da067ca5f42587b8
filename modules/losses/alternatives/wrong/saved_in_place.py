# misconception: what was saved belongs to the backward function, so it may subtract the one-hot there
# symptom: for the second time with the same saved


def cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    probabilities, target, reduction, label_smoothing = saved
    probabilities -= label_smoothing / probabilities.shape[1]
    probabilities[np.arange(len(target)), target] -= 1 - label_smoothing
    return probabilities * spread(grad, target.shape, reduction)[:, np.newaxis], None
