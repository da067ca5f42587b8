# misconception: a dict of gradients is small; it is freed when the walk is over anyway
# symptom: all its gradients together are
# effect: backward through a chain of 50 ops holds the gradients of all 50 at once; memory grows with the depth
# in: right/fresh_a.py


def gradients(tensor: Tensor, first: Array) -> Iterator[tuple[Tensor, Array]]:
    waiting = {tensor: first}
    for one in topological_order(tensor):
        if one not in waiting:
            continue
        grad = waiting[one]
        yield one, grad
        if one._op is None:
            continue
        for parent, part in zip(one._parents, pull_back(one, grad), strict=True):
            if part is None or not parent.requires_grad:
                continue
            mine = np.asarray(unbroadcast(np.asarray(part), parent.shape), dtype=parent.dtype)
            waiting[parent] = np.asarray(waiting[parent] + mine) if parent in waiting else mine
