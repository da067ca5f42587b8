# misconception: backward computes the gradient, so .grad is set to it
# symptom: x.grad after backward twice


def backward(tensor: Tensor, gradient: Any = None) -> None:
    start = initial_gradient(tensor, gradient)
    arrived = [
        (one, np.array(grad))  # np.array copies, and makes an array of a NumPy scalar
        for one, grad in gradients(tensor, start)
        if one.is_leaf or one.retains_grad
    ]
    for one, grad in arrived:
        one.grad = grad
