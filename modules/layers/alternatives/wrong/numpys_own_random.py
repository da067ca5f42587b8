# misconception: np.random is seeded by seed_everything as well, so it may as well be used
# symptom: whether generator() is still at its beginning after Dropout(0.5), which draws from it
# in: right/fresh_a.py


class Dropout:
    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        keep = np.random.random(x.shape) >= self.p
        return x * (keep / (1 - self.p) if self.p < 1 else np.zeros(x.shape))
