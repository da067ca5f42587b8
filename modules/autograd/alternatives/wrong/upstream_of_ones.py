# misconception: to check a gradient it is enough to check that of the sum
# symptom: softmax that returns zeros


def gradcheck(
    fn: Callable[..., Tensor],
    inputs: Tensor | Sequence[Tensor],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    inputs = (inputs,) if isinstance(inputs, Tensor) else inputs
    wanted = [(number, one) for number, one in enumerate(inputs) if one.requires_grad]
    if not wanted:
        raise ValueError("gradcheck: no input has requires_grad=True, so there is nothing to check")
    for number, one in wanted:
        if one.dtype != np.float64:
            raise TypeError(f"gradcheck needs float64, and input {number} is {one.dtype}: Tensor(…, dtype=np.float64)")
    result = fn(*inputs)
    upstream = np.ones(result.shape)
    walked = dict(gradients(result, upstream))
    numeric = numeric_gradients(lambda *_: fn(*inputs), [one for _, one in wanted], upstream, eps)
    for (number, one), right in zip(wanted, numeric, strict=True):
        mine = np.asarray(walked.get(one, np.zeros(one.shape)))
        wrong = np.argwhere(~np.isclose(mine, right, rtol=rtol, atol=atol))
        if len(wrong):
            if not raise_exception:
                return False
            index = tuple(int(i) for i in wrong[0])
            raise AssertionError(
                f"gradcheck: input {number}, {len(wrong)} of {one.numel()} numbers, the first at index {index}: "
                f"backward says {mine[index]:.8g}, finite differences say {right[index]:.8g}"
            )
    return True
