# misconception: an index that is out of range is refused by NumPy itself when it is used
# symptom: nothing was raised; expected IndexError


def check_classes(input: Array, target: Array) -> None:
    if input.ndim != 2 or target.shape != input.shape[:1]:
        raise ValueError(f"cross_entropy: input has shape {input.shape}, target {target.shape}")
    if target.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy: a target holds class indices, integers, and this one holds {target.dtype}")
    for one in target:
        if one >= input.shape[1]:
            raise IndexError(f"cross_entropy: class {one} is not one of {input.shape[1]} classes")
