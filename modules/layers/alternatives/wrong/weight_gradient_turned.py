# misconception: the gradient of the weight is xᵀ · grad, as for x @ W
# symptom: the gradient of weight expected: shape (3, 2), dtype float64 got: shape (2, 3)


def linear_backward(grad: Array, saved: Any) -> tuple[Array, ...]:
    x, weight, has_bias = saved
    rows = grad.reshape(-1, weight.shape[0])
    dx, _ = run(matmul, rows, weight)
    dw, _ = run(matmul, x.reshape(-1, weight.shape[1]).T, rows)
    return (dx.reshape(x.shape), dw, add_up(rows, (0,))) if has_bias else (dx.reshape(x.shape), dw)
