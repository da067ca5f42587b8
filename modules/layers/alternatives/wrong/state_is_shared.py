# misconception: a state_dict is a view of the model, and nobody writes into it
# symptom: a state, after the module was changed in place


class Module:
    def state_dict(self) -> dict[str, Array]:
        return {name: tensor.data for name, tensor in self.named_tensors()}
