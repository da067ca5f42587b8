# misconception: a parameter without a gradient has the gradient 0
# symptom: a parameter after one step and some pauses


class Optimizer:
    def step(self) -> None:
        for number, p in enumerate(self._params()):
            if p.grad is not None:
                check_gradient(number, p)
        for group in self.param_groups:
            settings = {name: group[name] for name in self.defaults}
            for p in group["params"]:
                grad = np.zeros_like(p.data) if p.grad is None else p.grad.astype(p.dtype)
                p.data[...], self.state[p] = run(type(self).rule, p.data, grad, self.state.get(p, {}), **settings)
