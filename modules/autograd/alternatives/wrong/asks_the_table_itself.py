# misconception: pull_back only looks a rule up and calls it, so the walk may do that itself
# symptom: the functions of the rule of x · y that were called
# effect: gradients that nobody wants are computed


def gradients(tensor: Tensor, first: Array) -> Iterator[tuple[Tensor, Array]]:
    waiting = {tensor: first}
    for node in topological_order(tensor):
        if node not in waiting:
            continue
        grad = waiting.pop(node)
        yield node, grad
        if node.is_leaf:
            continue
        if node._op not in rules:
            name = node._op.__name__
            raise LookupError(f"{name} has no rule: write {name}_backward")
        for parent, part in zip(node._parents, rules[node._op](np.asarray(grad), node._saved), strict=True):
            part = part() if callable(part) else part
            if part is None or not parent.requires_grad:
                continue
            part = unbroadcast(np.asarray(part), parent.shape).astype(parent.dtype, copy=False)
            waiting[parent] = waiting[parent] + part if parent in waiting else part
