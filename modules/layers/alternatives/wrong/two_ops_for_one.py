# misconception: a layer that gives the right numbers and gradients needs no op of its own
# symptom: the op that made the result of Linear(…, bias=True) expected: str 'linear'


class Linear:
    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-1:] != (self.in_features,):
            raise ValueError(f"Linear: x of shape {x.shape} does not fit weight of shape {self.weight.shape}")
        out = x @ self.weight.T
        return out if self.bias is None else out + self.bias
