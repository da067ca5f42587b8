# misconception: each array of a layer starts in a range given by its own size
# symptom: beyond 1/√


class Linear:
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        if in_features < 1 or out_features < 1:
            raise ValueError(f"Linear needs sizes of 1 or more, got in_features={in_features}, out_features={out_features}")
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(generator().uniform(-1, 1, (out_features, in_features)) / math.sqrt(in_features))
        self.bias = Parameter(generator().uniform(-1, 1, out_features) / math.sqrt(out_features)) if bias else None
