# misconception: the warm-up runs are the first ones of the `repeats` runs, and are left out afterwards
# symptom: how often measure called fn: 1 warm-up and 5 repeats expected: int 6 got: int 5
# effect: measure(fn, 5, warmup=1) calls fn 5 times, not 6; with warmup=3, repeats=3 there is nothing left to take a median of
# in: right/long_way.py


def measure(
    fn: Callable[[], Any], repeats: int = 20, *, warmup: int = 1, clock: Clock = time.perf_counter
) -> Measurement:
    if repeats < 1:
        raise ValueError(f"measure needs at least one run, got repeats={repeats}")
    times: list[float] = []
    while len(times) < repeats:
        started = clock()
        fn()
        times.append(float(clock() - started))
    times = sorted(times[warmup:])
    return Measurement(
        median=_percentile(times, 2), spread=_percentile(times, 3) - _percentile(times, 1), repeats=repeats
    )
