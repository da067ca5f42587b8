# misconception: label smoothing changes how the loss is measured; which way is better stays softmax - one-hot
# symptom: the gradient through CrossEntropyLoss(label_smoothing=0.1)
# in: right/fresh_a.py


def cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    probabilities, target, reduction, label_smoothing = saved
    n, _ = probabilities.shape
    d_input = probabilities * 1
    d_input[np.arange(n), target] -= 1
    return d_input * spread(grad, (n,), reduction)[:, np.newaxis], None
