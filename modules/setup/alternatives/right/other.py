import bisect
import itertools
import operator


def environment() -> dict[str, str | int]:
    questions: dict[str, Callable[[], str | int]] = {
        "python": lambda: sys.version.split()[0],
        "numpy": lambda: np.version.version,
        "system": lambda: platform.uname().system,
        "machine": lambda: platform.uname().machine,
        "cores": usable_cores,
        "memory_bytes": total_memory,
    }
    return {key: ask() for key, ask in questions.items()}


def version_tuple(version: str) -> tuple[int, ...]:
    def leading(part: str) -> str:
        return "".join(itertools.takewhile("0123456789".__contains__, part))

    def numbers(text: str) -> tuple[int, ...]:
        part, _, rest = text.partition(".")
        digits = leading(part)
        if not digits:
            return ()
        return (int(digits), *(numbers(rest) if digits == part else ()))

    def stripped(found: tuple[int, ...]) -> tuple[int, ...]:
        return stripped(found[:-1]) if found and not found[-1] else found

    if not leading(version):
        raise ValueError(f"no version: {version!r}")
    return stripped(numbers(version))


def require(package: str, minimum: str) -> str:
    command = f'python -m pip install "{package}>={minimum}"'
    try:
        found = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        raise ModuleNotFoundError(f"{package}: none was found. Type\n    {command}") from None
    old, new = version_tuple(found), version_tuple(minimum)
    for have, want in itertools.zip_longest(old, new, fillvalue=0):
        if have > want:
            break
        if have < want:
            raise ImportError(f"{package}: found {found}, but {minimum} is needed. Type\n    {command}")
    return found


def seed_everything(seed: int) -> np.random.Generator:
    seed = operator.index(seed)
    if seed.bit_length() > 32 or seed < 0:
        raise ValueError(f"seed {seed} is not in 0 .. 2**32 - 1")
    source = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    sys.modules[__name__]._generator = source
    random.setstate(random.Random(seed).getstate())
    np.random.set_state(np.random.RandomState(seed).get_state())
    return generator()


class Timer:
    def __enter__(self) -> Timer:
        vars(self)["_started"] = self.clock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = float(operator.sub(self.clock(), self._started))
        return


def measure(
    fn: Callable[[], Any], repeats: int = 20, *, warmup: int = 1, clock: Clock = time.perf_counter
) -> Measurement:
    if not repeats >= 1:
        raise ValueError(f"cannot find the middle of {repeats} runs")

    def timed() -> float:
        with Timer(clock) as timer:
            fn()
        return timer.seconds

    def place(ordered: list[float], q: float) -> float:
        """The mathematics of the handout: place (n - 1) q / 100, and the fraction of the way between two places."""
        whole, fraction = divmod((len(ordered) - 1) * q / 100, 1)
        here = ordered[int(whole)]
        return here if fraction == 0 else here + fraction * (ordered[int(whole) + 1] - here)

    for _ in itertools.repeat(None, max(warmup, 0)):
        fn()
    times: list[float] = []
    for _ in itertools.repeat(None, repeats):
        bisect.insort(times, timed())
    return Measurement(spread=place(times, 75) - place(times, 25), median=place(times, 50), repeats=repeats)


def memory_of(array: np.ndarray) -> int:
    def count(shape: tuple[int, ...]) -> int:
        return shape[0] * count(shape[1:]) if shape else array.dtype.itemsize

    return count(array.shape)


def predict_memory(shape: tuple[int, ...], dtype: Any = np.float32) -> int:
    size = np.dtype(dtype).itemsize
    for axis in shape:
        size *= int(axis)
    return size
