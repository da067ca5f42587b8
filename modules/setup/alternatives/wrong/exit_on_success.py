# misconception: a block that raised was not measured, so __exit__ has nothing to note then
# symptom: timer.seconds after block 1
# effect: after a block that ends in an exception, timer.seconds still holds the time of the block before (or 0.0)
# in: right/compact.py


class Timer:
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.seconds = self.clock() - self._started
