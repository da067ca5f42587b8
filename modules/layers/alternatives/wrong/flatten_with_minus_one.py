# misconception: reshape with -1 works out the size whatever the shape
# symptom: Flatten(1, -1) of shape (0, 8, 8)

from .tensor import axes


class Flatten:
    def forward(self, x: Tensor) -> Tensor:
        (start,), (end,) = axes(self.start_dim, x.ndim), axes(self.end_dim, x.ndim)
        if start > end:
            raise ValueError(f"Flatten: start_dim {self.start_dim} comes after end_dim {self.end_dim} in shape {x.shape}")
        return x.reshape(*x.shape[:start], -1, *x.shape[end + 1 :])
