"""Share what several strategies need: replacing a function, and a key for a value that an op has saved."""

from __future__ import annotations

from typing import Any

import numpy as np


def replace(module: dict[str, Any], honest: Any, other: Any) -> None:
    """Replace a function under every name in the module and in its tables of functions."""
    for key, value in list(module.items()):
        if value is honest:
            module[key] = other
        elif type(value) is dict and value is not module:
            value.update({k: other for k, v in value.items() if v is honest})


def key_of(saved: Any) -> Any:
    """Return a key for a saved value, which goes to the suite between forward and backward and comes back as a copy."""
    if isinstance(saved, (np.ndarray, np.generic)):
        return str(saved.dtype), np.shape(saved), saved.tobytes()
    if isinstance(saved, (tuple, list)):
        return tuple(map(key_of, saved))
    if isinstance(saved, dict):
        return tuple((key, key_of(value)) for key, value in saved.items())
    return repr(saved)
