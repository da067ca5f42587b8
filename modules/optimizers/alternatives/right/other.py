def parabola_gradient(p: Array, curvature: Array | float) -> Array:
    return (2 * curvature * p) / 2


def largest_lr(curvature: float) -> float:
    return (1 - -1) / float(curvature)


def rosenbrock_gradient(p: Array) -> Array:
    out = np.empty_like(p)
    bend = p[1] - p[0] ** 2
    out[0] = 2 * (p[0] - 1) - 200 * bend * 2 * p[0]
    out[1] = 200 * bend
    return out


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
    g = weight_decay * data + grad
    if not momentum:
        return data - g * lr, state
    old = state.get("momentum_buffer")
    b = np.array(g) if old is None else old * momentum + g * (1 - dampening)
    if nesterov:
        g = g + b * momentum
    else:
        g = b
    return data - g * lr, {"momentum_buffer": b}


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
    g = grad + data * weight_decay
    b1, b2 = betas
    if not state:
        state = {"step": 0, "exp_avg": g * 0, "exp_avg_sq": g * 0}
    t = state["step"] + 1
    m = state["exp_avg"] + (1 - b1) * (g - state["exp_avg"])
    v = state["exp_avg_sq"] * b2 + (1 - b2) * np.square(g)
    rate = lr / (1 - b1**t)
    return data - rate * m / (np.sqrt(v) / math.sqrt(1 - b2**t) + eps), {"step": t, "exp_avg": m, "exp_avg_sq": v}


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
    new, state = adam_update(data, grad, state, lr=lr, betas=betas, eps=eps, weight_decay=0.0)
    return new - lr * weight_decay * data, state


def predict_state(name: str, numbers: int, momentum: float = 0.0, itemsize: int = 4) -> int:
    if name == "SGD":
        each = itemsize if momentum != 0 else 0
    elif name in ("Adam", "AdamW"):
        each = 2 * itemsize
    else:
        raise ValueError(f"no optimizer {name}")
    return each * numbers


def as_groups(params: Any) -> list[Group]:
    if isinstance(params, Tensor):
        raise TypeError("one Tensor is not a list of Tensors")
    groups = []
    plain = []
    for one in params:
        if isinstance(one, dict):
            groups.append(one.copy())
        else:
            plain.append(one)
    if plain:
        groups.append({"params": plain})
    if not groups:
        raise ValueError("no parameter was given")
    return groups


def check_gradient(number: int, p: Tensor) -> None:
    where = f"parameter {number} of shape {p.shape}"
    if tuple(p.grad.shape) != tuple(p.shape):
        raise ValueError(f"{where}: gradient {p.grad.shape}")
    if np.isnan(p.grad).any() or np.isinf(p.grad).any():
        raise FloatingPointError(f"{where}: the gradient is not finite")


class Optimizer:
    def add_param_group(self, group: Group) -> None:
        group = dict(group)
        params = group.pop("params")
        params = [params] if isinstance(params, Tensor) else [p for p in params]
        if len(params) == 0:
            raise ValueError("this group has no parameters")
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"{type(p).__name__} is not a Tensor")
            if p._op is not None:
                raise ValueError("this is no leaf")
        everyone = [id(p) for p in self._params()] + [id(p) for p in params]
        if len(set(everyone)) < len(everyone):
            raise ValueError("a parameter is there twice")
        for name in group:
            if name not in self.defaults:
                raise ValueError(f"unknown setting {name}; known: {', '.join(self.defaults)}")
        whole = dict(self.defaults)
        whole.update(group)
        self.check_settings(whole)
        whole["params"] = params
        self.param_groups.append(whole)

    def zero_grad(self) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None

    def step(self) -> None:
        todo = []
        number = -1
        for group in self.param_groups:
            for p in group["params"]:
                number += 1
                if p.grad is None:
                    continue
                check_gradient(number, p)
                todo.append((p, group))
        for p, group in todo:
            settings = {key: value for key, value in group.items() if key != "params"}
            new, self.state[p] = run(self.rule, p.data, p.grad.astype(p.data.dtype), self.state.get(p) or {}, **settings)
            np.copyto(p.data, new)

    def state_dict(self) -> dict[str, Any]:
        import copy

        order = list(self._params())
        state = {}
        groups = []
        for n, p in enumerate(order):
            if p in self.state:
                state[n] = copy.deepcopy(self.state[p])
        n = 0
        for group in self.param_groups:
            size = len(group["params"])
            groups.append({**group, "params": list(range(n, n + size))})
            n += size
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        order = list(self._params())
        theirs = [len(g["params"]) for g in state_dict["param_groups"]]
        ours = [len(g["params"]) for g in self.param_groups]
        if theirs != ours:
            raise ValueError(f"groups of {theirs} do not fit groups of {ours}")
        for g in state_dict["param_groups"]:
            if set(g) != set(self.defaults) | {"params"}:
                raise ValueError(f"settings {sorted(set(g) ^ set(self.defaults))} do not fit")
        new = {}
        for n, kept in state_dict["state"].items():
            new[order[n]] = {}
            for name, value in kept.items():
                if isinstance(value, np.ndarray):
                    if value.shape != order[n].shape:
                        raise ValueError(f"parameter {n}: {name} {value.shape}, but {order[n].shape}")
                    value = np.array(value, dtype=order[n].dtype)
                new[order[n]][name] = value
        for mine, g in zip(self.param_groups, state_dict["param_groups"], strict=True):
            for name in self.defaults:
                mine[name] = g[name]
        self.state = new


def descend(optimizer: Optimizer, p: Tensor, gradient: Callable[[Array], Array], steps: int) -> Array:
    path = np.empty((steps + 1, *p.shape), dtype=p.dtype)
    path[0] = p.data
    for n in range(steps):
        optimizer.zero_grad()
        p.grad = gradient(p.data.copy())
        optimizer.step()
        path[n + 1] = p.data
    return path


def step_lr(base_lr: float, epoch: int, step_size: int, gamma: float) -> float:
    for _ in range(epoch // step_size):
        base_lr *= gamma
    return base_lr


def cosine_lr(base_lr: float, epoch: int, T_max: int, eta_min: float = 0.0, warmup: int = 0) -> float:
    if epoch < warmup:
        return base_lr / (warmup + 1) * (epoch + 1)
    angle = math.pi * (epoch - warmup) / (T_max - warmup)
    high = (1 + math.cos(angle)) / 2
    return high * base_lr + (1 - high) * eta_min


class LRScheduler:
    def step(self) -> None:
        self.last_epoch += 1
        self._set()
