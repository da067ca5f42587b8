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
    g = grad + weight_decay * data
    if momentum == 0:
        return data - lr * g, state
    b = momentum * state["momentum_buffer"] + (1 - dampening) * g if state else 1 * g
    return data - lr * (g + momentum * b if nesterov else b), {**state, "momentum_buffer": b}


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
    if weight_decay:
        grad = grad + weight_decay * data
    beta1, beta2 = betas
    step = state.get("step", 0) + 1
    mean = beta1 * state.get("exp_avg", np.zeros_like(data)) + (1 - beta1) * grad
    square = beta2 * state.get("exp_avg_sq", np.zeros_like(data)) + (1 - beta2) * grad * grad
    way = mean / (1 - beta1**step)
    size = np.sqrt(square / (1 - beta2**step)) + eps
    return data - lr * way / size, {"step": step, "exp_avg": mean, "exp_avg_sq": square}


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
    return adam_update(data - lr * weight_decay * data, grad, state, lr=lr, betas=betas, eps=eps)


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
        for n, p in enumerate(self._params()):
            _ = p.grad is None or check_gradient(n, p)
        for g in self.param_groups:
            for p in [p for p in g["params"] if p.grad is not None]:
                grad = np.asarray(p.grad, p.dtype)
                new, self.state[p] = run(self.rule, p.data, grad, self.state.get(p, {}), **{k: g[k] for k in self.defaults})
                p.data -= p.data - new if p.dtype.kind != "f" else 0
                p.data[()] = new

    def state_dict(self) -> dict[str, Any]:
        number = {id(p): n for n, p in enumerate(self._params())}
        return {
            "state": {number[id(p)]: _copied(kept) for p, kept in self.state.items()},
            "param_groups": [{**group, "params": [number[id(p)] for p in group["params"]]} for group in self.param_groups],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        params = list(self._params())
        saved, groups = state_dict["state"], state_dict["param_groups"]
        theirs, ours = ([len(group["params"]) for group in some] for some in (groups, self.param_groups))
        if theirs != ours:
            raise ValueError(f"saved were groups of {theirs} parameters, and here are groups of {ours}")
        for group in groups:
            if odd := sorted((group.keys() - {"params"}) ^ self.defaults.keys()):
                raise ValueError(f"this was not saved by {type(self).__name__}: look at the settings {', '.join(odd)}")
        for number, kept in saved.items():
            for name, value in kept.items():
                if isinstance(value, np.ndarray) and value.shape != params[number].shape:
                    raise ValueError(
                        f"{name} of parameter {number} has shape {value.shape}, and the parameter {params[number].shape}"
                    )
        for mine, group in zip(self.param_groups, groups, strict=True):
            mine.update({name: value for name, value in group.items() if name != "params"})
        self.state = {params[number]: _copied(kept, params[number].dtype) for number, kept in saved.items()}


def descend(optimizer: Optimizer, p: Tensor, gradient: Callable[[Array], Array], steps: int) -> Array:
    path = [p.data.copy()]
    while len(path) <= steps:
        optimizer.zero_grad()
        p.grad = gradient(p.data)
        optimizer.step()
        path += [p.data.copy()]
    return np.array(path)


def step_lr(base_lr: float, epoch: int, step_size: int, gamma: float) -> float:
    return base_lr * gamma ** (epoch // step_size)


def cosine_lr(base_lr: float, epoch: int, T_max: int, eta_min: float = 0.0, warmup: int = 0) -> float:
    if epoch < warmup:
        return base_lr * (epoch + 1) / (warmup + 1)
    done = (epoch - warmup) / (T_max - warmup)
    return eta_min + (base_lr - eta_min) * (1 + math.cos(math.pi * done)) / 2


class LRScheduler:
    def step(self) -> None:
        self.last_epoch = self.last_epoch + 1
        for group, lr in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = self.lr_at(lr, self.last_epoch)
