"""List names that are easily confused, and calls that are easily forgotten. `tests/audit` looks up each name."""

from __future__ import annotations

from collections.abc import Mapping


def _both_ways(*pairs: tuple[str, str]) -> dict[str, str]:
    return dict(pairs) | {b: a for a, b in pairs}


_REDUCTIONS = (("max", "min"), ("argmax", "argmin"), ("any", "all"), ("std", "var"), ("sum", "mean"))

NUMPY: Mapping[str, str] = {
    **_both_ways(*_REDUCTIONS),
    **_both_ways(("maximum", "minimum"), ("zeros", "ones"), ("zeros_like", "ones_like"), ("floor", "ceil")),
    **_both_ways(("exp", "expm1"), ("log", "log1p"), ("sin", "cos"), ("sqrt", "square"), ("less", "less_equal")),
    **_both_ways(("greater", "greater_equal"), ("equal", "not_equal"), ("add", "subtract"), ("multiply", "divide")),
    **_both_ways(("logical_and", "logical_or"), ("triu", "tril"), ("isnan", "isinf"), ("concatenate", "stack")),
    **_both_ways(("cumsum", "cumprod"), ("nanmax", "nanmin"), ("percentile", "quantile")),
    "median": "mean",
    "prod": "sum",
}
MATH: Mapping[str, str] = {
    **_both_ways(("floor", "ceil"), ("exp", "expm1"), ("log", "log1p"), ("sin", "cos")),
    "prod": "fsum",
}
BUILTINS: Mapping[str, str] = {**_both_ways(("max", "min"), ("any", "all")), "sum": "max"}
METHODS: Mapping[str, str] = {
    **_both_ways(*_REDUCTIONS),
    **_both_ways(("append", "extend"), ("lstrip", "rstrip"), ("startswith", "endswith"), ("lower", "upper")),
    **_both_ways(("keys", "values"), ("union", "intersection"), ("cumsum", "cumprod")),
    "prod": "sum",
}
ATTRIBUTES: Mapping[str, str] = {"nbytes": "size"}
DTYPES: Mapping[str, str] = {
    **_both_ways(("float32", "float64"), ("int32", "int64"), ("uint8", "int8")),
    "float16": "float32",
    "bool_": "int64",
}
PYTHON_DTYPES: Mapping[str, str] = {"float": "int", "int": "float", "bool": "int"}  # dtype=float, x.astype(bool)
EXCEPTIONS: Mapping[str, str] = {
    **_both_ways(("ValueError", "TypeError"), ("IndexError", "KeyError"), ("ImportError", "RuntimeError")),
    "NotImplementedError": "RuntimeError",
    "ModuleNotFoundError": "RuntimeError",
    "AttributeError": "TypeError",
}

# x.sum(axis=0) -> x and np.exp(x) -> x: the rest often still runs without the call
FORGOTTEN_METHODS = {
    *("sum", "mean", "max", "min", "prod", "var", "std", "cumsum", "clip", "round", "astype", "reshape", "transpose"),
    *("squeeze", "swapaxes", "ravel", "flatten", "item", "tolist", "strip", "lstrip", "rstrip", "lower", "upper"),
}
FORGOTTEN_NUMPY = {
    *("exp", "log", "sqrt", "square", "tanh", "sin", "cos", "abs", "sign", "negative", "floor", "ceil", "round"),
    *("clip", "maximum", "minimum", "sum", "mean", "max", "min", "prod", "cumsum", "broadcast_to", "expand_dims"),
    *("squeeze", "swapaxes", "moveaxis", "transpose", "triu", "tril", "nan_to_num", "flip", "sort", "float32"),
}
FORGOTTEN_BUILTINS = {  # not int, float and bool: their argument is already a number and works as well
    *("abs", "str", "tuple", "list", "sorted", "reversed", "round", "max", "min"),
}
