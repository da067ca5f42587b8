# misconception: broadcasting takes the larger of two sizes
# symptom: broadcast_shapes((0,), (1,)) expected: tuple (0,) got: tuple (1,)
# effect: broadcast_shapes((0,), (1,)) is (1,); an empty batch plus a row suddenly has one row
# in: right/long_way.py


def broadcast_shapes(*shapes: Shape) -> Shape:
    together: list[int] = []
    for column in zip_longest(*(tuple(shape)[::-1] for shape in shapes), fillvalue=1):
        size = max(column)
        for other in column:
            if other not in (0, 1, size) or (other == 0 and size > 1):
                named = " and ".join(str(tuple(shape)) for shape in shapes)
                raise ValueError(f"the shapes {named} do not broadcast: {size} meets {other}")
        together.insert(0, size)
    return tuple(together)
