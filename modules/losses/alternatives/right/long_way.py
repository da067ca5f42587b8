def same_shape(name: str, input: Array, target: Array) -> None:
    if input.shape != target.shape:
        raise ValueError(f"{name}: input has shape {input.shape}, target {target.shape}; they must be equal")


def reduced(losses: Array, reduction: str = "mean") -> Array:
    if reduction == "none":
        return losses.copy()
    if reduction not in ("mean", "sum"):
        raise ValueError(f"{reduction!r} is not known; there are mean, sum and none")
    total = losses.sum()
    if reduction == "mean":
        total = total / losses.size
    return total


def spread(grad: Array, shape: tuple[int, ...], reduction: str) -> Array:
    if reduction == "mean":
        grad = grad / math.prod(shape)
    return np.broadcast_to(grad, shape)


def mse_loss(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    same_shape("mse_loss", input, target)
    difference = input - target.astype(input.dtype, copy=False)
    return reduced(difference * difference, reduction), (difference, reduction)


def mse_loss_backward(grad: Array, saved: Any) -> tuple[Array, Array]:
    difference, reduction = saved
    slope = 2 * difference * spread(grad, difference.shape, reduction)
    return slope, -slope


def logsumexp(input: Array, dim: int = -1) -> tuple[Array, Any]:
    largest = input.max(axis=dim, keepdims=True)
    powers = np.exp(input - largest)
    total = powers.sum(axis=dim, keepdims=True)
    return np.squeeze(largest + np.log(total), axis=dim), (powers / total, dim)


def logsumexp_backward(grad: Array, saved: Any) -> tuple[Array]:
    probabilities, dim = saved
    return (np.expand_dims(grad, dim) * probabilities,)


def check_classes(input: Array, target: Array) -> None:
    if input.ndim != 2:
        raise ValueError(f"scores should be (N, C), got {input.shape} with classes {target.shape}")
    if target.ndim != 1 or len(target) != len(input):
        raise ValueError(f"classes should be ({len(input)},), got {target.shape} for scores {input.shape}")
    if target.dtype.kind == "i" or target.dtype.kind == "u":
        for position, one in enumerate(target):
            if int(one) < 0 or int(one) >= input.shape[1]:
                raise IndexError(f"class {int(one)} at {position} with {input.shape[1]} classes")
    else:
        raise TypeError(f"class indices must be integers, these are {target.dtype}")


def cross_entropy(
    input: Array, target: Array, reduction: str = "mean", label_smoothing: float = 0.0
) -> tuple[Array, Any]:
    check_classes(input, target)
    if label_smoothing < 0 or label_smoothing > 1:
        raise ValueError(f"label_smoothing {label_smoothing} is not in 0 .. 1")
    losses = np.empty(len(input), input.dtype)
    probabilities = np.empty(input.shape, input.dtype)
    for n in range(len(input)):
        row = input[n] - input[n].max()
        powers = np.exp(row)
        probabilities[n] = powers / powers.sum()
        total = np.log(powers.sum())
        losses[n] = total - row[target[n]]
        if label_smoothing > 0:
            losses[n] = (1 - label_smoothing) * losses[n] + label_smoothing * (total - row).mean()
    return reduced(losses, reduction), [probabilities, target.copy(), reduction, label_smoothing]


def cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    probabilities, target, reduction, smoothing = saved
    each = spread(grad, target.shape, reduction)
    out = np.empty_like(probabilities)
    for n in range(len(target)):
        for k in range(probabilities.shape[1]):
            q = smoothing / probabilities.shape[1] + (1 - smoothing if k == target[n] else 0)
            out[n, k] = (probabilities[n, k] - q) * each[n]
    return out, None


def chance_loss(classes: int) -> float:
    return math.log(classes)


def check_unit(name: str, what: str, values: Array) -> None:
    wrong = values[~((values >= 0) & (values <= 1))]
    if wrong.size:
        raise ValueError(f"{name}: {what} holds {wrong[0]}; it takes probabilities, from 0 to 1")


def binary_cross_entropy(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    same_shape("binary_cross_entropy", input, target)
    check_unit("binary_cross_entropy", "target", target)
    check_unit("binary_cross_entropy", "input", input)
    target = target.astype(input.dtype)
    losses = np.empty(input.shape, input.dtype)
    for index in np.ndindex(input.shape):
        p, t = float(input[index]), float(target[index])
        yes = max(math.log(p), -100.0) if p > 0 else -100.0
        no = max(math.log1p(-p), -100.0) if p < 1 else -100.0
        losses[index] = -(t * yes + (1 - t) * no)
    return reduced(losses, reduction), (input, target, reduction)


def binary_cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    p, target, reduction = saved
    slope = (p - target) / np.maximum(p * (1 - p), 1e-12)
    return slope * spread(grad, p.shape, reduction), None


def binary_cross_entropy_with_logits(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    same_shape("binary_cross_entropy_with_logits", input, target)
    check_unit("binary_cross_entropy_with_logits", "target", target)
    target = target.astype(input.dtype, copy=False)
    losses = np.maximum(input, 0) - input * target + np.log1p(np.exp(-np.abs(input)))
    return reduced(losses, reduction), (sigmoid(input)[0], target, reduction)


def binary_cross_entropy_with_logits_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    p, target, reduction = saved
    return (p - target) * spread(grad, p.shape, reduction), None


class MSELoss:
    def forward(self, input: Tensor, target: Any) -> Tensor:
        return apply(mse_loss, input, target, reduction=self.reduction)


class CrossEntropyLoss:
    def forward(self, input: Tensor, target: Any) -> Tensor:
        settings = {"reduction": self.reduction, "label_smoothing": self.label_smoothing}
        return apply(cross_entropy, input, class_indices(target), **settings)


class BCELoss:
    def forward(self, input: Tensor, target: Any) -> Tensor:
        return apply(binary_cross_entropy, input, target, reduction=self.reduction)


class BCEWithLogitsLoss:
    def forward(self, input: Tensor, target: Any) -> Tensor:
        return apply(binary_cross_entropy_with_logits, input, target, reduction=self.reduction)
