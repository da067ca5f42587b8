# misconception: the size of what a graph keeps is the sum of nbytes of its arrays; a view of a result is as large as it looks
# symptom: an op whose result looks into a larger array of its own
# effect: y = big[0:1] of an op's own big buffer counts a small view where the whole buffer stays alive
# in: right/fresh_a.py


def graph_bytes(tensor: Tensor) -> int:
    def buffer(array: Array) -> int:
        return id(array.base if array.base is not None else array)

    leaves = set()
    rest: dict[int, int] = {}
    todo: list[Any] = []
    for one in topological_order(tensor):
        if one.is_leaf:
            leaves.add(buffer(one.data))
        else:
            todo += [one._saved, one.data]
    while todo:
        value = todo.pop()
        if isinstance(value, np.ndarray):
            rest.setdefault(buffer(value), value.nbytes)
        elif isinstance(value, (tuple, list)):
            todo.extend(value)
        elif isinstance(value, dict):
            todo.extend(value.values())
    return sum(size for key, size in rest.items() if key not in leaves)
