# misconception: visiting results level by level, nearest first, each once, is an order in which every gradient is whole
# symptom: that come before it, in the order


def topological_order(tensor: Tensor) -> list[Tensor]:
    order, seen = [tensor], {tensor}
    for node in order:
        for parent in node._parents:
            if parent not in seen:
                seen.add(parent)
                order.append(parent)
    return order
