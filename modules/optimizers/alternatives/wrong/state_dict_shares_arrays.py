# misconception: a dict of dicts made anew is a copy; the arrays in it are never written to anyway
# symptom: was written into the arrays of state dicts
# in: right/fresh_a.py


class Optimizer:
    def state_dict(self) -> dict[str, Any]:
        number = {id(p): n for n, p in enumerate(self._params())}
        return {
            "state": {number[id(p)]: dict(kept) for p, kept in self.state.items()},
            "param_groups": [{**group, "params": [number[id(p)] for p in group["params"]]} for group in self.param_groups],
        }
