# misconception: a number is outside [0, 1] if it is below 0 or above 1
# symptom: check_unit of three numbers with nan among them nothing was raised; expected ValueError
# in: right/fresh_a.py


def check_unit(name: str, what: str, values: Array) -> None:
    good = ~((values < 0) | (values > 1))
    if not good.all():
        first = np.asarray(values)[~np.asarray(good)][0]
        raise ValueError(f"{name}: {what} holds {first!s}; a probability is from 0 to 1")
