# misconception: the way back from a permutation is the same permutation
# symptom: permute_backward


def permute_backward(grad: Array, saved: Shape) -> tuple[Array]:
    return (grad.transpose(saved),)
