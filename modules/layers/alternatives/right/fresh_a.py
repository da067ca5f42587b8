from .tensor import axes


def members(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, (Tensor, Module, Activation)):
        yield name, value
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from members(item, f"{name}.{i}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from members(item, f"{name}.{key}")


class Module:
    def named_modules(self) -> Iterator[tuple[str, Module]]:
        seen = {id(self)}
        yield "", self
        for name, member in self.named_members():
            if isinstance(member, Module):
                for inner, module in member.named_modules():
                    if id(module) not in seen:
                        seen.add(id(module))
                        yield (f"{name}.{inner}" if inner else name), module

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        for name, member in self.named_members():
            if isinstance(member, Tensor):
                yield name, member
        for name, member in self.named_members():
            if isinstance(member, Module):
                for inner, tensor in member.named_tensors():
                    yield f"{name}.{inner}", tensor

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        seen = set()
        for name, tensor in self.named_tensors():
            if isinstance(tensor, Parameter) and id(tensor) not in seen:
                seen.add(id(tensor))
                yield name, tensor

    def train(self, mode: bool = True) -> Module:
        for module in self.modules():
            module.training = mode
        return self

    def state_dict(self) -> dict[str, Array]:
        return {name: tensor.data.copy() for name, tensor in self.named_tensors()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        mine = dict(self.named_tensors())
        wrong = [f"{name} is missing" for name in mine if name not in state]
        wrong += [f"{name} is unexpected" for name in state if name not in mine]
        new = {}
        for name, tensor in mine.items():
            if name in state:
                new[name] = as_array(state[name], tensor.dtype)
                if new[name].shape != tensor.shape:
                    wrong.append(f"{name} has shape {new[name].shape} in the state, {tensor.shape} in the model")
        if wrong:
            raise ValueError(f"this state does not fit {type(self).__name__}: " + "; ".join(wrong))
        for name, tensor in mine.items():
            tensor.data = new[name]

    def __repr__(self) -> str:
        lines = [self.extra_repr()] if self.extra_repr() else []
        children = [(name, m) for name, m in self.named_members() if not isinstance(m, Tensor)]
        if not children:
            return f"{type(self).__name__}({self.extra_repr()})"
        for name, child in children:
            lines += f"({name}): {child!r}".split("\n")
        return "\n".join([f"{type(self).__name__}(", *("  " + line for line in lines), ")"])


def linear_parameters(in_features: int, out_features: int, bias: bool = True) -> int:
    return in_features * out_features + (out_features if bias else 0)


def linear_multiply_adds(shape: tuple[int, ...], out_features: int) -> int:
    return math.prod(shape) * out_features


def linear(x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, Any]:
    y = run(matmul, x, weight.T)[0]
    if bias is not None:
        y = y + bias
    return y, (x, weight, bias)


def linear_backward(grad: Array, saved: Any) -> tuple[Array, ...]:
    x, weight, bias = saved
    front = tuple(range(grad.ndim - 1))
    g = grad.reshape((-1, weight.shape[0]))
    dx = run(matmul, g, weight)[0].reshape(x.shape)
    dw = run(matmul, x.reshape((-1, weight.shape[1])).T, g)[0].T  # (in, samples) @ (samples, out), then turned
    if bias is None:
        return dx, dw
    return dx, dw, add_up(grad, front)


class Linear:
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        if in_features < 1 or out_features < 1:
            raise ValueError(f"Linear: sizes must be at least 1, got in_features={in_features}, out_features={out_features}")
        self.in_features = in_features
        self.out_features = out_features
        bound = 1 / math.sqrt(in_features)
        self.weight = Parameter(generator().uniform(-bound, bound, (out_features, in_features)))
        self.bias = Parameter(generator().uniform(-bound, bound, out_features)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim == 0 or x.shape[-1] != self.weight.shape[1]:
            raise ValueError(f"Linear: x of shape {x.shape} does not fit weight of shape {self.weight.shape} (out, in)")
        if self.bias is None:
            return apply(linear, x, self.weight)
        return apply(linear, x, self.weight, self.bias)


class Dropout:
    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p is a probability from 0 to 1, got {p}")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        keep = generator().random(x.shape) >= self.p
        return x * (keep / (1 - self.p) if self.p < 1 else np.zeros(x.shape))


class Flatten:
    def forward(self, x: Tensor) -> Tensor:
        (start,), (end,) = axes(self.start_dim, x.ndim), axes(self.end_dim, x.ndim)
        if start > end:
            raise ValueError(f"Flatten: start_dim={self.start_dim} comes after end_dim={self.end_dim} for x of shape {x.shape}")
        return x.reshape(x.shape[:start] + (math.prod(x.shape[start : end + 1]),) + x.shape[end + 1 :])


class Sequential:
    def __init__(self, *steps: Callable[[Any], Any]) -> None:
        self._count = len(steps)
        for i, step in enumerate(steps):
            setattr(self, str(i), step)

    def forward(self, x: Any) -> Any:
        for step in self:
            x = step(x)
        return x

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return Sequential(*(getattr(self, str(i)) for i in range(len(self))[index]))
        try:
            return getattr(self, str(range(len(self))[index]))
        except IndexError:
            raise IndexError(f"Sequential has {len(self)} steps, there is no step {index}") from None

    def __iter__(self) -> Iterator[Any]:
        return (getattr(self, str(i)) for i in range(len(self)))
