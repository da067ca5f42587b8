# misconception: in evaluation all neurons are there, so the outputs must be made smaller then
# symptom: what is not dropped: 3 / 0.8


class Dropout:
    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x * (1 - self.p)
        return x * (generator().random(x.shape) >= self.p)
