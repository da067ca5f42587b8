# misconception: what is waiting in my dict is my own array, so += is the cheap way to add the next part
# symptom: the slope of a + (a * 2 + y)
# effect: (a + b) * … + a: a's second part is added into the array that the rule of + gave to b as well, so b's gradient is wrong; read-only after sum()
# in: right/fresh_a.py


def gradients(tensor: Tensor, first: Array) -> Iterator[tuple[Tensor, Array]]:
    waiting = {tensor: first}
    for one in topological_order(tensor):
        grad = waiting.pop(one, None)
        if grad is None:
            continue
        yield one, grad
        if one._op is None:
            continue
        for parent, part in zip(one._parents, pull_back(one, grad), strict=True):
            if part is None or not parent.requires_grad:
                continue
            mine = np.asarray(unbroadcast(np.asarray(part), parent.shape), dtype=parent.dtype)
            if parent not in waiting:
                waiting[parent] = mine
            elif mine.ndim and waiting[parent].flags.writeable:
                waiting[parent] += mine
            else:
                waiting[parent] = np.asarray(waiting[parent] + mine)
