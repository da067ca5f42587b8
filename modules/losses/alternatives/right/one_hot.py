from .activations import log_softmax, sigmoid


def same_shape(name: str, input: Array, target: Array) -> None:
    if tuple(input.shape) == tuple(target.shape):
        return
    raise ValueError(name + f" needs equal shapes, and has {input.shape} and {target.shape}")


def reduced(losses: Array, reduction: str = "mean") -> Array:
    ways = {"mean": lambda a: np.sum(a) / a.size, "sum": np.sum, "none": np.array}
    if reduction not in ways:
        raise ValueError(f"there is no reduction {reduction!r}: mean, sum, none")
    return np.asarray(ways[reduction](losses), dtype=losses.dtype)


def spread(grad: Array, shape: tuple[int, ...], reduction: str) -> Array:
    count = 1
    for size in shape:
        count *= size
    each = np.empty(shape, dtype=grad.dtype)
    each[...] = grad
    return each / count if reduction == "mean" else each


def mse_loss(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    same_shape("mse_loss", input, target)
    target = np.array(target, dtype=input.dtype)
    return reduced(np.square(input - target), reduction), {"x": input.copy(), "t": target, "how": reduction}


def mse_loss_backward(grad: Array, saved: Any) -> tuple[Array, Array]:
    each = spread(grad, saved["x"].shape, saved["how"])
    return each * (saved["x"] - saved["t"]) * 2, each * (saved["t"] - saved["x"]) * 2


def logsumexp(input: Array, dim: int = -1) -> tuple[Array, Any]:
    moved = np.moveaxis(input, dim, 0)
    top = moved.max(axis=0)
    return top + np.log(np.exp(moved - top).sum(axis=0)), (input.copy(), dim)


def logsumexp_backward(grad: Array, saved: Any) -> tuple[Array]:
    input, dim = saved
    return (np.exp(log_softmax(input, dim=dim)[0]) * np.expand_dims(grad, dim),)


def check_classes(input: Array, target: Array) -> None:
    if len(input.shape) != 2 or tuple(target.shape) != (input.shape[0],):
        raise ValueError(f"scores {input.shape} and classes {target.shape} are not (N, C) and (N,)")
    if not np.issubdtype(target.dtype, np.integer):
        raise TypeError(f"classes are integers, not {target.dtype}")
    for one in target.tolist():
        if one not in range(input.shape[1]):
            raise IndexError(f"there is no class {one} among {input.shape[1]}")


def cross_entropy(
    input: Array, target: Array, reduction: str = "mean", label_smoothing: float = 0.0
) -> tuple[Array, Any]:
    check_classes(input, target)
    if label_smoothing < 0 or label_smoothing > 1:
        raise ValueError(f"label_smoothing = {label_smoothing} is outside 0 .. 1")
    classes = input.shape[1]
    q = np.eye(classes, dtype=input.dtype)[target.astype(np.int64)] * (1 - label_smoothing) + label_smoothing / classes
    logs = log_softmax(input, dim=1)[0]
    losses = -np.where(q > 0, q * np.where(q > 0, logs, 0), 0).sum(axis=1)
    return reduced(losses, reduction), (np.exp(logs), q, reduction)


def cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    probabilities, q, reduction = saved
    rows = spread(grad, (len(q),), reduction)
    return (probabilities - q) * rows.reshape(-1, 1), None


def chance_loss(classes: int) -> float:
    return -math.log(1 / classes)


def check_unit(name: str, what: str, values: Array) -> None:
    good = np.logical_and(values >= 0, values <= 1)
    if not good.all():
        raise ValueError(f"{name}: {what} should lie in [0, 1], found {values[np.logical_not(good)].ravel()[0]}")


def binary_cross_entropy(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    same_shape("binary_cross_entropy", input, target)
    check_unit("binary_cross_entropy", "target", target)
    check_unit("binary_cross_entropy", "input", input)
    t = target.astype(input.dtype)
    tiny = np.finfo(input.dtype).smallest_subnormal
    yes = np.where(input > 0, np.log(np.maximum(input, tiny)), -np.inf)
    no = np.where(input < 1, np.log(np.maximum(1 - input, tiny)), -np.inf)
    losses = -t * np.clip(yes, -100, None) - (1 - t) * np.clip(no, -100, None)
    return reduced(losses, reduction), (input.copy(), t, reduction)


def binary_cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    p, target, reduction = saved
    slope = (p - target) / np.maximum(p * (1 - p), 1e-12)
    return slope * spread(grad, p.shape, reduction), None


def binary_cross_entropy_with_logits(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    same_shape("binary_cross_entropy_with_logits", input, target)
    check_unit("binary_cross_entropy_with_logits", "target", target)
    t = target.astype(input.dtype)
    away = np.log1p(np.exp(-np.abs(input)))
    losses = t * (np.maximum(-input, 0) + away) + (1 - t) * (np.maximum(input, 0) + away)
    return reduced(losses, reduction), (input.copy(), t, reduction)


def binary_cross_entropy_with_logits_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    x, t, reduction = saved
    return (sigmoid(x)[0] - t) * spread(grad, x.shape, reduction), None


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
