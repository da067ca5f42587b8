# misconception: the target is data, so its numbers are enough: a loss never needs the Tensor of the target
# symptom: the result's parents are input and target
# in: right/fresh_a.py


class MSELoss:
    def forward(self, input: Tensor, target: Any) -> Tensor:
        numbers = target.data if isinstance(target, Tensor) else target
        return apply(mse_loss, input, numbers, reduction=self.reduction)
