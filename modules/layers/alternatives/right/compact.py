from .tensor import axes


def members(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, (Tensor, Module, Activation)):
        return iter([(name, value)])
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    return (found for key, item in pairs for found in members(item, f"{name}.{key}"))


class Module:
    def named_modules(self) -> Iterator[tuple[str, Module]]:
        found = {self: ""}
        for name, member in self.named_members():
            if isinstance(member, Module):
                for inner, module in member.named_modules():
                    found.setdefault(module, f"{name}.{inner}".rstrip("."))
        return ((name, module) for module, name in found.items())

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        own = list(self.named_members())
        yield from (pair for pair in own if isinstance(pair[1], Tensor))
        yield from ((f"{n}.{i}", t) for n, m in own if isinstance(m, Module) for i, t in m.named_tensors())

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        found = {}
        for name, tensor in self.named_tensors():
            if isinstance(tensor, Parameter):
                found.setdefault(tensor, name)  # a dict goes by hash and identity
        return ((name, tensor) for tensor, name in found.items())

    def train(self, mode: bool = True) -> Module:
        for module in self.modules():
            module.training = mode
        return self

    def state_dict(self) -> dict[str, Array]:
        return {name: np.array(tensor.data) for name, tensor in self.named_tensors()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        own, new = dict(self.named_tensors()), {name: as_array(value) for name, value in state.items()}
        wrong = sorted(own.keys() ^ new.keys())
        wrong += [f"{n} {new[n].shape} {own[n].shape}" for n in own.keys() & new.keys() if own[n].shape != new[n].shape]
        if wrong:
            raise ValueError("missing, unexpected or misshapen: " + ", ".join(wrong))
        for name, tensor in own.items():
            tensor.data[...] = new[name]

    def __repr__(self) -> str:
        lines = [self.extra_repr()] if self.extra_repr() else []
        parts = [f"({name}): {part!r}" for name, part in self.named_members() if isinstance(part, (Module, Activation))]
        text = "\n".join(lines + parts)
        text = "\n" + "\n".join("  " + line for line in text.splitlines()) + "\n" if parts else text
        return f"{type(self).__name__}({text})"


def linear_parameters(in_features: int, out_features: int, bias: bool = True) -> int:
    return in_features * out_features + (out_features if bias else 0)


def linear_multiply_adds(shape: tuple[int, ...], out_features: int) -> int:
    return int(np.prod(shape, dtype=np.int64)) * out_features


def linear(x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, Any]:
    y, _ = run(matmul, x, weight.swapaxes(0, 1))
    return (y, (x, weight, 2)) if bias is None else (y + bias, (x, weight, 3))


def linear_backward(grad: Array, saved: Any) -> tuple[Array, ...]:
    x, weight, inputs = saved
    samples, vectors = grad.reshape(-1, grad.shape[-1]), x.reshape(-1, x.shape[-1])
    return (run(matmul, grad, weight)[0], run(matmul, samples.T, vectors)[0], add_up(samples, (0,)))[:inputs]


class Linear:
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        if min(in_features, out_features) < 1:
            raise ValueError(f"sizes must be positive: {in_features} {out_features}")
        self.in_features, self.out_features = in_features, out_features
        draw = lambda *shape: Parameter((2 * generator().random(shape) - 1) * in_features**-0.5)
        self.weight, self.bias = draw(out_features, in_features), draw(out_features) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim < 1 or x.shape[-1] != self.in_features:
            raise ValueError(f"Linear: x {x.shape}, weight {self.weight.shape}")
        return apply(linear, x, *(p for p in (self.weight, self.bias) if p is not None))


class Dropout:
    def __init__(self, p: float = 0.5) -> None:
        if p < 0 or p > 1 or p != p:
            raise ValueError(p)
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not (self.training and self.p):
            return x
        return x * np.where(generator().random(x.shape) < self.p, 0, 1 / max(1 - self.p, 1e-9))


class Flatten:
    def forward(self, x: Tensor) -> Tensor:
        first, last = axes((self.start_dim,), x.ndim)[0], axes((self.end_dim,), x.ndim)[0]
        if last < first:
            raise ValueError(x.shape)
        return x.reshape((*x.shape[:first], int(np.prod(x.shape[first : last + 1])), *x.shape[last + 1 :]))


class Sequential:
    def __init__(self, *steps: Callable[[Any], Any]) -> None:
        vars(self).update((str(i), step) for i, step in enumerate(steps))

    def forward(self, x: Any) -> Any:
        from functools import reduce

        return reduce(lambda value, step: step(value), self, x)

    def __len__(self) -> int:
        return sum(name.isdigit() for name in vars(self))

    def __getitem__(self, index: int | slice) -> Any:
        steps = list(self)
        if isinstance(index, slice):
            return Sequential(*steps[index])
        try:
            return steps[index]
        except IndexError:
            raise IndexError(f"no step {index}") from None

    def __iter__(self) -> Iterator[Any]:
        return iter([step for name, step in vars(self).items() if name.isdigit()])
