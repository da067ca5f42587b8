def parabola_gradient(p: Array, curvature: Array | float) -> Array:
    return curvature * p


def largest_lr(curvature: float) -> float:
    return 2 / curvature


def rosenbrock_gradient(p: Array) -> Array:
    x, y = p  # two numbers of p's dtype: .tolist() would make Python floats of them, and float64 of the result
    return np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])


def sgd_update(
    data: Array,
    grad: Array,
    state: State,
    *,
    lr: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> tuple[Array, State]:
    g = np.array(grad)
    g += weight_decay * data
    kept = dict(state)
    if momentum:
        if "momentum_buffer" in kept:
            b = kept["momentum_buffer"].copy()
            b *= momentum
            b += (1 - dampening) * g
        else:
            b = g.copy()
        kept["momentum_buffer"] = b
        if nesterov:
            g += momentum * b
        else:
            g = b.copy()
    g *= lr
    return data - g, kept


def adam_update(
    data: Array,
    grad: Array,
    state: State,
    *,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[Array, State]:
    g = np.array(grad)
    g += weight_decay * data
    m = state["exp_avg"].copy() if state else np.zeros_like(g)
    v = state["exp_avg_sq"].copy() if state else np.zeros_like(g)
    t = (state["step"] if state else 0) + 1
    m *= betas[0]
    m += (1 - betas[0]) * g
    v *= betas[1]
    v += (1 - betas[1]) * g**2
    denominator = (v / (1 - betas[1] ** t)) ** 0.5
    denominator += eps
    return data - lr * (m / (1 - betas[0] ** t)) / denominator, {"step": t, "exp_avg": m, "exp_avg_sq": v}


def adamw_update(
    data: Array,
    grad: Array,
    state: State,
    *,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> tuple[Array, State]:
    return adam_update((1 - lr * weight_decay) * data, grad, state, lr=lr, betas=betas, eps=eps)


def predict_state(name: str, numbers: int, momentum: float = 0.0, itemsize: int = 4) -> int:
    copies = {"SGD": 1 if momentum else 0, "Adam": 2, "AdamW": 2}
    if name not in copies:
        raise ValueError(f"{name!r} is none of the optimizers here: {', '.join(copies)}")
    return copies[name] * numbers * itemsize


def as_groups(params: Any) -> list[Group]:
    if isinstance(params, Tensor):
        raise TypeError("an optimizer takes a list of Tensors, and this is one Tensor: write [tensor]")
    items = list(params)
    if not items:
        raise ValueError(
            "an optimizer needs at least one parameter and got none; a generator such as model.parameters() can be "
            "used once only: ask for a new one"
        )
    return [dict(item) for item in items] if isinstance(items[0], dict) else [{"params": items}]


def check_gradient(number: int, p: Tensor) -> None:
    if p.grad.shape != p.shape:
        raise ValueError(f"parameter {number} has shape {p.shape} and a gradient of shape {p.grad.shape}")
    if not np.isfinite(p.grad).all():
        raise FloatingPointError(
            f"the gradient of parameter {number}, shape {p.shape}, holds nan or inf, so no parameter was changed; "
            "look at the loss: is it nan? Try a smaller lr"
        )


class Optimizer:
    def add_param_group(self, group: Group) -> None:
        given = group["params"]
        params = [given] if isinstance(given, Tensor) else list(given)
        settings = {name: value for name, value in group.items() if name != "params"}
        if not params:
            raise ValueError(f"{type(self).__name__}: a group without parameters")
        known = {id(p) for one in self.param_groups for p in one["params"]}
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"{type(self).__name__} takes Tensors, and one of these is {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError(f"a Tensor of shape {p.shape} is the result of an op, not a parameter")
            if id(p) in known:
                raise ValueError(f"a parameter of shape {p.shape} comes twice, and would be stepped twice")
            known |= {id(p)}
        if strange := sorted(settings.keys() - self.defaults.keys()):
            raise ValueError(f"{type(self).__name__} has no setting {strange}; it has {', '.join(self.defaults)}")
        self.check_settings({**self.defaults, **settings})
        self.param_groups.append({"params": params, **self.defaults, **settings})

    def zero_grad(self) -> None:
        for p in self._params():
            p.grad = None

    def step(self) -> None:
        for number, p in enumerate(self._params()):
            if p.grad is not None:
                check_gradient(number, p)
        for group in self.param_groups:
            settings = {name: group[name] for name in self.defaults}
            for p in group["params"]:
                if p.grad is not None:
                    grad = p.grad.astype(p.dtype, copy=False)
                    p.data[...], self.state[p] = run(type(self).rule, p.data, grad, self.state.get(p, {}), **settings)

    def state_dict(self) -> dict[str, Any]:
        number = {id(p): n for n, p in enumerate(self._params())}
        return {
            "state": {number[id(p)]: _copied(kept) for p, kept in self.state.items()},
            "param_groups": [{**group, "params": [number[id(p)] for p in group["params"]]} for group in self.param_groups],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        params = list(self._params())
        counts = [len(g["params"]) for g in state_dict["param_groups"]]
        here = [len(g["params"]) for g in self.param_groups]
        if counts != here:
            raise ValueError(f"there: {counts}; here: {here}")
        for group in state_dict["param_groups"]:
            for name in self.defaults:
                if name not in group:
                    raise ValueError(f"{name} is missing")
            for name in group:
                if name != "params" and name not in self.defaults:
                    raise ValueError(f"{name} is not a setting of {type(self).__name__}")
        for n, kept in state_dict["state"].items():
            for name, value in kept.items():
                if hasattr(value, "shape") and value.shape != params[n].shape:
                    raise ValueError(f"{name} of parameter {n} is {value.shape}, not {params[n].shape}")
        self.state.clear()
        for n, kept in state_dict["state"].items():
            self.state[params[n]] = _copied(kept, params[n].dtype)
        for mine, group in zip(self.param_groups, state_dict["param_groups"], strict=True):
            mine.update({**group, "params": mine["params"]})


def descend(optimizer: Optimizer, p: Tensor, gradient: Callable[[Array], Array], steps: int) -> Array:
    path = [p.data.copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        p.grad = gradient(p.data)
        optimizer.step()
        path.append(p.data.copy())
    return np.stack(path)


def step_lr(base_lr: float, epoch: int, step_size: int, gamma: float) -> float:
    return base_lr * gamma ** (epoch // step_size)


def cosine_lr(base_lr: float, epoch: int, T_max: int, eta_min: float = 0.0, warmup: int = 0) -> float:
    if epoch < warmup:
        return base_lr * (epoch + 1) / (warmup + 1)
    done = (epoch - warmup) / (T_max - warmup)
    return eta_min + (base_lr - eta_min) * (1 + math.cos(math.pi * done)) / 2


class LRScheduler:
    def step(self) -> None:
        self.last_epoch += 1
        self._set()
