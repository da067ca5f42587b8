# misconception: an input that the walk does not reach has nothing to be compared with
# symptom: backward does not reach b
# effect: gradcheck says True to a function that goes by .data and so loses its way back
# in: right/fresh_a.py


def gradcheck(
    fn: Callable[..., Tensor],
    inputs: Tensor | Sequence[Tensor],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    given = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    checked = [one for one in given if one.requires_grad]
    if not checked:
        raise ValueError("gradcheck: no input requires a gradient")
    if any(one.dtype != np.float64 for one in checked):
        raise TypeError("gradcheck: float64 only")
    result = fn(*given)
    upstream = _weights(result.shape)
    walked = dict(gradients(result, upstream))
    numeric = numeric_gradients(lambda *_: fn(*given), checked, upstream, eps)
    for number, (one, want) in enumerate(zip(checked, numeric, strict=True)):
        if one not in walked:
            continue
        for index in np.argwhere(~np.isclose(walked[one], want, rtol=rtol, atol=atol)):
            if not raise_exception:
                return False
            where = tuple(index.tolist())
            raise AssertionError(f"input {number}, index {where}: backward {walked[one][where]}, numeric {want[where]}")
    return True
