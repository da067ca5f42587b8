# misconception: a block that failed has no duration, so seconds is only set if there was no exception
# symptom: timer.seconds after block 1
# effect: after an exception timer.seconds is 0.0 (or still that of the block before)
# in: right/long_way.py


class Timer:
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stopped = self.clock()
        if kind is None:
            self.seconds = float(stopped - self._started)
