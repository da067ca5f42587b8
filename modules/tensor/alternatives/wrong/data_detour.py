# misconception: a Tensor made from the right numbers is as good as one made by ops, so mean and var may use NumPy on .data
# symptom: x.mean(1) has lost its way back to x
# effect: the numbers are right and requires_grad looks right, but _parents is empty: nothing leads back to x
# in: right/compact.py


class Tensor:
    def mean(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        out = self.data.mean(axis=axes(dim, self.ndim), keepdims=keepdim)
        return Tensor(out, requires_grad=self.requires_grad, dtype=as_float(self.data).dtype)

    def var(self, dim: Dims = None, correction: int = 1, keepdim: bool = False) -> Tensor:
        out = self.data.var(axis=axes(dim, self.ndim), ddof=correction, keepdims=keepdim)
        return Tensor(out, requires_grad=self.requires_grad, dtype=as_float(self.data).dtype)
