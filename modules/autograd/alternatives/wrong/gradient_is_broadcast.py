# misconception: a gradient that broadcasts to the tensor's shape is as good as one that has it
# symptom: nothing was raised


def initial_gradient(tensor: Tensor, gradient: Any = None) -> Array:
    if not tensor.requires_grad:
        raise ValueError(
            f"backward: this Tensor of shape {tensor.shape} requires no gradient. Nothing it was made from has "
            "requires_grad=True, or it was made under no_grad, or by a detour over .data"
        )
    if gradient is None:
        if tensor.numel() != 1:
            raise ValueError(
                f"backward: this Tensor has shape {tensor.shape}, and only for a single number is the gradient 1 by itself: "
                "take a sum or mean first, or give backward() a gradient of that shape"
            )
        return np.ones(tensor.shape, tensor.dtype)
    first = as_array(gradient.data if isinstance(gradient, Tensor) else gradient, tensor.dtype)
    first = np.broadcast_to(first, tensor.shape).copy() if first.ndim <= tensor.ndim else first
    if first.shape != tensor.shape:
        raise ValueError(f"backward: the gradient has shape {first.shape}, the Tensor {tensor.shape}; they must be equal")
    return first
