# misconception: a depth-first walk is written as a function that calls itself
# symptom: maximum recursion depth exceeded


def topological_order(tensor: Tensor) -> list[Tensor]:
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for parent in node._parents:
                visit(parent)
            order.append(node)

    visit(tensor)
    return order[::-1]
