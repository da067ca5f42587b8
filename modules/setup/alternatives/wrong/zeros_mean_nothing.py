# misconception: a zero in a version says nothing, so all zeros can be dropped, wherever they stand
# symptom: expected: tuple (5, 0, 10) got: tuple (5, 10)
# effect: 10.0.1 becomes (10, 1): require takes numpy 2.0.5 for newer than 2.4
# in: right/long_way.py


def version_tuple(version: str) -> tuple[int, ...]:
    finished: list[int] = []
    number: int | None = None  # the number being read; None between a dot and the next digit
    for character in version:
        value = "0123456789".find(character)
        if value >= 0:
            number = value if number is None else 10 * number + value
        elif character == "." and number is not None:
            finished.append(number)
            number = None
        else:
            break
    if number is not None:
        finished.append(number)
    if not finished:
        raise ValueError(f"a version begins with a digit, and {version!r} does not")
    return tuple(part for part in finished if part != 0)
