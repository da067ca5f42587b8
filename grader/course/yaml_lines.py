"""Read YAML as plain data, and remember the line of every value, so that an error can name the line."""

from __future__ import annotations

from typing import Any

import yaml

from .problem import CourseError, Problem

Place = tuple[str | int, ...]
_SCALARS = {"tag:yaml.org,2002:" + name for name in ("int", "float", "bool", "null")}


class Located:
    """Hold one YAML text as data (mappings as dict, sequences as tuple, dates as text) and the line of each part."""

    def __init__(self, text: str, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self._lines: dict[Place, int] = {(): 1}
        self._seen: set[int] = set()
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            self.data = self._read(node, ()) if node is not None else {}
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            what = getattr(error, "problem", None) or str(error).splitlines()[0]
            line = mark.line + 1 if mark is not None else 1
            raise CourseError(
                [Problem(path, line, f"not valid YAML: {what}", "Mend the line above or this one.")]
            ) from error

    def line(self, place: Place) -> int:
        """Return the line of `place`. If it is missing, return the line of the nearest part around it."""
        while place not in self._lines:
            place = place[:-1]
        return self._lines[place]

    def problem(self, place: Place, message: str, mend: str) -> Problem:
        return Problem(self.path, self.line(place), message, mend, spell(place))

    def _read(self, node: yaml.Node, place: Place) -> Any:
        self._lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return yaml.SafeLoader("").construct_object(node) if node.tag in _SCALARS else node.value
        if id(node) in self._seen:
            self.problems.append(
                self.problem(place, "an alias (*name) of an earlier value", "Write the value out here.")
            )
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return tuple(self._read(item, (*place, index)) for index, item in enumerate(node.value))
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in data:
                line = key_node.start_mark.line + 1
                where = spell((*place, key))
                self.problems.append(Problem(self.path, line, "written twice", "Keep one of the two.", where))
                continue
            self._lines[(*place, key)] = key_node.start_mark.line + 1
            data[key] = self._read(value_node, (*place, key))
        return data


def spell(place: Place) -> str:
    """Write ("modules", 2, "points") as modules[2].points."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
