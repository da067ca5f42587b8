# misconception: grad None means that the gradient is 0, so the step is taken with zeros
# symptom: parameter 1, whose gradient was None in the second step of SGD
# in: right/fresh_a.py


class Optimizer:
    def step(self) -> None:
        for number, p in enumerate(self._params()):
            if p.grad is not None:
                check_gradient(number, p)
        for group in self.param_groups:
            settings = {name: value for name, value in group.items() if name != "params"}
            for p in group["params"]:
                grad = np.zeros_like(p.data) if p.grad is None else p.grad.astype(p.dtype, copy=False)
                new, self.state[p] = run(self.rule, p.data, grad, self.state.get(p, {}), **settings)
                p.data[...] = new
