# misconception: one source of random numbers is one object, so it can be fetched once
# symptom: the weight after the same seed

_rng = generator()


class Linear:
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        if in_features < 1 or out_features < 1:
            raise ValueError(f"Linear needs sizes of 1 or more, got in_features={in_features}, out_features={out_features}")
        self.in_features = in_features
        self.out_features = out_features
        bound = 1 / math.sqrt(in_features)
        self.weight = Parameter(_rng.uniform(-bound, bound, (out_features, in_features)))
        self.bias = Parameter(_rng.uniform(-bound, bound, out_features)) if bias else None
