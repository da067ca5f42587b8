# misconception: two parameters are the same if they hold the same numbers
# symptom: comes twice
# in: right/fresh_a.py


class Optimizer:
    def add_param_group(self, group: Group) -> None:
        given = group["params"]
        params = [given] if isinstance(given, Tensor) else list(given)
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"parameters are Tensors; one of these is {type(p).__name__}")
        if not params:
            raise ValueError("a group needs at least one parameter")
        seen = {(p.shape, p.data.tobytes()) for p in self._params()}
        for p in params:
            if (p.shape, p.data.tobytes()) in seen:
                raise ValueError(f"a parameter of shape {p.shape} comes twice: it would be stepped twice")
            seen.add((p.shape, p.data.tobytes()))
            if not p.is_leaf:
                raise ValueError(f"a parameter of shape {p.shape} is the result of an op, no leaf")
        own = {name: value for name, value in group.items() if name != "params"}
        unknown = [name for name in own if name not in self.defaults]
        if unknown:
            raise ValueError(f"{type(self).__name__} has no setting {', '.join(unknown)}; it has {', '.join(self.defaults)}")
        settings = {**self.defaults, **own}
        self.check_settings(settings)
        self.param_groups.append({"params": params, **settings})
