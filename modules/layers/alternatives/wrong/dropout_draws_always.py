# misconception: a draw that is not used does no harm
# symptom: which draws nothing


class Dropout:
    def forward(self, x: Tensor) -> Tensor:
        kept = generator().random(x.shape) >= self.p
        if not self.training or self.p == 0:
            return x
        return x * (kept / (1 - self.p) if self.p < 1 else kept)
