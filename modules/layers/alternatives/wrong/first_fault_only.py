# misconception: one thing that does not fit is reason enough to stop
# symptom: a state with six faults


class Module:
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        own = dict(self.named_tensors())
        for name in own:
            if name not in state:
                raise ValueError(f"{name} is missing")
        for name, value in state.items():
            if name not in own:
                raise ValueError(f"{name} is not expected")
            if np.shape(value) != own[name].shape:
                raise ValueError(f"{name}: {np.shape(value)} and {own[name].shape}")
        new = {name: as_array(state[name], tensor.dtype) for name, tensor in own.items()}
        for name, array in new.items():
            own[name].data = array
