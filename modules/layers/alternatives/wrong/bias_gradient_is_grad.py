# misconception: a bias is added once, so its gradient is grad as it comes
# symptom: the gradient of bias expected: shape (3,), dtype float64 got: shape (1, 3)


def linear_backward(grad: Array, saved: Any) -> tuple[Array, ...]:
    x, weight, has_bias = saved
    rows = grad.reshape(-1, weight.shape[0])
    dx, _ = run(matmul, rows, weight)
    dw, _ = run(matmul, rows.T, x.reshape(-1, weight.shape[1]))
    return (dx.reshape(x.shape), dw, grad) if has_bias else (dx.reshape(x.shape), dw)
