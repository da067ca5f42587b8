# misconception: x has two axes, samples and features
# symptom: linear and linear_backward for x of shape


def linear_backward(grad: Array, saved: Any) -> tuple[Array, ...]:
    x, weight, has_bias = saved
    dx, _ = run(matmul, grad, weight)
    dw, _ = run(matmul, grad.T, x)
    return (dx, dw, add_up(grad, (0,))) if has_bias else (dx, dw)
