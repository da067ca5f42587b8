# misconception: the result is written into p.data, and there it becomes float32 anyway
# symptom: momentum_buffer of parameter 0 expected: shape
# in: right/fresh_a.py


class Optimizer:
    def step(self) -> None:
        for number, p in enumerate(self._params()):
            if p.grad is not None:
                check_gradient(number, p)
        for group in self.param_groups:
            settings = {name: value for name, value in group.items() if name != "params"}
            for p in group["params"]:
                if p.grad is None:
                    continue
                grad = p.grad
                new, self.state[p] = run(self.rule, p.data, grad, self.state.get(p, {}), **settings)
                p.data[...] = new
