# misconception: a slice is a new thing, so model[:-1] has layers of its own
# symptom: a weight that was changed through a slice
# in: right/fresh_a.py

import copy


class Sequential:
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return Sequential(*(copy.deepcopy(getattr(self, str(i))) for i in range(len(self))[index]))
        try:
            return getattr(self, str(range(len(self))[index]))
        except IndexError:
            raise IndexError(f"Sequential has {len(self)} steps, there is no step {index}") from None
