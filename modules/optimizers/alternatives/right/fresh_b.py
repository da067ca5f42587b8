import copy


def parabola_gradient(p: Array, curvature: Array | float) -> Array:
    slope = p.copy()
    slope[...] = np.multiply(slope, curvature)
    return slope


def largest_lr(curvature: float) -> float:
    return 2.0 * curvature**-1.0


def rosenbrock_gradient(p: Array) -> Array:
    x, y = (float(number) for number in p)
    above = y - x**2  # how far above the bottom of the valley
    slope = np.zeros_like(p)
    slope[0], slope[1] = 2 * (x - 1) - 2 * x * 200 * above, 200 * above
    return slope


class _Wide:
    """data and the gradient with weight decay in float64; `back` rounds to the dtype of the data."""

    def __init__(self, data: Array, grad: Array, weight_decay: float) -> None:
        self.dtype = data.dtype
        self.data = np.array(data, np.float64)
        self.grad = np.array(grad, np.float64) + weight_decay * self.data

    def back(self, numbers: Any) -> Array:
        return np.array(numbers, self.dtype)


def _averages(wide: _Wide, state: State, betas: tuple[float, float], eps: float) -> tuple[Any, State]:
    """Adam's direction, and what is to be remembered."""
    kept: State = {"step": 1 + int(state.get("step", 0))}
    means = []
    for name, beta, new in zip(("exp_avg", "exp_avg_sq"), betas, (wide.grad, wide.grad**2), strict=True):
        old = np.float64(0) if name not in state else state[name].astype(np.float64)
        mean = old + (1 - beta) * (new - old)
        kept[name] = wide.back(mean)
        means.append(mean / (1 - beta ** kept["step"]))
    return means[0] / (np.sqrt(means[1]) + eps), kept


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
    wide = _Wide(data, grad, weight_decay)
    step, kept = wide.grad, dict(state)
    if momentum != 0:
        old = state.get("momentum_buffer")
        b = wide.grad if old is None else old.astype(np.float64) * momentum + wide.grad * (1 - dampening)
        kept["momentum_buffer"] = wide.back(b)
        step = wide.grad + momentum * b if nesterov else b
    return wide.back(wide.data - lr * step), kept


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
    wide = _Wide(data, grad, weight_decay)
    way, kept = _averages(wide, state, betas, eps)
    return wide.back(wide.data - lr * way), kept


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
    wide = _Wide(data, grad, 0.0)
    way, kept = _averages(wide, state, betas, eps)
    return wide.back(wide.data - lr * weight_decay * wide.data - lr * way), kept


def predict_state(name: str, numbers: int, momentum: float = 0.0, itemsize: int = 4) -> int:
    arrays = {"SGD": int(momentum != 0), "Adam": 2, "AdamW": 2}.get(name)
    if arrays is None:
        raise ValueError(f"there is no optimizer {name!r}")
    return sum(itemsize * numbers for _ in range(arrays))


def as_groups(params: Any) -> list[Group]:
    if isinstance(params, Tensor):
        raise TypeError("this is a single Tensor; an optimizer takes several, such as [w]")
    first, rest = None, iter(params)
    for first in rest:
        break
    else:
        raise ValueError("no parameter: the iterable of parameters is empty, or it was used up before")
    everything = [first, *rest]
    return [{**group} for group in everything] if isinstance(first, dict) else [dict(params=everything)]


def check_gradient(number: int, p: Tensor) -> None:
    gradient = np.asarray(p.grad)
    about = f"parameter {number} of shape {p.shape}"
    if gradient.shape != p.shape:
        raise ValueError(f"{about}: its gradient has another shape, {gradient.shape}")
    if np.isnan(gradient).any() or np.isinf(gradient).any():
        raise FloatingPointError(f"{about}: its gradient holds nan or inf, so the loss does too, or lr is too large")


class Optimizer:
    def add_param_group(self, group: Group) -> None:
        settings = dict(group)
        params = settings.pop("params")
        params = [params] if isinstance(params, Tensor) else [*params]
        self._check_params(params)
        for name in settings:
            if name not in self.defaults:
                raise ValueError(f"unknown setting {name!r}; {type(self).__name__} knows {', '.join(map(repr, self.defaults))}")
        complete = dict(self.defaults)
        complete.update(settings)
        self.check_settings(complete)
        self.param_groups.append(dict(params=params, **complete))

    def _check_params(self, params: list[Any]) -> None:
        """Raise unless these can be the parameters of a new group."""
        strangers = [type(p).__name__ for p in params if not isinstance(p, Tensor)]
        if strangers:
            raise TypeError(f"no Tensor, but {strangers[0]}")
        if not params:
            raise ValueError("a group without a parameter")
        ids = [id(p) for p in [*self._params(), *params]]
        if len(ids) != len(set(ids)):
            raise ValueError("a parameter is there twice; each step would move it twice")
        if not all(p.is_leaf for p in params):
            raise ValueError("a parameter is no leaf: an op made it; only Tensors that you made yourself can be trained")

    def zero_grad(self) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None

    def step(self) -> None:
        todo = []
        number = 0
        for group in self.param_groups:
            settings = {name: group[name] for name in self.defaults}
            for p in group["params"]:
                if p.grad is not None:
                    check_gradient(number, p)
                    todo.append((p, settings))
                number += 1
        for p, settings in todo:
            gradient = np.array(p.grad, dtype=p.dtype)
            numbers, self.state[p] = run(type(self).rule, p.data, gradient, self.state.get(p) or {}, **settings)
            np.copyto(p.data, numbers)

    def state_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {"state": {}, "param_groups": []}
        number = 0
        for group in self.param_groups:
            plain = copy.deepcopy({name: value for name, value in group.items() if name != "params"})
            plain["params"] = list(range(number, number + len(group["params"])))
            out["param_groups"].append(plain)
            for p in group["params"]:
                if p in self.state:
                    out["state"][number] = copy.deepcopy(self.state[p])
                number += 1
        return out

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        saved = copy.deepcopy(state_dict)
        sizes = [[len(group["params"]) for group in groups] for groups in (self.param_groups, saved["param_groups"])]
        if sizes[0] != sizes[1]:
            raise ValueError(f"numbers of parameters in the groups: {sizes[0]} here, {sizes[1]} in what is to be loaded")
        for group in saved["param_groups"]:
            if group.keys() != {"params", *self.defaults}:
                odd = [name for name in {**group, **self.defaults} if name != "params" and (name in group) != (name in self.defaults)]
                raise ValueError(f"this is no state of {type(self).__name__}: {odd}")
        state: dict[Tensor, State] = {}
        for number, p in enumerate(self._params()):
            if number not in saved["state"]:
                continue
            for name, value in saved["state"][number].items():
                if np.ndim(value) + p.ndim and name != "step" and np.shape(value) != p.shape:
                    raise ValueError(f"parameter {number} is {p.shape}, but its {name} is {np.shape(value)}")
            state[p] = _copied(saved["state"][number], p.dtype)
        self.state = state
        for group, new in zip(self.param_groups, saved["param_groups"], strict=True):
            for name in self.defaults:
                group[name] = new[name]


def descend(optimizer: Optimizer, p: Tensor, gradient: Callable[[Array], Array], steps: int) -> Array:
    way = np.empty((steps + 1, *p.shape), p.dtype)
    way[0] = p.data
    for place in range(1, steps + 1):
        optimizer.zero_grad()
        p.grad = gradient(p.data.copy())
        optimizer.step()
        way[place] = p.data
    return way


def step_lr(base_lr: float, epoch: int, step_size: int, gamma: float) -> float:
    lr = base_lr
    while epoch >= step_size:
        lr, epoch = lr * gamma, epoch - step_size
    return lr


def cosine_lr(base_lr: float, epoch: int, T_max: int, eta_min: float = 0.0, warmup: int = 0) -> float:
    if warmup > epoch:
        return (epoch + 1) * base_lr / (warmup + 1)
    part = (epoch - warmup) / (T_max - warmup)
    high = math.cos(math.pi / 2 * part) ** 2  # (1 + cos 2a) / 2 = cos² a
    return base_lr * high + eta_min * (1 - high)


class LRScheduler:
    def step(self) -> None:
        self.last_epoch = self.last_epoch + 1
        for place, base_lr in enumerate(self.base_lrs):
            self.optimizer.param_groups[place]["lr"] = self.lr_at(base_lr, self.last_epoch)
