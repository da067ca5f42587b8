# misconception: a shared Tensor is one Tensor, so it needs one entry everywhere, also in the state
# symptom: state_dict has it under each name
# in: right/fresh_a.py


class Module:
    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        seen = set()
        for name, member in self.named_members():
            if isinstance(member, Tensor) and id(member) not in seen:
                seen.add(id(member))
                yield name, member
        for name, member in self.named_members():
            if isinstance(member, Module):
                for inner, tensor in member.named_tensors():
                    if id(tensor) not in seen:
                        seen.add(id(tensor))
                        yield f"{name}.{inner}", tensor

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        return ((name, t) for name, t in self.named_tensors() if isinstance(t, Parameter))
