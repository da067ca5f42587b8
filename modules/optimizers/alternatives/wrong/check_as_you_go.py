# misconception: a bad gradient stops the step, so it is enough to look at each before its parameter moves
# symptom: parameter 0, whose gradient was good


class Optimizer:
    def step(self) -> None:
        number = 0
        for group in self.param_groups:
            settings = {name: group[name] for name in self.defaults}
            for p in group["params"]:
                if p.grad is not None:
                    check_gradient(number, p)
                    grad = p.grad.astype(p.dtype, copy=False)
                    p.data[...], self.state[p] = run(type(self).rule, p.data, grad, self.state.get(p, {}), **settings)
                number += 1
