from collections.abc import Callable
from dataclasses import dataclass
from .activations import log_softmax, sigmoid, softmax


@dataclass(frozen=True)
class _Saved:
    """What a forward keeps: how it was reduced, and an array from which the slope of every single loss follows."""

    reduction: str
    slope: Any
    more: Any = None


_REDUCE: dict[str, Callable[[Array], Any]] = {"mean": np.mean, "sum": np.sum, "none": np.array}


def _start(name: str, reduction: str) -> None:
    """The message of `reduced` cannot know which loss was called."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"{name}: reduction {reduction!r} is none of {REDUCTIONS}")


def _unit_pair(name: str, input: Array, target: Array) -> None:
    same_shape(name, input, target)
    check_unit(name, "target", target)


def _as(input: Array, values: Any) -> Array:
    return np.asarray(values, dtype=input.dtype)


def _log(values: Array) -> Array:
    """The logarithm, at least -100."""
    out = np.full(np.shape(values), -100.0)
    np.log(values, out=out, where=np.asarray(values) > 0)
    return np.maximum(out, -100.0)


def same_shape(name: str, input: Array, target: Array) -> None:
    if tuple(input.shape) == tuple(target.shape):
        return
    raise ValueError("{}: input and target must have one shape, got {} and {}".format(name, input.shape, target.shape))


def reduced(losses: Array, reduction: str = "mean") -> Array:
    try:
        how = _REDUCE[reduction]
    except (KeyError, TypeError):
        raise ValueError(f"reduction {reduction!r} is none of {REDUCTIONS}") from None
    return how(losses)


def spread(grad: Array, shape: tuple[int, ...], reduction: str) -> Array:
    share = {"mean": 1 / max(math.prod(shape), 1)}.get(reduction, 1)
    return np.broadcast_to(np.asarray(grad) * share, shape).astype(grad.dtype)


def mse_loss(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    _start("mse_loss", reduction)
    same_shape("mse_loss", input, target)
    difference = np.subtract(input, target, dtype=input.dtype, casting="unsafe")
    return reduced(np.square(difference), reduction), _Saved(reduction, difference)


def mse_loss_backward(grad: Array, saved: Any) -> tuple[Array, Array]:
    each = spread(grad, np.shape(saved.slope), saved.reduction) * saved.slope
    return each + each, -each - each


def logsumexp(input: Array, dim: int = -1) -> tuple[Array, Any]:
    rows = np.moveaxis(input, dim, -1)
    largest = rows.max(axis=-1)
    out = largest + np.log(np.exp(rows - largest[..., np.newaxis]).sum(axis=-1))
    return out, {"input": input.copy(), "dim": dim}


def logsumexp_backward(grad: Array, saved: Any) -> tuple[Array]:
    probabilities, _ = softmax(saved["input"], saved["dim"])
    axis = saved["dim"] % probabilities.ndim
    grad = np.asarray(grad)
    return (grad.reshape(grad.shape[:axis] + (1,) + grad.shape[axis:]) * probabilities,)


def check_classes(input: Array, target: Array) -> None:
    fits = len(input.shape) == 2 and target.shape == input.shape[:1]
    if not fits:
        raise ValueError(f"cross_entropy: input of shape {input.shape} should be (N, C), and target of shape {target.shape} (N,)")
    if not np.issubdtype(target.dtype, np.integer):
        raise TypeError(f"cross_entropy: the target holds {target.dtype}, not integers: Tensor(..., dtype=np.int64)")
    for c in target.tolist():
        if c not in range(input.shape[1]):
            raise IndexError(f"cross_entropy: there is no class {c} among {input.shape[1]}")


def cross_entropy(
    input: Array, target: Array, reduction: str = "mean", label_smoothing: float = 0.0
) -> tuple[Array, Any]:
    _start("cross_entropy", reduction)
    check_classes(input, target)
    smoothing = float(label_smoothing)
    if not (smoothing >= 0 and smoothing <= 1):
        raise ValueError(f"cross_entropy: label_smoothing={label_smoothing} is not from 0 to 1")
    logs, _ = log_softmax(input, 1)
    losses = np.zeros(len(target), input.dtype)
    for row, (log, c) in enumerate(zip(logs, target.tolist(), strict=True)):
        losses[row] = -log[c] if smoothing == 0 else -(1 - smoothing) * log[c] - smoothing * log.mean()
    return reduced(losses, reduction), _Saved(reduction, logs, (target.copy(), smoothing))


def cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    target, smoothing = saved.more
    slope = np.exp(saved.slope)
    count, classes = slope.shape
    q = np.full(slope.shape, smoothing / classes if classes else 0.0, slope.dtype)
    for row, c in enumerate(target.tolist()):
        q[row, c] += 1 - smoothing
    each = spread(grad, (count,), saved.reduction)
    return np.multiply(slope - q, each.reshape(count, 1)), None


def chance_loss(classes: int) -> float:
    return float(np.log(np.float64(classes)))


def check_unit(name: str, what: str, values: Array) -> None:
    for value in np.ravel(values):
        if not 0 <= value <= 1:
            raise ValueError(f"{name}: {what} holds {str(value)}; expected numbers from 0 to 1")


def binary_cross_entropy(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    _start("binary_cross_entropy", reduction)
    _unit_pair("binary_cross_entropy", input, target)
    check_unit("binary_cross_entropy", "input", input)
    p, t = input.astype(np.float64), target.astype(input.dtype).astype(np.float64)
    losses = -t * _log(p) - (1 - t) * _log(1 - p)
    return reduced(_as(input, losses), reduction), _Saved(reduction, _as(input, (p - t) / np.maximum(p - p * p, 1e-12)))


def binary_cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    return saved.slope * spread(grad, saved.slope.shape, saved.reduction), None


def binary_cross_entropy_with_logits(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    _start("binary_cross_entropy_with_logits", reduction)
    _unit_pair("binary_cross_entropy_with_logits", input, target)
    t = target.astype(input.dtype)
    losses = t * np.logaddexp(0, -input) + (1 - t) * np.logaddexp(0, input)  # log(1 + e^-x) if yes, log(1 + e^x) if no
    return reduced(_as(input, losses), reduction), _Saved(reduction, _as(input, sigmoid(input)[0] - t))


def binary_cross_entropy_with_logits_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    return saved.slope * spread(grad, saved.slope.shape, saved.reduction), None


class Loss:
    def _run(self, op: Any, input: Tensor, target: Any) -> Tensor:
        return apply(op, input, target, **vars(self))  # the settings are called what the op calls them


class MSELoss:
    def forward(self, input: Tensor, target: Any) -> Tensor:
        return self._run(mse_loss, input, target)


class CrossEntropyLoss:
    def forward(self, input: Tensor, target: Any) -> Tensor:
        return self._run(cross_entropy, input, class_indices(target))


class BCELoss:
    def forward(self, input: Tensor, target: Any) -> Tensor:
        return self._run(binary_cross_entropy, input, target)


class BCEWithLogitsLoss:
    def forward(self, input: Tensor, target: Any) -> Tensor:
        return self._run(binary_cross_entropy_with_logits, input, target)
