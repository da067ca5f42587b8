# misconception: a tensor has one gradient, the one that its user sends
# symptom: W.grad


def gradients(tensor: Tensor, first: Array) -> Iterator[tuple[Tensor, Array]]:
    waiting = {tensor: first}
    for node in topological_order(tensor):
        if node not in waiting:
            continue
        grad = waiting.pop(node)
        yield node, grad
        if node.is_leaf:
            continue
        for parent, part in zip(node._parents, pull_back(node, grad), strict=True):
            if part is None or not parent.requires_grad:
                continue
            part = unbroadcast(np.asarray(part), parent.shape).astype(parent.dtype, copy=False)
            waiting[parent] = part
