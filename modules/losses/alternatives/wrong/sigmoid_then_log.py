# misconception: binary cross-entropy of scores is that of the probabilities that sigmoid makes of them
# symptom: the loss of scores near ±1000 expected:


def binary_cross_entropy_with_logits(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    loss, _ = binary_cross_entropy(sigmoid(input)[0], target, reduction)
    return loss, (sigmoid(input)[0], target.astype(input.dtype), reduction)
