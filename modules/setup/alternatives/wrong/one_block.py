# misconception: timing all runs in one block and dividing by their number gives the time of a typical run
# symptom: expected: 2 got: 3.4
# effect: one slow run moves the 'median' (3.4 instead of 2), and the spread is always 0
# in: right/compact.py


def measure(
    fn: Callable[[], Any], repeats: int = 20, *, warmup: int = 1, clock: Clock = time.perf_counter
) -> Measurement:
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1, got {repeats}")
    for _ in range(warmup):
        fn()
    with Timer(clock) as timer:
        for _ in range(repeats):
            fn()
    times = [timer.seconds / repeats] * repeats
    return Measurement(float(np.median(times)), float(np.percentile(times, 75) - np.percentile(times, 25)), repeats)
