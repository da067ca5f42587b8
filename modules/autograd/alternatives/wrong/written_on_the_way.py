# misconception: if backward fails the user sees an exception, so it does not matter what has been written until then
# symptom: .grad after backward raised
# effect: a graph with one op that has no rule raises, and some leaves have new gradients: the next backward adds to them
# in: right/fresh_a.py


def backward(tensor: Tensor, gradient: Any = None) -> None:
    for one, grad in gradients(tensor, initial_gradient(tensor, gradient)):
        if one.is_leaf or one.retains_grad:
            one.grad = np.array(grad if one.grad is None else one.grad + grad, dtype=one.dtype)
