from .tensor import axes


def members(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    match value:
        case Tensor() | Module() | Activation():
            yield name, value
        case dict():
            for key, item in value.items():
                yield from members(item, f"{name}.{key}")
        case list() | tuple():
            yield from members({str(place): item for place, item in enumerate(value)}, name)


class Module:
    def named_modules(self) -> Iterator[tuple[str, Module]]:
        memo = set()

        def walk(module, name):
            if module in memo:
                return
            memo.add(module)
            yield name, module
            for inner, member in module.named_members():
                if isinstance(member, Module):
                    yield from walk(member, f"{name}.{inner}" if name else inner)

        return walk(self, "")

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        def walk(module, prefix):
            pairs = sorted(module.named_members(), key=lambda pair: isinstance(pair[1], Module))  # stable
            for name, member in pairs:
                if isinstance(member, Tensor):
                    yield prefix + name, member
                elif isinstance(member, Module):
                    yield from walk(member, f"{prefix}{name}.")

        return walk(self, "")

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        first = {}
        for name, tensor in self.named_tensors():
            if isinstance(tensor, Parameter) and id(tensor) not in first:
                first[id(tensor)] = (name, tensor)
        yield from first.values()

    def train(self, mode: bool = True) -> Module:
        for _, module in self.named_modules():
            module.training = mode
        return self

    def state_dict(self) -> dict[str, Array]:
        return {name: tensor.data.copy() for name, tensor in self.named_tensors()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        own = dict(self.named_tensors())
        faults = [f"no {name}" for name in own if name not in state] + [f"not known: {name}" for name in state if name not in own]
        for name in own:
            if name in state and np.shape(state[name]) != own[name].shape:
                faults.append(f"{name}: {np.shape(state[name])} instead of {own[name].shape}")
        if faults:
            raise ValueError("; ".join(faults))
        arrays = [as_array(state[name], tensor.dtype) for name, tensor in own.items()]
        for tensor, array in zip(own.values(), arrays, strict=True):
            np.copyto(tensor.data, array)

    def __repr__(self) -> str:
        settings = self.extra_repr()
        inside = [f"({name}): {member!r}" for name, member in self.named_members() if not isinstance(member, Tensor)]
        if not inside:
            return f"{type(self).__name__}({settings})"
        lines = "\n".join([settings, *inside] if settings else inside).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {lines}\n)"


def linear_parameters(in_features: int, out_features: int, bias: bool = True) -> int:
    return out_features * (in_features + bias)


def linear_multiply_adds(shape: tuple[int, ...], out_features: int) -> int:
    return math.prod(shape) * out_features


def linear(x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, Any]:
    zero = np.zeros(len(weight), weight.dtype)
    return run(matmul, x, weight.T)[0] + (zero if bias is None else bias), (x, weight, bias is None)


def linear_backward(grad: Array, saved: Any) -> tuple[Array, ...]:
    x, weight, bare = saved
    by_x = run(matmul, grad, weight)[0]
    # a product for each sample, (…, out, 1) · (…, 1, in), then the sum over all axes in front
    by_weight = add_up(grad[..., :, np.newaxis] * x[..., np.newaxis, :], tuple(range(x.ndim - 1)))
    by_bias = add_up(grad, tuple(range(x.ndim - 1)))
    return (by_x, by_weight) if bare else (by_x, by_weight, by_bias)


class Linear:
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        if in_features <= 0 or out_features <= 0:
            raise ValueError(f"Linear({in_features}, {out_features})")
        self.in_features, self.out_features = in_features, out_features
        both = generator().uniform(-1, 1, (out_features, in_features + 1)) / math.sqrt(in_features)
        self.weight = Parameter(both[:, :-1])
        self.bias = Parameter(both[:, -1]) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        if not x.shape or x.shape[-1] != self.in_features:
            raise ValueError(f"{type(self).__name__}: {x.shape} meets {self.weight.shape}")
        match self.bias:
            case None:
                return apply(linear, x, self.weight)
            case bias:
                return apply(linear, x, self.weight, bias)


class Dropout:
    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"the probability to drop must lie between 0 and 1, got {p}")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        if self.p == 1:
            return x * np.zeros(x.shape)
        return x * Tensor(generator().binomial(1, 1 - self.p, x.shape), dtype=x.dtype) / (1 - self.p)


class Flatten:
    def forward(self, x: Tensor) -> Tensor:
        start, end = (axes(dim, x.ndim)[0] for dim in (self.start_dim, self.end_dim))
        if start > end:
            raise ValueError(f"{x.shape}: {start} > {end}")
        front, middle, back = x.shape[:start], x.shape[start : end + 1], x.shape[end + 1 :]
        return x.reshape(front + (math.prod(middle),) + back)


class Sequential:
    def __init__(self, *steps: Callable[[Any], Any]) -> None:
        self._names = [str(place) for place in range(len(steps))]
        for name, step in zip(self._names, steps, strict=True):
            self.__dict__[name] = step

    def forward(self, x: Any) -> Any:
        for step in self:
            x = step(x)
        return x

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: int | slice) -> Any:
        names = self._names[index] if isinstance(index, slice) else None
        if names is not None:
            return Sequential(*(self.__dict__[name] for name in names))
        if index not in range(-len(self), len(self)):
            raise IndexError(f"{index} is no step")
        return self.__dict__[self._names[index]]

    def __iter__(self) -> Iterator[Any]:
        return map(self.__dict__.__getitem__, self._names)
