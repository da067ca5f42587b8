# misconception: in which order weight and bias are drawn does not matter, they are random
# symptom: the weight with bias=False, after the same seed: weights are drawn first
# in: right/fresh_a.py


class Linear:
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        if in_features < 1 or out_features < 1:
            raise ValueError(f"Linear: sizes must be at least 1, got in_features={in_features}, out_features={out_features}")
        self.in_features = in_features
        self.out_features = out_features
        bound = 1 / math.sqrt(in_features)
        first = Parameter(generator().uniform(-bound, bound, out_features)) if bias else None
        self.weight = Parameter(generator().uniform(-bound, bound, (out_features, in_features)))
        self.bias = first
