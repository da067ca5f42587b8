# misconception: what is not trained need not be saved
# symptom: the names in state_dict()


class Module:
    def state_dict(self) -> dict[str, Array]:
        return {name: parameter.data.copy() for name, parameter in self.named_parameters()}
