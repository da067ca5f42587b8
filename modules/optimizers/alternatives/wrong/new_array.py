# misconception: p.data = p.data - step and p.data -= step do the same
# symptom: an array that was parameter 0's data before the step


class Optimizer:
    def step(self) -> None:
        for number, p in enumerate(self._params()):
            if p.grad is not None:
                check_gradient(number, p)
        for group in self.param_groups:
            settings = {name: group[name] for name in self.defaults}
            for p in group["params"]:
                if p.grad is not None:
                    grad = p.grad.astype(p.dtype, copy=False)
                    p.data, self.state[p] = run(type(self).rule, p.data, grad, self.state.get(p, {}), **settings)
