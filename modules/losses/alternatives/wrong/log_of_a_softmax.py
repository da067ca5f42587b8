# misconception: softmax is stable and log is simple, so the log of softmax is stable too
# symptom: divide by zero encountered in log


def cross_entropy(
    input: Array, target: Array, reduction: str = "mean", label_smoothing: float = 0.0
) -> tuple[Array, Any]:
    check_classes(input, target)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing is from 0 to 1; got {label_smoothing}")
    powers = np.exp(input - input.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    logs = np.log(probabilities)
    losses = -logs[np.arange(len(target)), target]
    if label_smoothing:
        losses = (1 - label_smoothing) * losses - label_smoothing * logs.mean(axis=1)
    return reduced(losses, reduction), (probabilities, target, reduction, label_smoothing)
