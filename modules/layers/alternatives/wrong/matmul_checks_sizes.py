# misconception: a product that does not fit raises an error by itself
# symptom: the message should name Linear


class Linear:
    def forward(self, x: Tensor) -> Tensor:
        out = x @ self.weight.T
        return out if self.bias is None else out + self.bias
