def same_shape(name: str, input: Array, target: Array) -> None:
    if input.shape != target.shape:
        raise ValueError(f"{name}: input has shape {input.shape} and target has shape {target.shape}; they must be equal")


def reduced(losses: Array, reduction: str = "mean") -> Array:
    if reduction == "mean":
        return losses.mean()
    if reduction == "sum":
        return losses.sum()
    if reduction == "none":
        return losses
    raise ValueError(f"reduction is one of {', '.join(REDUCTIONS)}; got {reduction!r}")


def spread(grad: Array, shape: tuple[int, ...], reduction: str) -> Array:
    if reduction == "none":
        return grad
    if reduction == "mean":
        grad = grad / max(math.prod(shape), 1)
    return np.full(shape, grad, grad.dtype)


def mse_loss(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    same_shape("mse_loss", input, target)
    diff = input - target.astype(input.dtype, copy=False)
    return reduced(diff * diff, reduction), (diff, reduction)


def mse_loss_backward(grad: Array, saved: Any) -> tuple[Array, Array]:
    diff, reduction = saved
    d_input = 2 * diff * spread(grad, diff.shape, reduction)
    return d_input, -d_input


def logsumexp(input: Array, dim: int = -1) -> tuple[Array, Any]:
    largest = input.max(axis=dim, keepdims=True)
    powers = np.exp(input - largest)
    total = powers.sum(axis=dim, keepdims=True)
    out = largest + np.log(total)
    return np.squeeze(out, axis=dim), (powers / total, dim)


def logsumexp_backward(grad: Array, saved: Any) -> tuple[Array]:
    probabilities, dim = saved
    return (np.expand_dims(grad, dim) * probabilities,)


def check_classes(input: Array, target: Array) -> None:
    if input.ndim != 2 or target.ndim != 1 or input.shape[0] != target.shape[0]:
        raise ValueError(
            f"cross_entropy: scores are (N, C) and classes (N,); got {input.shape} and {target.shape}; reshape them"
        )
    if target.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy: class indices are integers, got {target.dtype}; use dtype=np.int64")
    outside = (target < 0) | (target >= input.shape[1])
    if outside.any():
        raise IndexError(f"cross_entropy: class {target[outside][0]} is not one of {input.shape[1]} classes, counted from 0")


def cross_entropy(
    input: Array, target: Array, reduction: str = "mean", label_smoothing: float = 0.0
) -> tuple[Array, Any]:
    check_classes(input, target)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing is from 0 to 1, got {label_smoothing}")
    shifted = input - input.max(axis=1, keepdims=True)
    total, (probabilities, _) = logsumexp(shifted, 1)
    score = shifted[np.arange(len(target)), target]
    if label_smoothing:
        score = (1 - label_smoothing) * score + label_smoothing * shifted.mean(axis=1)
    return reduced(total - score, reduction), (probabilities, target, reduction, label_smoothing)


def cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    probabilities, target, reduction, label_smoothing = saved
    n, classes = probabilities.shape
    d_input = probabilities - label_smoothing / max(classes, 1)
    d_input[np.arange(n), target] -= 1 - label_smoothing
    return d_input * spread(grad, (n,), reduction)[:, np.newaxis], None


def chance_loss(classes: int) -> float:
    return math.log(classes)


def check_unit(name: str, what: str, values: Array) -> None:
    good = (values >= 0) & (values <= 1)
    if not good.all():
        first = np.asarray(values)[~np.asarray(good)][0]
        raise ValueError(f"{name}: {what} holds {first!s}; a probability is from 0 to 1")


def binary_cross_entropy(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    same_shape("binary_cross_entropy", input, target)
    check_unit("binary_cross_entropy", "target", target)
    check_unit("binary_cross_entropy", "input", input)
    target = target.astype(input.dtype, copy=False)
    with np.errstate(divide="ignore"):
        log_p = np.maximum(np.log(input), -100)
        log_q = np.maximum(np.log(1 - input), -100)
    return reduced(-(target * log_p + (1 - target) * log_q), reduction), (input, target, reduction)


def binary_cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    p, target, reduction = saved
    return (p - target) / np.maximum(p * (1 - p), 1e-12) * spread(grad, p.shape, reduction), None


def binary_cross_entropy_with_logits(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    name = "binary_cross_entropy_with_logits"
    same_shape(name, input, target)
    check_unit(name, "target", target)
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
