# misconception: an error is an error, whatever has been loaded before it
# symptom: the module after a state with six faults


class Module:
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        own = dict(self.named_tensors())
        wrong = [name for name in state if name not in own]
        for name, tensor in own.items():
            if name not in state:
                wrong.append(name)
            elif np.shape(state[name]) != tensor.shape:
                wrong.append(f"{name}: {np.shape(state[name])} and {tensor.shape}")
            else:
                tensor.data = as_array(state[name], tensor.dtype)
        if wrong:
            raise ValueError(", ".join(wrong))
