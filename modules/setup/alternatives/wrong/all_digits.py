# misconception: the number of a version part is made of all the digits in it; letters between them can be left out
# symptom: got: tuple (2, 4, 1)
# effect: version_tuple('2.1rc3') is (2, 13), so require thinks that a release candidate of 2.1 is newer than 2.12
# in: right/long_way.py


def version_tuple(version: str) -> tuple[int, ...]:
    finished: list[int] = []
    for part in version.split("."):
        if not part or part[0] not in "0123456789":
            break
        digits = [character for character in part if character in "0123456789"]
        finished.append(int("".join(digits)))
        if len(digits) < len(part):
            break
    if not finished:
        raise ValueError(f"a version begins with a digit, and {version!r} does not")
    while finished and finished[-1] == 0:
        del finished[-1]
    return tuple(finished)
