# misconception: multiplying by 0 removes a term, whatever it is, so the sum over all classes with a one-hot q is safe
# symptom: cross_entropy of scores of which some are -inf, but not the target's
# in: right/fresh_a.py


def cross_entropy(
    input: Array, target: Array, reduction: str = "mean", label_smoothing: float = 0.0
) -> tuple[Array, Any]:
    check_classes(input, target)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing is from 0 to 1, got {label_smoothing}")
    shifted = input - input.max(axis=1, keepdims=True)
    total, (probabilities, _) = logsumexp(shifted, 1)
    q = np.zeros_like(shifted)
    q[np.arange(len(target)), target] = 1
    q = (1 - label_smoothing) * q + label_smoothing / shifted.shape[1]
    score = (q * shifted).sum(axis=1)
    return reduced(total - score, reduction), (probabilities, target, reduction, label_smoothing)
