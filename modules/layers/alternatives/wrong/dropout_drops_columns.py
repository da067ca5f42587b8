# misconception: Dropout switches neurons off, the same ones for the whole batch
# symptom: a whole line was dropped


class Dropout:
    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        kept = generator().random(x.shape[-1:]) >= self.p
        return x * (kept / (1 - self.p) if self.p < 1 else kept)
