# misconception: the gradient of a loss begins with 1, so the backward of a loss need not look at grad
# symptom: mse_loss_backward, reduction 'mean' with respect to input 0 disagrees with the derivative


def mse_loss_backward(grad: Array, saved: Any) -> tuple[Array, Array]:
    difference, reduction = saved
    slope = 2 * difference / (difference.size if reduction == "mean" else 1)
    return slope, -slope
