# misconception: after no_grad gradients are wanted again, so it switches grad mode on at its end
# symptom: after an inner one


@contextmanager
def no_grad() -> Iterator[None]:
    before = grad_mode.enabled
    grad_mode.enabled = False
    try:
        yield
    finally:
        grad_mode.enabled = True
