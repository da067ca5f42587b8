import operator
import re


def environment() -> dict[str, str | int]:
    return dict(
        python=platform.python_version(),
        numpy=np.__version__,
        system=platform.system(),
        machine=platform.machine(),
        cores=usable_cores(),
        memory_bytes=total_memory(),
    )


def version_tuple(version: str) -> tuple[int, ...]:
    found = re.match(r"[0-9]+(\.[0-9]+)*", version)
    if found is None:
        raise ValueError(f"a version begins with a digit, and this does not: {version!r}")
    numbers = [int(part) for part in found[0].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def require(package: str, minimum: str) -> str:
    found = installed_version(package)
    if found is not None and version_tuple(found) >= version_tuple(minimum):
        return found
    state = "is not installed" if found is None else f"is installed in version {found}, which is too old"
    raise ImportError(f'{package} {state}; type: python -m pip install "{package}>={minimum}"', name=package)


def seed_everything(seed: int) -> np.random.Generator:
    if not 0 <= seed < 2**32:
        raise ValueError(f"a seed lies in 0 <= seed < 2**32, got {seed}")
    seed = operator.index(seed)  # random.seed wants a real int, not an np.int64
    random.seed(seed)
    np.random.seed(seed)
    fresh = np.random.default_rng(seed)
    globals()["_generator"] = fresh
    return fresh


class Timer:
    def __enter__(self) -> Timer:
        self._started = self.clock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ended = self.clock()
        self.seconds = float(ended - self._started)


def measure(
    fn: Callable[[], Any], repeats: int = 20, *, warmup: int = 1, clock: Clock = time.perf_counter
) -> Measurement:
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1, got {repeats}")
    for _ in range(warmup):
        fn()
    times = np.empty(repeats)
    for run in range(repeats):
        start = clock()
        fn()
        times[run] = clock() - start
    low, median, high = np.quantile(times, (0.25, 0.5, 0.75)).tolist()
    return Measurement(median, high - low, repeats)


def memory_of(array: np.ndarray) -> int:
    return array.size * array.itemsize


def predict_memory(shape: tuple[int, ...], dtype: Any = np.float32) -> int:
    return math.prod(map(int, shape), start=np.dtype(dtype).itemsize)
