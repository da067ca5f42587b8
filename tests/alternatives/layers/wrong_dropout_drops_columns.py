# misconception: Dropout switches neurons off, the same ones for the whole batch
# symptom: of ones of shape (60, 50)


class Dropout:
    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        kept = generator().random(x.shape[-1:]) >= self.p
        return x * (kept / (1 - self.p) if self.p < 1 else kept)
