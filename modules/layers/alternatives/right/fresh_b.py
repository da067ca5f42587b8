from .tensor import axes
import functools
import textwrap


_MEMBERS: tuple[type, ...] = (Tensor, Activation)  # and Module, as soon as there is one


def members(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    todo = [(name, value)]  # a stack instead of recursion: the next one is at the end
    while todo:
        path, thing = todo.pop()
        if isinstance(thing, _MEMBERS):
            yield path, thing
            continue
        inside = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, (list, tuple)) else ()
        todo.extend(reversed([(f"{path}.{key}", item) for key, item in inside]))


class Module:
    def named_modules(self) -> Iterator[tuple[str, Module]]:
        known: dict[int, Module] = {}
        todo: list[tuple[str, Module]] = [("", self)]
        while todo:
            path, module = todo.pop()
            if id(module) in known:
                continue
            known[id(module)] = module
            yield path, module
            todo.extend((_join(path, name), child) for name, child in reversed(list(_children(module))))

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        return iter(_collect(self, ""))

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        first: dict[int, tuple[str, Parameter]] = {}
        for name, tensor in self.named_tensors():
            if isinstance(tensor, Parameter):
                first.setdefault(id(tensor), (name, tensor))
        yield from first.values()

    def train(self, mode: bool = True) -> Module:
        self.training = bool(mode)
        for _, child in _children(self):
            child.train(mode)
        return self

    def state_dict(self) -> dict[str, Array]:
        state: dict[str, Array] = {}
        for name, tensor in self.named_tensors():
            state[name] = np.array(tensor.data, copy=True)
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        plan: list[tuple[Tensor, Array]] = []
        complaints: list[str] = []
        known = list(self.named_tensors())
        for name, tensor in known:
            if name not in state:
                complaints.append(f"missing: {name} {tensor.shape}")
                continue
            numbers = as_array(state[name], tensor.dtype)
            if numbers.shape == tensor.shape:
                plan.append((tensor, numbers))
            else:
                complaints.append(f"wrong shape: {name} is {numbers.shape} in the state and {tensor.shape} here")
        for name in sorted(set(state) - {name for name, _ in known}):
            complaints.append(f"unexpected: {name}")
        if complaints:
            raise ValueError("load_state_dict:\n  " + "\n  ".join(complaints))
        for tensor, numbers in plan:
            np.copyto(tensor.data, numbers)  # into the array that is there

    def __repr__(self) -> str:
        title, settings = type(self).__name__, self.extra_repr()
        inside = [f"({name}): {thing}" for name, thing in self.named_members() if isinstance(thing, (Module, Activation))]
        if not inside:
            return f"{title}({settings})"
        body = "\n".join([settings, *inside] if settings else inside)
        return f"{title}(\n{textwrap.indent(body, '  ')}\n)"


_MEMBERS = (*_MEMBERS, Module)


def _join(path: str, name: str) -> str:
    return ".".join(part for part in (path, name) if part)


def _children(module: Module) -> Iterator[tuple[str, Module]]:
    return ((name, thing) for name, thing in module.named_members() if isinstance(thing, Module))


def _collect(module: Module, path: str) -> list[tuple[str, Tensor]]:
    """All Tensors of a module with their full names, its own in front."""
    found = [(_join(path, name), thing) for name, thing in module.named_members() if isinstance(thing, Tensor)]
    for name, child in _children(module):
        found += _collect(child, _join(path, name))
    return found


def linear_parameters(in_features: int, out_features: int, bias: bool = True) -> int:
    return (in_features + int(bool(bias))) * out_features


def linear_multiply_adds(shape: tuple[int, ...], out_features: int) -> int:
    *batch, in_features = shape
    vectors = 1
    for size in batch:
        vectors *= size
    return vectors * in_features * out_features


def linear(x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, Any]:
    out_features, in_features = weight.shape
    vectors = x.reshape(math.prod(x.shape[:-1]), in_features)  # all vectors below each other
    result, _ = run(matmul, weight, vectors.T)  # (out, samples)
    result = result.T if bias is None else result.T + bias
    return result.reshape((*x.shape[:-1], out_features)), {"vectors": vectors, "shape": x.shape, "weight": weight, "bias": bias}


def linear_backward(grad: Array, saved: Any) -> tuple[Array, ...]:
    columns = grad.reshape(len(saved["vectors"]), -1).T if grad.size else np.zeros((len(saved["weight"]), 0), grad.dtype)
    dw, _ = run(matmul, columns, saved["vectors"])
    dx, _ = run(matmul, saved["weight"].T, columns)
    found = [dx.T.reshape(saved["shape"]), dw]
    if saved["bias"] is not None:
        found.append(add_up(columns, (1,)))
    return tuple(found)


class Linear:
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        if min(in_features, out_features) < 1:
            raise ValueError(f"Linear({in_features}, {out_features}): both sizes are 1 or more")
        self.in_features, self.out_features = in_features, out_features
        self.weight = self._drawn(out_features, in_features)
        self.bias = self._drawn(out_features) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        out_features, in_features = self.weight.shape
        if x.shape[-1:] != (in_features,):
            raise ValueError(
                f"Linear({in_features}, {out_features}): the last axis of x should have {in_features} numbers; "
                f"x has shape {x.shape}, the weight {self.weight.shape}"
            )
        return apply(linear, x, self.weight, *([] if self.bias is None else [self.bias]))

    def _drawn(self, *shape: int) -> Parameter:
        """Uniform between ± 1/√in_features, from numbers between 0 and 1."""
        return Parameter((2 * generator().random(shape) - 1) * self.in_features**-0.5)


class Dropout:
    def __init__(self, p: float = 0.5) -> None:
        if p >= 0 and p <= 1:
            self.p = p
        else:
            raise ValueError(f"p={p!r} is no probability: 0 <= p <= 1")

    def forward(self, x: Tensor) -> Tensor:
        if not (self.training and self.p > 0):
            return x
        mask = np.ones(x.shape, x.dtype)
        mask[generator().random(x.shape) < self.p] = 0
        return x * mask / (1 - self.p) if self.p != 1 else x * mask


class Flatten:
    def forward(self, x: Tensor) -> Tensor:
        start, end = axes(self.start_dim, x.ndim)[0], axes(self.end_dim, x.ndim)[0]
        if end < start:
            raise ValueError(f"Flatten({self.start_dim}, {self.end_dim}): x of shape {x.shape} has the start after the end")
        shape: list[int] = []
        for axis, size in enumerate(x.shape):
            if start < axis <= end:
                shape[-1] *= size
            else:
                shape.append(size)
        return x.reshape(shape)


class Sequential:
    def __init__(self, *steps: Callable[[Any], Any]) -> None:
        vars(self).update((str(place), step) for place, step in enumerate(steps))

    def forward(self, x: Any) -> Any:
        return functools.reduce(lambda value, step: step(value), self, x)

    def __len__(self) -> int:
        return sum(name.isdecimal() for name in vars(self))

    def __getitem__(self, index: int | slice) -> Any:
        steps = list(self)
        if isinstance(index, slice):
            return Sequential(*steps[index])
        if not -len(steps) <= index < len(steps):
            raise IndexError(f"no step {index} in a Sequential of {len(steps)}")
        return steps[index]

    def __iter__(self) -> Iterator[Any]:
        for place in range(len(self)):
            yield vars(self)[str(place)]
