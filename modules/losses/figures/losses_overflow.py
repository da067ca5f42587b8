"""Cross-entropy by its definition against cross-entropy from scores, in float32; and the handout's numbers.

python -m modules.losses.figures.losses_overflow
"""

from __future__ import annotations

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np

from modules.figures import BLUE, GREEN, ORANGE, STYLE, save_numbers, save_picture
from tinytorch_ref.activations import sigmoid, softmax
from tinytorch_ref.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    chance_loss,
    cross_entropy,
    cross_entropy_backward,
    mse_loss,
    mse_loss_backward,
)

LAST = 130
Loss = Callable[[np.float32], float]


def definition(score: np.float32) -> float:
    """-log(e^x₀ / Σ e^x) for the scores [0, score], straight from the formula."""
    powers = np.exp(np.array([0, score], np.float32))
    return float(-np.log(powers[0] / powers.sum()))


def definition_right(score: np.float32) -> float:
    """The same where the large score is that of the right class: nothing could be easier."""
    powers = np.exp(np.array([0, score], np.float32))
    return float(-np.log(powers[1] / powers.sum()))


def two_steps(score: np.float32) -> float:
    """The log of a softmax that is stable: two good functions, one after the other."""
    return float(-np.log(softmax(np.array([0, score], np.float32))[0][0]))


def from_scores(score: np.float32) -> float:
    return float(cross_entropy(np.array([[0, score]], np.float32), np.array([0]))[0])


def of_sigmoid(score: np.float32) -> float:
    """Binary cross-entropy, target 0, of the probability that sigmoid makes of the score."""
    return float(binary_cross_entropy(sigmoid(np.array([score]))[0], np.zeros(1))[0])


def with_logits(score: np.float32) -> float:
    return float(binary_cross_entropy_with_logits(np.array([score]), np.zeros(1))[0])


def first(loss: Loss, bad: Callable[[float], bool]) -> int:
    """The first whole score at which the loss is bad."""
    return next(s for s in range(LAST + 1) if bad(loss(np.float32(s))))


def example() -> dict[str, object]:
    """The numbers that the handout works out by hand."""
    y, t = np.array([[3.0, 2.0]]), np.array([[2.0, 4.0]])
    x, w = np.array([[1.0, 2.0]]), np.array([[0.5, -1.0], [1.0, 2.0]])
    loss, saved = mse_loss(y, t)
    dy, _ = mse_loss_backward(np.float64(1), saved)
    scores, target = np.array([[2.5, 3.0]]), np.array([0])
    entropy, kept = cross_entropy(scores, target)
    smooth, kept_smooth = cross_entropy(scores, target, label_smoothing=0.1)
    return {
        "mse": float(loss),
        "dy": dy.tolist(),
        "dw": (x.T @ dy).tolist(),
        "db": dy.sum(axis=0).tolist(),
        "dx": (dy @ w.T).tolist(),
        "lse": round(float(entropy) + 2.5, 4),
        "probabilities": [round(p, 4) for p in softmax(scores)[0][0].tolist()],
        "entropy": round(float(entropy), 4),
        "entropy_gradient": [round(g, 4) for g in cross_entropy_backward(np.float64(1), kept)[0][0].tolist()],
        "smooth": round(float(smooth), 4),
        "smooth_gradient": [round(g, 4) for g in cross_entropy_backward(np.float64(1), kept_smooth)[0][0].tolist()],
        "chance_10": round(chance_loss(10), 4),
        "chance_50257": round(chance_loss(50257), 2),
        "mse_of_one_sure_mistake": round(float(mse_loss(sigmoid(np.array([10.0]))[0], np.zeros(1))[0]), 4),
        "bce_of_one_sure_mistake": round(with_logits(np.float32(10)), 4),
    }


def kept_bytes(batch: int, classes: int) -> int:
    """The bytes of the arrays that cross_entropy saves for float32 scores and int64 classes."""
    _, saved = cross_entropy(np.zeros((batch, classes), np.float32), np.zeros(batch, np.int64))
    return sum(part.nbytes for part in saved if isinstance(part, np.ndarray))


def main() -> None:
    scores = np.linspace(0, LAST, 521, dtype=np.float32)
    with np.errstate(all="ignore"), plt.rc_context(STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
        left.plot(scores, [from_scores(s) for s in scores], color=BLUE, linewidth=2, label="from scores")
        for loss, color, dashes, label in (
            (two_steps, GREEN, "--", "log of a stable softmax"),
            (definition, ORANGE, ":", "by definition"),
        ):
            values = np.array([loss(s) for s in scores])
            good = np.isfinite(values)
            left.plot(scores[good], values[good], dashes, color=color, linewidth=3.5, label=label)
            left.plot(scores[good][-1], values[good][-1], "x", color=color, markersize=11, markeredgewidth=3)
        left.set(
            xlabel="s, the score of the wrong class", ylabel="loss", title="Cross-entropy of [0, s], class 0 is right"
        )
        left.legend()
        near = scores[scores <= 40]
        right.plot(near, [with_logits(s) for s in near], color=BLUE, linewidth=2, label="from the score")
        right.plot(near, [of_sigmoid(s) for s in near], ":", color=ORANGE, linewidth=3.5, label="of sigmoid(s)")
        right.set(xlabel="s, the score of yes", ylabel="loss", title="Binary cross-entropy of s, no is right")
        right.legend()
        save_picture(figure, __file__)
        numbers = {
            "definition_inf_at": first(definition, np.isinf),
            "definition_nan_at": first(definition_right, np.isnan),
            "two_steps_inf_at": first(two_steps, np.isinf),
            "from_scores_there": from_scores(np.float32(first(two_steps, np.isinf))),
            "from_scores_at_1000": from_scores(np.float32(1000)),
            "sigmoid_is_one_at": first(lambda s: float(sigmoid(np.array([s]))[0][0]), lambda p: p == 1),
            "with_logits_there": with_logits(np.float32(17)),
            "kept_digits": f"{kept_bytes(64, 10):,}",
            "kept_words": f"{kept_bytes(64, 50257):,}",
            "kept_gpt": f"{8 * 1024 * 50257 * 4 / 1e9:.1f}",
        }
    save_numbers(numbers | example(), __file__)


if __name__ == "__main__":
    main()
