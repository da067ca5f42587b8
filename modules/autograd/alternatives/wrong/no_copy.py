# misconception: a new array was made somewhere on the way, so .grad need not be a copy
# symptom: y.grad after x + y, where numbers were written into x.grad


def backward(tensor: Tensor, gradient: Any = None) -> None:
    start = initial_gradient(tensor, gradient)
    arrived = [
        (one, grad)  # np.array copies, and makes an array of a NumPy scalar
        for one, grad in gradients(tensor, start)
        if one.is_leaf or one.retains_grad
    ]
    for one, grad in arrived:
        one.grad = grad if one.grad is None else np.asarray(one.grad + grad)
