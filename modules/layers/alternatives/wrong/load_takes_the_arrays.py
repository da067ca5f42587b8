# misconception: state_dict has copied already, so load_state_dict can take the arrays as they are
# symptom: a module that has loaded a state, after the state's arrays were changed in place
# in: right/fresh_a.py


class Module:
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        mine = dict(self.named_tensors())
        wrong = [f"{name} is missing" for name in mine if name not in state]
        wrong += [f"{name} is unexpected" for name in state if name not in mine]
        new = {}
        for name, tensor in mine.items():
            if name in state:
                new[name] = np.asarray(state[name])
                if new[name].shape != tensor.shape:
                    wrong.append(f"{name} has shape {new[name].shape} in the state, {tensor.shape} in the model")
        if wrong:
            raise ValueError(f"this state does not fit {type(self).__name__}: " + "; ".join(wrong))
        for name, tensor in mine.items():
            tensor.data = new[name]
