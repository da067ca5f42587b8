# misconception: loading writes what is in the state dict; what is not in it stays as it is
# symptom: who has a memory after a state dict with one for number 1 only replaced two
# in: right/fresh_a.py


class Optimizer:
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        params = list(self._params())
        groups = state_dict["param_groups"]
        mine, theirs = [len(group["params"]) for group in self.param_groups], [len(group["params"]) for group in groups]
        if mine != theirs:
            raise ValueError(f"this optimizer has groups of {mine} parameters, the state dict groups of {theirs}")
        for group in groups:
            strange = (set(group) - {"params"}) ^ set(self.defaults)
            if strange:
                raise ValueError(f"settings of another optimizer than {type(self).__name__}: {', '.join(sorted(strange))}")
        for number, kept in state_dict["state"].items():
            if not 0 <= number < len(params):
                raise ValueError(f"there is no parameter {number} here")
            for name, value in kept.items():
                if isinstance(value, np.ndarray) and value.shape != params[number].shape:
                    raise ValueError(
                        f"{name} of parameter {number} has shape {value.shape}, the parameter has {params[number].shape}"
                    )
        for n, kept in state_dict["state"].items():
            self.state[params[n]] = _copied(kept, params[n].dtype)
        for group, new in zip(self.param_groups, groups, strict=True):
            group.update({name: value for name, value in new.items() if name != "params"})
