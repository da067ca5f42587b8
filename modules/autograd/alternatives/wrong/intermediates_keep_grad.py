# misconception: every tensor that requires a gradient gets its .grad
# symptom: without retain_grad()


def backward(tensor: Tensor, gradient: Any = None) -> None:
    start = initial_gradient(tensor, gradient)
    arrived = [
        (one, np.array(grad))  # np.array copies, and makes an array of a NumPy scalar
        for one, grad in gradients(tensor, start)
        if one.requires_grad
    ]
    for one, grad in arrived:
        one.grad = grad if one.grad is None else np.asarray(one.grad + grad)
