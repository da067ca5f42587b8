# misconception: the submodules of a module are its attributes
# symptom: training after eval() of a module that has one in a list


class Module:
    def train(self, mode: bool = True) -> Module:
        self.training = mode
        for member in vars(self).values():
            if isinstance(member, Module):
                member.train(mode)
        return self
