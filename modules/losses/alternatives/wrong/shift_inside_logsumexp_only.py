# misconception: logsumexp is stable, so cross-entropy is: logsumexp(scores) - score of the target
# symptom: cross_entropy of scores round 4096 and -4096
# in: right/fresh_a.py


def cross_entropy(
    input: Array, target: Array, reduction: str = "mean", label_smoothing: float = 0.0
) -> tuple[Array, Any]:
    check_classes(input, target)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing is from 0 to 1, got {label_smoothing}")
    shifted = input
    total, (probabilities, _) = logsumexp(shifted, 1)
    score = shifted[np.arange(len(target)), target]
    if label_smoothing:
        score = (1 - label_smoothing) * score + label_smoothing * shifted.mean(axis=1)
    return reduced(total - score, reduction), (probabilities, target, reduction, label_smoothing)
