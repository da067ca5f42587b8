"""XOR 1969: what one layer cannot do, two layers can, with your Linear, your losses and your SGD.

In 1969 Marvin Minsky and Seymour Papert proved what a perceptron, a single layer, can never compute. XOR is the smallest case: no
straight line has [0, 1] and [1, 0] on one side and [0, 0] and [1, 1] on the other. A second layer bends the line. What was
missing was a way to train it. Here it is, worked out with the chain rule: the lines that are marked "by hand". The
module autograd will make every one of them unnecessary.

    make milestone NAME=xor_1969        seconds, without a network; exit status 0 if all four answers are right for all seeds
"""

from __future__ import annotations

import sys

import matplotlib.pyplot as plt
import numpy as np
from milestones.report import STYLE, Claim, progress, save_numbers, save_picture, verdict

from tinytorch.activations import Tanh, tanh_backward
from tinytorch.layers import Linear
from tinytorch.losses import BCEWithLogitsLoss, binary_cross_entropy_with_logits_backward
from tinytorch.optimizers import SGD
from tinytorch.setup import seed_everything
from tinytorch.tensor import Tensor

NAME, SEEDS, STEPS = "xor_1969", 20, 300
HIDDEN = 8  # two are enough to compute XOR, but with two the way downhill ends in a dead end for many seeds

X = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
ANSWERS = Tensor([[0], [1], [1], [0]])


class Network:
    """Two layers with a bend between them: (N, 2) -> (N, 1), a score above 0 for yes."""

    def __init__(self) -> None:
        self.first, self.bend, self.second = Linear(2, HIDDEN), Tanh(), Linear(HIDDEN, 1)

    def parameters(self) -> list[Tensor]:
        return [self.first.weight, self.first.bias, self.second.weight, self.second.bias]

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The scores, and what the hidden layer said."""
        hidden = self.bend(self.first(x))  # (N, HIDDEN)
        return self.second(hidden), hidden


def train(seed: int) -> tuple[Network, list[float]]:
    """A network trained from this seed, and its loss at every step."""
    seed_everything(seed)
    network, criterion, curve = Network(), BCEWithLogitsLoss(), []
    optimizer = SGD(network.parameters(), lr=0.3, momentum=0.9)
    first, second = network.first, network.second
    for _ in range(STEPS):
        scores, hidden = network(X)
        loss = criterion(scores, ANSWERS)
        optimizer.zero_grad()
        one = np.ones((), dtype=np.float32)  # by hand: the loss changes by 1 per unit of itself
        d_scores, _ = binary_cross_entropy_with_logits_backward(one, loss._saved)  # by hand, (4, 1)
        second.weight.grad = d_scores.T @ hidden.data  # by hand, (1, HIDDEN): yours is (out, in), so the transpose
        second.bias.grad = d_scores.sum(axis=0)  # by hand, (1,): it was added to all four rows
        d_hidden = d_scores @ second.weight.data  # by hand, (4, HIDDEN)
        (d_bend,) = tanh_backward(d_hidden, hidden._saved)  # by hand, (4, HIDDEN)
        first.weight.grad = d_bend.T @ X.data  # by hand, (HIDDEN, 2)
        first.bias.grad = d_bend.sum(axis=0)  # by hand, (HIDDEN,)
        optimizer.step()
        curve.append(loss.item())
    return network, curve


def right_answers(network: Network) -> int:
    """How many of the four it gets right."""
    scores, _ = network(X)
    return int(((scores.data > 0) == (ANSWERS.data > 0)).sum())


def draw(network: Network, curves: list[list[float]]) -> None:
    """The plane as one network sees it, and the loss of every seed."""
    side = np.linspace(-0.5, 1.5, 81, dtype=np.float32)
    across, up = np.meshgrid(side, side)
    scores, _ = network(Tensor(np.stack([across.ravel(), up.ravel()], axis=1)))
    height = scores.data.reshape(across.shape)
    yes = ANSWERS.data[:, 0] > 0
    with plt.rc_context(STYLE):
        figure, (plane, losses) = plt.subplots(1, 2, figsize=(9, 3.8))
        plane.contourf(across, up, height, levels=[-1e9, 0, 1e9], colors=["#56B4E9", "#E69F00"], alpha=0.4)
        plane.contour(across, up, height, levels=[0], colors="black", linewidths=1.5)
        plane.plot(*X.data[yes].T, "k^", markersize=12, label="yes")
        plane.plot(*X.data[~yes].T, "ko", markersize=12, fillstyle="none", markeredgewidth=2, label="no")
        plane.set(xlabel="first input", ylabel="second input", title=f"Where the network of seed {SEEDS - 1} says yes")
        plane.set(xticks=(0, 1), yticks=(0, 1))
        plane.legend(loc="upper right", frameon=True)  # its marks are no points of the plane
        for curve in curves:
            losses.semilogy(curve, color="#0072B2", linewidth=0.8, alpha=0.7)
        losses.set(xlabel="step", ylabel="loss", title=f"The loss, {len(curves)} seeds")
        save_picture(figure, NAME)
        plt.close(figure)


def main() -> int:
    answers, curves = [], []
    for seed in range(SEEDS):
        network, curve = train(seed)
        answers.append(right_answers(network))
        curves.append(curve)
        progress("training, seed by seed", seed + 1, SEEDS, f"{answers[-1]} of 4 right, loss {curve[-1]:.4f}")
    draw(network, curves)
    last, solved = [curve[-1] for curve in curves], answers.count(len(X))
    save_numbers(
        {"seeds": SEEDS, "steps": STEPS, "hidden": HIDDEN, "right_answers": answers, "last_losses": last},
        NAME,
    )
    return verdict(
        "XOR 1969",
        [
            Claim(
                "XOR is learned from every seed: four right answers",
                solved == SEEDS,
                f"{solved} of {SEEDS} seeds; losses from {min(last):.4f} to {max(last):.4f} after {STEPS} steps",
            ),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
