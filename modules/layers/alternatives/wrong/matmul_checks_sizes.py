# misconception: a product that does not fit raises an error by itself
# symptom: the message should name Linear


class Linear:
    def forward(self, x: Tensor) -> Tensor:
        return apply(linear, x, self.weight) if self.bias is None else apply(linear, x, self.weight, self.bias)
