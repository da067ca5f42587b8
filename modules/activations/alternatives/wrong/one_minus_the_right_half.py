# misconception: sigmoid is symmetric, so for negative x one takes 1 - sigmoid(-x) and nothing overflows
# symptom: sigmoid far on the left, where it is nearly e to the x
# effect: sigmoid(-20) is exactly 0 in float32, and log of it -inf: the left end has lost its digits
# in: right/long_way.py


def sigmoid(x: Array) -> tuple[Array, Array]:
    right = 1 / (1 + np.exp(-np.abs(x)))  # sigmoid(|x|)
    y = np.asarray(np.where(x < 0, 1 - right, right))
    return y, y
