# misconception: each use passes its part straight on to the inputs; a sum over all paths needs no order
# symptom: how often `gradients` yields a


def gradients(tensor: Tensor, first: Array) -> Iterator[tuple[Tensor, Array]]:
    yield tensor, first
    if tensor.is_leaf:
        return
    for parent, part in zip(tensor._parents, pull_back(tensor, first), strict=True):
        if part is not None and parent.requires_grad:
            part = unbroadcast(np.asarray(part), parent.shape).astype(parent.dtype, copy=False)
            yield from gradients(parent, part)
