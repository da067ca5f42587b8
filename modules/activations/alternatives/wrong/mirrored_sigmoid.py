# misconception: sigmoid(-x) = 1 - sigmoid(x), so one stable half is enough
# symptom: sigmoid far on the left, where it is nearly e to the x
# effect: no overflow, but the left end loses its digits: sigmoid(-20) is 0 in float32 instead of 2.06e-9


def sigmoid(x: Array) -> tuple[Array, Array]:
    right = 1 / (1 + np.exp(-np.abs(x)))
    out = np.where(x >= 0, right, 1 - right)
    return out, out
