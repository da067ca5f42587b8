def parabola_gradient(p: Array, curvature: Array | float) -> Array:
    return curvature * p


def largest_lr(curvature: float) -> float:
    return 2 / curvature


def rosenbrock_gradient(p: Array) -> Array:
    x, y = p.tolist()
    return np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)], p.dtype)


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
    g = grad + weight_decay * data if weight_decay else grad
    if not momentum:
        return data - lr * g, state
    if "momentum_buffer" in state:
        buffer = momentum * state["momentum_buffer"] + (1 - dampening) * g
    else:
        buffer = g.copy()
    way = g + momentum * buffer if nesterov else buffer
    return data - lr * way, {**state, "momentum_buffer": np.asarray(buffer)}


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
    g = grad + weight_decay * data
    beta1, beta2 = betas
    step = state.get("step", 0) + 1
    m = beta1 * state.get("exp_avg", np.zeros_like(data)) + (1 - beta1) * g
    v = beta2 * state.get("exp_avg_sq", np.zeros_like(data)) + (1 - beta2) * g * g
    m_hat = m / (1 - beta1**step)
    v_hat = v / (1 - beta2**step)
    new = data - lr * m_hat / (np.sqrt(v_hat) + eps)
    return new, {"step": step, "exp_avg": np.asarray(m), "exp_avg_sq": np.asarray(v)}  # no axes: NumPy made scalars


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
    return adam_update(data * (1 - lr * weight_decay), grad, state, lr=lr, betas=betas, eps=eps)


def predict_state(name: str, numbers: int, momentum: float = 0.0, itemsize: int = 4) -> int:
    if name == "SGD":
        arrays = 1 if momentum else 0
    elif name in ("Adam", "AdamW"):
        arrays = 2
    else:
        raise ValueError(f"{name!r} is none of SGD, Adam, AdamW")
    return arrays * numbers * itemsize


def as_groups(params: Any) -> list[Group]:
    if isinstance(params, Tensor):
        raise TypeError("an optimizer takes a list of parameters, got one Tensor: write [w]")
    params = list(params)
    if not params:
        raise ValueError("an optimizer needs at least one parameter; was this a generator that is used up?")
    if isinstance(params[0], dict):
        return [dict(group) for group in params]
    return [{"params": params}]


def check_gradient(number: int, p: Tensor) -> None:
    if p.grad.shape != p.shape:
        raise ValueError(f"parameter {number} has shape {p.shape}, and its gradient has shape {p.grad.shape}")
    if not np.isfinite(p.grad).all():
        raise FloatingPointError(f"the gradient of parameter {number}, of shape {p.shape}, holds nan or inf")


class Optimizer:
    def add_param_group(self, group: Group) -> None:
        given = group["params"]
        params = [given] if isinstance(given, Tensor) else list(given)
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"parameters are Tensors; one of these is {type(p).__name__}")
        if not params:
            raise ValueError("a group needs at least one parameter")
        seen = {id(p) for p in self._params()}
        for p in params:
            if id(p) in seen:
                raise ValueError(f"a parameter of shape {p.shape} comes twice: it would be stepped twice")
            seen.add(id(p))
            if not p.is_leaf:
                raise ValueError(f"a parameter of shape {p.shape} is the result of an op, no leaf")
        own = {name: value for name, value in group.items() if name != "params"}
        unknown = [name for name in own if name not in self.defaults]
        if unknown:
            raise ValueError(f"{type(self).__name__} has no setting {', '.join(unknown)}; it has {', '.join(self.defaults)}")
        settings = {**self.defaults, **own}
        self.check_settings(settings)
        self.param_groups.append({"params": params, **settings})

    def zero_grad(self) -> None:
        for p in self._params():
            p.grad = None

    def step(self) -> None:
        for number, p in enumerate(self._params()):
            if p.grad is not None:
                check_gradient(number, p)
        for group in self.param_groups:
            settings = {name: value for name, value in group.items() if name != "params"}
            for p in group["params"]:
                if p.grad is None:
                    continue
                grad = p.grad.astype(p.dtype, copy=False)
                new, self.state[p] = run(self.rule, p.data, grad, self.state.get(p, {}), **settings)
                p.data[...] = new

    def state_dict(self) -> dict[str, Any]:
        number = {id(p): n for n, p in enumerate(self._params())}
        return {
            "state": {number[id(p)]: _copied(kept) for p, kept in self.state.items()},
            "param_groups": [{**group, "params": [number[id(p)] for p in group["params"]]} for group in self.param_groups],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        params = list(self._params())
        groups = state_dict["param_groups"]
        mine, theirs = [len(group["params"]) for group in self.param_groups], [len(group["params"]) for group in groups]
        if mine != theirs:
            raise ValueError(f"this optimizer has groups of {mine} parameters, the state dict groups of {theirs}")
        for group in groups:
            strange = (set(group) - {"params"}) ^ set(self.defaults)
            if strange:
                raise ValueError(f"settings of another optimizer than {type(self).__name__}: {', '.join(sorted(strange))}")
        for number, kept in state_dict["state"].items():
            if not 0 <= number < len(params):
                raise ValueError(f"there is no parameter {number} here")
            for name, value in kept.items():
                if isinstance(value, np.ndarray) and value.shape != params[number].shape:
                    raise ValueError(
                        f"{name} of parameter {number} has shape {value.shape}, the parameter has {params[number].shape}"
                    )
        self.state = {params[n]: _copied(kept, params[n].dtype) for n, kept in state_dict["state"].items()}
        for group, new in zip(self.param_groups, groups, strict=True):
            group.update({name: value for name, value in new.items() if name != "params"})


def descend(optimizer: Optimizer, p: Tensor, gradient: Callable[[Array], Array], steps: int) -> Array:
    path = [p.data.copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        p.grad = gradient(p.data)
        optimizer.step()
        path.append(p.data.copy())
    return np.array(path)


def step_lr(base_lr: float, epoch: int, step_size: int, gamma: float) -> float:
    return base_lr * gamma ** (epoch // step_size)


def cosine_lr(base_lr: float, epoch: int, T_max: int, eta_min: float = 0.0, warmup: int = 0) -> float:
    if epoch < warmup:
        return base_lr * (epoch + 1) / (warmup + 1)
    return eta_min + (base_lr - eta_min) * (1 + math.cos(math.pi * (epoch - warmup) / (T_max - warmup))) / 2


class LRScheduler:
    def step(self) -> None:
        self.last_epoch += 1
        self._set()
