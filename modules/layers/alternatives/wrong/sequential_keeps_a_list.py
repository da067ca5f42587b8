# misconception: the list of steps that __init__ has noted is what runs; the attributes are there for the names
# symptom: the sizes of a step after set_submodule, and how many there are
# in: right/fresh_a.py


class Sequential:
    def __init__(self, *steps: Callable[[Any], Any]) -> None:
        self._steps = list(steps)
        for i, step in enumerate(steps):
            setattr(self, str(i), step)

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return Sequential(*self._steps[index])
        try:
            return self._steps[index]
        except IndexError:
            raise IndexError(f"Sequential has {len(self)} steps, there is no step {index}") from None

    def __iter__(self) -> Iterator[Any]:
        return iter(self._steps)
