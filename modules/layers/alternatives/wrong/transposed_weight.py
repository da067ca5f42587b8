# misconception: the weight of a layer is the matrix that x is multiplied with, so it is (in, out)
# symptom: weight of Linear(9, 4) expected: shape (4, 9), dtype float32 got: shape (9, 4)


class Linear:
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        if in_features < 1 or out_features < 1:
            raise ValueError(f"Linear needs sizes of 1 or more, got in_features={in_features}, out_features={out_features}")
        self.in_features = in_features
        self.out_features = out_features
        bound = 1 / math.sqrt(in_features)
        self.weight = Parameter(generator().uniform(-bound, bound, (in_features, out_features)))
        self.bias = Parameter(generator().uniform(-bound, bound, out_features)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        out = x @ self.weight
        return out if self.bias is None else out + self.bias
