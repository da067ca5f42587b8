# misconception: p is the probability of being kept
# symptom: dropped 8


class Dropout:
    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 1:
            return x
        kept = generator().random(x.shape) < self.p
        return x * (kept / (1 - self.p) if self.p < 1 else kept)
