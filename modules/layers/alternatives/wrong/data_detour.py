# misconception: a Tensor with the right numbers is the right Tensor
# symptom: the way back from the result of Linear


class Linear:
    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-1:] != (self.in_features,):
            raise ValueError(f"Linear: x of shape {x.shape} does not fit weight of shape {self.weight.shape}")
        out = x.data @ self.weight.data.T
        return Tensor(out if self.bias is None else out + self.bias.data, requires_grad=True, dtype=x.dtype)
