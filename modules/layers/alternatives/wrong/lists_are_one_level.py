# misconception: a list holds modules, not lists of modules
# symptom: names in a tree of lists, tuples and dicts


def members(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, (Tensor, Module, Activation)):
        yield name, value
    elif isinstance(value, (list, tuple, dict)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            for inner, one in members(item, f"{name}.{key}") if isinstance(value, dict) else [(f"{name}.{key}", item)]:
                if isinstance(one, (Tensor, Module, Activation)):
                    yield inner, one
