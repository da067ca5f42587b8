# misconception: every run of digits in a version is one of its numbers, so re.findall(r'\d+') reads it
# symptom: got: tuple (2, 4, 0, 1)
# effect: 2.1rc3 becomes (2, 1, 3) and counts as newer than 2.1.2; '2.1.0+cu121' gets (2, 1, 0, 121); 'beta1' is no error
# in: right/compact.py


def version_tuple(version: str) -> tuple[int, ...]:
    numbers = [int(digits) for digits in re.findall(r"\d+", version)]
    if not numbers:
        raise ValueError(f"{version!r} is not a version")
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
