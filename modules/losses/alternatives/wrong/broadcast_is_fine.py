# misconception: NumPy refuses shapes that do not fit, so a check of one's own is superfluous
# symptom: nothing was raised


def same_shape(name: str, input: Array, target: Array) -> None:
    np.broadcast_shapes(input.shape, target.shape)
