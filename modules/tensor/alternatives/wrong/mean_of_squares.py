# misconception: the variance is the mean of the squares minus the square of the mean, as in the statistics course
# symptom: var of 10000 ... 10003
# effect: right for small numbers; 0 or negative when the mean is large (10000 .. 10003 in float32), then sqrt gives nan
# in: right/compact.py


class Tensor:
    def var(self, dim: Dims = None, correction: int = 1, keepdim: bool = False) -> Tensor:
        n = _count(self.shape, dim)
        mean = self.mean(dim, keepdim)
        return ((self * self).mean(dim, keepdim) - mean * mean) * (n / (n - correction))
