# misconception: every name is a parameter of its own
# symptom: table is head.weight, too


class Module:
    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        for name, tensor in self.named_tensors():
            if isinstance(tensor, Parameter):
                yield name, tensor
