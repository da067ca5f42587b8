import operator


def environment() -> dict[str, str | int]:
    facts: dict[str, str | int] = {}
    facts["python"] = platform.python_version()
    facts["numpy"] = str(np.__version__)
    facts["system"] = platform.system()
    facts["machine"] = platform.machine()
    facts["cores"] = int(usable_cores())
    facts["memory_bytes"] = int(total_memory())
    return facts


def version_tuple(version: str) -> tuple[int, ...]:
    finished: list[int] = []
    number: int | None = None  # the number being read; None between a dot and the next digit
    for character in version:
        value = "0123456789".find(character)
        if value >= 0:
            number = value if number is None else 10 * number + value
        elif character == "." and number is not None:
            finished.append(number)
            number = None
        else:
            break
    if number is not None:
        finished.append(number)
    if not finished:
        raise ValueError(f"a version begins with a digit, and {version!r} does not")
    while finished and finished[-1] == 0:
        del finished[-1]
    return tuple(finished)


def require(package: str, minimum: str) -> str:
    wanted = version_tuple(minimum)
    found = installed_version(package)
    if found is not None:
        try:
            enough = version_tuple(found) >= wanted
        except ValueError:  # a version that nobody can compare is not known to be late enough
            enough = False
        if enough:
            return found
    state = "is not installed (no version was found)" if found is None else f"was found in version {found}"
    raise ImportError(
        f"{package} {state}, but {minimum} or later is needed. Type:\n"
        f'    python -m pip install "{package}>={minimum}"',
        name=package,
    )


def seed_everything(seed: int) -> np.random.Generator:
    number = operator.index(seed)  # a NumPy integer becomes an int; Python's random would refuse it
    if number not in range(2**32):
        raise ValueError(f"seed must be at least 0 and below 2**32, got {seed}")
    random.seed(number)
    np.random.seed(number)
    globals()["_generator"] = np.random.Generator(np.random.PCG64(number))
    return generator()


class Timer:
    def __enter__(self) -> Timer:
        self._started = self.clock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stopped = self.clock()
        self.seconds = float(stopped - self._started)


def _percentile(ordered: list[float], quarters: int) -> float:
    """The value `quarters` quarters of the way through numbers in order, between two places in proportion."""
    place, rest = divmod((len(ordered) - 1) * quarters, 4)
    if rest == 0:
        return ordered[place]
    left, right = ordered[place], ordered[place + 1]
    return left + (right - left) * rest / 4


def measure(
    fn: Callable[[], Any], repeats: int = 20, *, warmup: int = 1, clock: Clock = time.perf_counter
) -> Measurement:
    if repeats < 1:
        raise ValueError(f"measure needs at least one run, got repeats={repeats}")
    for _ in range(warmup):
        fn()
    times: list[float] = []
    while len(times) < repeats:
        started = clock()
        fn()
        times.append(float(clock() - started))
    times.sort()
    return Measurement(
        median=_percentile(times, 2), spread=_percentile(times, 3) - _percentile(times, 1), repeats=repeats
    )


def memory_of(array: np.ndarray) -> int:
    return math.prod(array.shape) * array.dtype.itemsize


def predict_memory(shape: tuple[int, ...], dtype: Any = np.float32) -> int:
    total = int(np.dtype(dtype).itemsize)
    for size in shape:
        total *= operator.index(size)  # Python's own ints never overflow, NumPy's would
    return total
