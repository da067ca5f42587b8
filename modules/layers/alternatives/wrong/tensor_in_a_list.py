# misconception: `tensor in a_list` asks whether this object is in the list
# symptom: item() needs exactly one number


class Module:
    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        seen: list[Tensor] = []
        for name, tensor in self.named_tensors():
            if isinstance(tensor, Parameter) and tensor not in seen:
                seen.append(tensor)
                yield name, tensor
