from .tensor import axes


def members(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    found = []
    if isinstance(value, Tensor):
        found.append((name, value))
    elif isinstance(value, Module):
        found.append((name, value))
    elif isinstance(value, Activation):
        found.append((name, value))
    elif isinstance(value, dict):
        for key in value:
            found.extend(members(value[key], name + "." + str(key)))
    elif isinstance(value, list) or isinstance(value, tuple):
        for place in range(len(value)):
            found.extend(members(value[place], name + "." + str(place)))
    return iter(found)


class Module:
    def named_modules(self) -> Iterator[tuple[str, Module]]:
        found = []
        todo = [("", self)]
        while todo:
            name, module = todo.pop(0)
            known = False
            for _, other in found:
                if other is module:
                    known = True
            if known:
                continue
            found.append((name, module))
            inside = []
            for inner, member in module.named_members():
                if isinstance(member, Module):
                    inside.append((name + "." + inner if name else inner, member))
            todo = inside + todo
        return iter(found)

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        result = []
        submodules = []
        for name, member in self.named_members():
            if isinstance(member, Tensor):
                result.append((name, member))
            elif isinstance(member, Module):
                submodules.append((name, member))
        for name, submodule in submodules:
            for inner, tensor in submodule.named_tensors():
                result.append((name + "." + inner, tensor))
        return iter(result)

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        result = []
        for name, tensor in self.named_tensors():
            if not isinstance(tensor, Parameter):
                continue
            for _, other in result:
                if other is tensor:
                    break
            else:
                result.append((name, tensor))
        return iter(result)

    def train(self, mode: bool = True) -> Module:
        self.training = mode
        for name, member in self.named_members():
            if isinstance(member, Module):
                member.train(mode)
        return self

    def state_dict(self) -> dict[str, Array]:
        state = {}
        for name, tensor in self.named_tensors():
            state[name] = as_array(tensor.data)
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        tensors = dict(self.named_tensors())
        missing = []
        misshapen = []
        arrays = {}
        for name in tensors:
            if name not in state:
                missing.append(name)
                continue
            array = as_array(state[name]).astype(tensors[name].dtype)
            if array.shape != tensors[name].shape:
                misshapen.append(f"{name}: {list(array.shape)} for {list(tensors[name].shape)}")
            arrays[name] = array
        unexpected = []
        for name in state:
            if name not in tensors:
                unexpected.append(name)
        if missing or misshapen or unexpected:
            raise ValueError(f"missing {missing} unexpected {unexpected} misshapen {misshapen}")
        for name, tensor in tensors.items():
            tensor.data = arrays[name]

    def __repr__(self) -> str:
        name = type(self).__name__
        children = []
        for key, member in self.named_members():
            if isinstance(member, Tensor):
                continue
            lines = repr(member).split("\n")
            children.append("  (" + key + "): " + lines[0])
            for line in lines[1:]:
                children.append("  " + line)
        if not children:
            return name + "(" + self.extra_repr() + ")"
        if self.extra_repr():
            children.insert(0, "  " + self.extra_repr())
        return name + "(\n" + "\n".join(children) + "\n)"


def linear_parameters(in_features: int, out_features: int, bias: bool = True) -> int:
    total = 0
    for _ in range(out_features):
        total += in_features
        if bias:
            total += 1
    return total


def linear_multiply_adds(shape: tuple[int, ...], out_features: int) -> int:
    total = out_features
    for size in shape:
        total *= size
    return total


def linear(x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, Any]:
    product = run(matmul, x, np.transpose(weight))[0]
    if bias is None:
        return product, [x, weight]
    return product + bias, [x, weight, bias]


def linear_backward(grad: Array, saved: Any) -> tuple[Array, ...]:
    x = saved[0]
    weight = saved[1]
    dx = np.zeros(x.shape, dtype=grad.dtype)
    dw = np.zeros(weight.shape, dtype=grad.dtype)
    for place in np.ndindex(x.shape[:-1]):  # one sample after the other
        for row in range(weight.shape[0]):
            dw[row] += grad[place][row] * x[place]
            dx[place] += grad[place][row] * weight[row]
    if len(saved) == 2:
        return dx, dw
    axes_in_front = tuple(range(grad.ndim - 1))
    return dx, dw, add_up(grad, axes_in_front)


class Linear:
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        for size in (in_features, out_features):
            if size <= 0:
                raise ValueError(f"in_features {in_features}, out_features {out_features}")
        self.in_features = in_features
        self.out_features = out_features
        bound = 1.0 / np.sqrt(in_features)
        self.weight = Parameter(generator().uniform(-bound, bound, size=(out_features, in_features)))
        self.bias = None
        if bias:
            self.bias = Parameter(generator().uniform(-bound, bound, size=(out_features,)))

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim == 0:
            raise ValueError(f"Linear needs an axis: x is () and weight {self.weight.shape}")
        if x.shape[-1] != self.weight.shape[1]:
            raise ValueError(f"Linear got x of shape {x.shape} for a weight of shape {self.weight.shape}")
        inputs = [x, self.weight]
        if self.bias is not None:
            inputs.append(self.bias)
        return apply(linear, *inputs)


class Dropout:
    def __init__(self, p: float = 0.5) -> None:
        if p >= 0 and p <= 1:
            self.p = p
        else:
            raise ValueError(f"p is {p}")

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        if self.p == 0:
            return x
        if self.p == 1:
            return x * 0
        draws = generator().random(x.shape)
        mask = np.ones(x.shape, dtype=x.dtype)
        mask[draws < self.p] = 0
        return x * mask / (1 - self.p)


class Flatten:
    def forward(self, x: Tensor) -> Tensor:
        start = axes(self.start_dim, x.ndim)[0]
        end = axes(self.end_dim, x.ndim)[0]
        if start > end:
            raise ValueError(f"start {start} after end {end} for shape {x.shape}")
        shape = []
        middle = 1
        for axis, size in enumerate(x.shape):
            if axis < start or axis > end:
                shape.append(size)
            else:
                middle = middle * size
                if axis == end:
                    shape.append(middle)
        return x.reshape(shape)


class Sequential:
    def __init__(self, *steps: Callable[[Any], Any]) -> None:
        self._steps = []
        for step in steps:
            setattr(self, str(len(self._steps)), step)
            self._steps.append(str(len(self._steps)))

    def forward(self, x: Any) -> Any:
        out = x
        for place in range(len(self)):
            out = self[place](out)
        return out

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            chosen = []
            for place in range(*index.indices(len(self))):
                chosen.append(self[place])
            return Sequential(*chosen)
        place = index + len(self) if index < 0 else index
        if place < 0 or place >= len(self):
            raise IndexError(f"there is no step {index}")
        return vars(self)[str(place)]

    def __iter__(self) -> Iterator[Any]:
        for place in range(len(self)):
            yield self[place]
