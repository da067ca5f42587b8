def same_shape(name: str, input: Array, target: Array) -> None:
    if input.shape != target.shape:
        raise ValueError(f"{name}: input has shape {input.shape}, target {target.shape}; they must be equal")


def reduced(losses: Array, reduction: str = "mean") -> Array:
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction {reduction!r} is none of {REDUCTIONS}")
    return losses if reduction == "none" else getattr(losses, reduction)()


def spread(grad: Array, shape: tuple[int, ...], reduction: str) -> Array:
    return np.ones(shape, grad.dtype) * (grad / math.prod(shape) if reduction == "mean" else grad)


def mse_loss(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    same_shape("mse_loss", input, target)
    difference = input - target.astype(input.dtype, copy=False)
    return reduced(difference * difference, reduction), (difference, reduction)


def mse_loss_backward(grad: Array, saved: Any) -> tuple[Array, Array]:
    d, how = saved
    g = 2 * spread(grad, d.shape, how)
    return g * d, -g * d


def logsumexp(input: Array, dim: int = -1) -> tuple[Array, Any]:
    m = input.max(dim, keepdims=True)
    out = np.log(np.exp(input - m).sum(dim)) + m.squeeze(dim)
    return out, (np.exp(input - np.expand_dims(out, dim)), dim)


def logsumexp_backward(grad: Array, saved: Any) -> tuple[Array]:
    probabilities, dim = saved
    return (np.expand_dims(grad, dim) * probabilities,)


def check_classes(input: Array, target: Array) -> None:
    if input.ndim != 2 or target.shape != input.shape[:1]:
        raise ValueError(
            f"cross_entropy: input has shape {input.shape}, target {target.shape}; it takes scores (N, C) and "
            "classes (N,): reshape what has more axes"
        )
    if target.dtype.kind not in "iu":
        raise TypeError(
            f"cross_entropy: a target holds class indices, integers, and this one holds {target.dtype}; "
            "make it with Tensor(labels, dtype=np.int64)"
        )
    wrong = target[(target < 0) | (target >= input.shape[1])]
    if wrong.size:
        raise IndexError(
            f"cross_entropy: class {wrong[0]} is not one of {input.shape[1]} classes, 0 .. {input.shape[1] - 1}"
        )


def cross_entropy(
    input: Array, target: Array, reduction: str = "mean", label_smoothing: float = 0.0
) -> tuple[Array, Any]:
    check_classes(input, target)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing {label_smoothing}")
    x = input - input.max(axis=1, keepdims=True)
    s, (p, _) = logsumexp(x, dim=1)
    right = np.take_along_axis(x, target[:, None].astype(np.int64), axis=1)[:, 0]
    losses = s - right if label_smoothing == 0 else s - (1 - label_smoothing) * right - label_smoothing * x.mean(axis=1)
    return reduced(losses, reduction), (p, target, reduction, label_smoothing)


def cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    p, target, how, e = saved
    hot = target[:, None] == np.arange(p.shape[1])
    return (p - (1 - e) * hot.astype(p.dtype) - e / p.shape[1]) * spread(grad, target.shape, how)[:, None], None


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
    target = target.astype(input.dtype, copy=False)
    with np.errstate(divide="ignore"):
        yes, no = np.maximum(np.log(input), -100), np.maximum(np.log1p(-input), -100)
    return reduced(-(target * yes + (1 - target) * no), reduction), (input, target, reduction)


def binary_cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    p, t, how = saved
    return spread(grad, p.shape, how) * (p - t) / np.clip(p - p * p, 1e-12, None), None


def binary_cross_entropy_with_logits(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    same_shape("binary_cross_entropy_with_logits", input, target)
    check_unit("binary_cross_entropy_with_logits", "target", target)
    t = target.astype(input.dtype)
    losses = np.logaddexp(np.zeros((), input.dtype), input) - t * input
    losses = np.where(t == 1, np.logaddexp(np.zeros((), input.dtype), -input), losses)
    return reduced(losses, reduction), (sigmoid(input)[0], t, reduction)


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
