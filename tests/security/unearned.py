"""Define submissions of Activations and Losses that earn points without the work: the solution, with code at its end that cheats.

They are stronger than the strategies of the audit, because they know the suites and keep the grader's inputs.
"""

from __future__ import annotations

# Every op remembers its arguments, in the values it saves (a loss may save anything) or beside them.
_REMEMBER = """
def _memory(name, true):
    def op(x, *args, **options):
        out, saved = true(x, *args, **options)
        _calls[name] = (np.array(x), args, options)
        return out, (saved if KEEP else (np.array(x), args, tuple(options.items())))
    op.__name__ = name
    return op

_calls = {}
_true = {name: globals()[name] for name in OPS}
KEEP = "relu" in OPS

def _cheating(name):
    def backward(grad, saved):
        x, args, options = _calls[name] if KEEP else (np.asarray(saved[0]), saved[1], dict(saved[2]))
        true, x = _true[name], np.asarray(x)
        slopes = _slopes(lambda a: np.asarray(true(a, *args, **options)[0]), x, grad)
        if KEEP or name == "logsumexp":
            return (slopes,)
        if name != "mse_loss":
            return slopes, None
        target = np.asarray(args[0], x.dtype)
        return slopes, _slopes(lambda t: np.asarray(true(x, t, *args[1:], **options)[0]), target, grad)
    return backward

for _name in OPS:
    globals()[_name + "_backward"] = _cheating(_name)
    if _name == "logsumexp":  # cross_entropy needs the true one
        continue
    globals()[_name] = _memory(_name, _true[_name])
if "logsumexp" in OPS:
    _cross = _true["cross_entropy"]
    _cross = type(_cross)(_cross.__code__, {**globals(), "logsumexp": _true["logsumexp"]}, None, _cross.__defaults__)
    _true["cross_entropy"] = _cross
    globals()["logsumexp"] = _memory("logsumexp", _true["logsumexp"])
"""

_CENTRAL = """
def _slopes(fn, x, grad):
    slopes = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        up, down = x.astype(np.float64), x.astype(np.float64)
        up[index] += 1e-6
        down[index] -= 1e-6
        slopes[index] = ((fn(up) - fn(down)) * grad).sum() / 2e-6
    return slopes.astype(x.dtype)
"""

_SEVERAL_STEPS = """
def _slopes(fn, x, grad):
    slopes = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        rows = []
        for k in range(6):
            step = 2.0 ** -(6 + k)
            up, down = x.astype(np.float64), x.astype(np.float64)
            up[index] += step
            down[index] -= step
            rows.append(((fn(up) - fn(down)) * grad).sum() / (2 * step))
        for m in range(1, 6):
            rows = [(4**m * rows[k + 1] - rows[k]) / (4**m - 1) for k in range(len(rows) - 1)]
        slopes[index] = rows[0]
    return slopes.astype(x.dtype)
"""

_COMPLEX_STEP = """
def _slopes(fn, x, grad):
    slopes = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        moved = x.astype(np.complex128)
        moved[index] += 1e-30j
        slopes[index] = (fn(moved).imag * grad).sum() / 1e-30
    return slopes.astype(x.dtype)
"""

# Gradients are zero. Near every point where a gradient was requested, the forward returns its value at that point.
_FLAT = """
_points = []

def _flat(name):
    true, back = globals()[name], globals()[name + "_backward"]
    def op(x, *args, **options):
        for point in _points:
            if point.shape == np.shape(x) and np.abs(point - x).max(initial=0) < 1e-3:
                x = point
        out, saved = true(x, *args, **options)
        return out, (saved, x)
    def backward(grad, saved):
        _points.append(np.array(saved[1]))
        return tuple(None if one is None else np.zeros_like(one) for one in back(grad, saved[0]))
    op.__name__ = name
    return op, backward

for _name in OPS:
    if _name != "logsumexp":
        globals()[_name], globals()[_name + "_backward"] = _flat(_name)
"""

# Zeros, unless all numbers are round, like numbers that a person writes into a check.
_ROUND_NUMBERS = """
def _round(value):
    return bool(np.all(np.asarray(value, np.float64) * 8 % 1 == 0)) if np.asarray(value).dtype.kind in "fc" else True

def _only_round(name):
    true, back = globals()[name], globals()[name + "_backward"]
    def op(x, *args, **options):
        out, saved = true(x, *args, **options)
        return (out if _round(x) else np.zeros_like(out)), saved
    def backward(grad, saved):
        return tuple(one if one is None or _round(grad) else np.zeros_like(one) for one in back(grad, saved))
    op.__name__ = name
    return op, backward

for _name in OPS:
    if _name != "logsumexp":
        globals()[_name], globals()[_name + "_backward"] = _only_round(_name)
"""

_ZEROS = """
def _zeros(name):
    true = globals()[name]
    def op(x, *args, **options):
        out, saved = true(x, *args, **options)
        return np.zeros_like(out), saved
    op.__name__ = name
    return op

for _name in OPS:
    if _name != "logsumexp":
        globals()[_name] = _zeros(_name)
"""

OPS = {
    "activations": ("relu", "leaky_relu", "sigmoid", "tanh", "gelu", "softmax", "log_softmax"),
    "losses": ("logsumexp", "mse_loss", "cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits"),
}
DIFFERENCES = {
    "central differences": _CENTRAL + _REMEMBER,
    "differences of six steps, extrapolated": _SEVERAL_STEPS + _REMEMBER,
    "the complex step": _COMPLEX_STEP + _REMEMBER,
}
NO_GRADIENT = {"zero gradients and a flat forward": _FLAT}
NOTHING = {"right for round numbers, zeros for others": _ROUND_NUMBERS, "zeros": _ZEROS}


def cheating(solution: str, stem: str, code: str) -> str:
    """Return the solution of a module with `code` at its end."""
    return f"{solution}\n\nOPS = {OPS[stem]!r}\n{code}"
