# misconception: a Tensor with the right numbers and requires_grad is as good as one that came out of apply
# symptom: x.mean(1) has lost its way back to x
# effect: mean and var have the right numbers, but _parents is (): the way back to x is cut
# in: right/long_way.py


class Tensor:
    def mean(self, dim: Dims = None, keepdim: bool = False) -> Tensor:
        total, _ = reduce_sum(self.data, dim, keepdim)
        mean, _ = div(total, np.asarray(_count(self.shape, dim)))
        return Tensor(mean, self.requires_grad, mean.dtype)
