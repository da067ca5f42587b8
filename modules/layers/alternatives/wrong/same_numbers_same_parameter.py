# misconception: two parameters that hold the same numbers are the same parameter
# symptom: table is head.weight, too
# in: right/fresh_a.py


class Module:
    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        found = []
        for name, tensor in self.named_tensors():
            if isinstance(tensor, Parameter) and not any(np.array_equal(tensor.data, other.data) for other in found):
                found.append(tensor)
                yield name, tensor
