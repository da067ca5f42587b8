# misconception: a sum is a sum
# symptom: the gradient of bias over


def linear_backward(grad: Array, saved: Any) -> tuple[Array, ...]:
    x, weight, has_bias = saved
    rows = grad.reshape(-1, weight.shape[0])
    dx, _ = run(matmul, rows, weight)
    dw, _ = run(matmul, rows.T, x.reshape(-1, weight.shape[1]))
    return (dx.reshape(x.shape), dw, rows.sum(axis=0)) if has_bias else (dx.reshape(x.shape), dw)
