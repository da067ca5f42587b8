# misconception: one broken sample must not spoil a whole batch: nan counts as 0
# symptom: which losses are nan if one of the scores is nan
# in: right/fresh_a.py


def reduced(losses: Array, reduction: str = "mean") -> Array:
    losses = np.nan_to_num(losses)
    if reduction == "mean":
        return losses.mean()
    if reduction == "sum":
        return losses.sum()
    if reduction == "none":
        return losses
    raise ValueError(f"reduction is one of {', '.join(REDUCTIONS)}; got {reduction!r}")
