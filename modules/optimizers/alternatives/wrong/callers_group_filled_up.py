# misconception: the group that was given is the group that is kept: setdefault puts the missing settings into it
# symptom: the keys of a dict of the caller's, after SGD([it]) and add_param_group(it)
# in: right/fresh_a.py


def as_groups(params: Any) -> list[Group]:
    if isinstance(params, Tensor):
        raise TypeError("an optimizer takes a list of parameters, got one Tensor: write [w]")
    params = list(params)
    if not params:
        raise ValueError("an optimizer needs at least one parameter; was this a generator that is used up?")
    if isinstance(params[0], dict):
        return params
    return [{"params": params}]


class Optimizer:
    def add_param_group(self, group: Group) -> None:
        given = group["params"]
        params = [given] if isinstance(given, Tensor) else list(given)
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"parameters are Tensors; one of these is {type(p).__name__}")
        if not params:
            raise ValueError("a group needs at least one parameter")
        seen = {id(p) for p in self._params()}
        for p in params:
            if id(p) in seen:
                raise ValueError(f"a parameter of shape {p.shape} comes twice: it would be stepped twice")
            seen.add(id(p))
            if not p.is_leaf:
                raise ValueError(f"a parameter of shape {p.shape} is the result of an op, no leaf")
        own = {name: value for name, value in group.items() if name != "params"}
        unknown = [name for name in own if name not in self.defaults]
        if unknown:
            raise ValueError(f"{type(self).__name__} has no setting {', '.join(unknown)}; it has {', '.join(self.defaults)}")
        settings = {**self.defaults, **own}
        self.check_settings(settings)
        group.update(params=params, **settings)
        self.param_groups.append(group)
