# misconception: the line after yield runs when the block is left, however it is left
# symptom: after an exception


@contextmanager
def no_grad() -> Iterator[None]:
    before = grad_mode.enabled
    grad_mode.enabled = False
    yield
    grad_mode.enabled = before
