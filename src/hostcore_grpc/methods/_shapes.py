"""Rename the properties of objects between an interface and the messages of a service, nested ones included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

# `entry.key.text` has three; deeper ones say that the interface and the service have little in common.
MAX_PARTS: Final = 8

PropertyPath: TypeAlias = tuple[str, ...]


class Renaming:
    """Moves properties from one set of names to another; what it does not name keeps its name.

    Args:
        moves: from where to where, as paths of names; no path begins another one on its own side.
    """

    def __init__(self, moves: Mapping[PropertyPath, PropertyPath]) -> None:
        self._moves = tuple(moves.items())

    def __repr__(self) -> str:
        shown = ", ".join(f"{'.'.join(here)}={'.'.join(there)}" for here, there in self._moves)
        return f"<Renaming {shown or 'nothing'}>"

    @property
    def reversed(self) -> Renaming:
        """Return the renaming that undoes this one."""
        return Renaming({there: here for here, there in self._moves})

    def apply(self, value: Any, *, overriding: bool = False) -> Any:
        """Return an object with other names; what is no object comes back as it is.

        Args:
            value: the object.
            overriding: whether a property that is moved replaces one that has its new name already.

        Raises:
            ValueError: two properties would go by the same name.
        """
        if not self._moves or not isinstance(value, Mapping):
            return value
        rest = dict(value)
        taken: list[tuple[PropertyPath, Any]] = []
        for here, there in self._moves:
            found, rest = _taken_out(rest, here)
            taken.extend((there, item) for item in found)
        for there, item in taken:
            _put(rest, there, item, overriding=overriding)
        return rest


def _taken_out(value: dict[str, Any], path: PropertyPath) -> tuple[list[Any], dict[str, Any]]:
    """Return what stands at a path, as a list of none or one, and the object without it."""
    name, *below = path
    if name not in value:
        return [], value
    if not below:
        rest = dict(value)
        return [rest.pop(name)], rest
    inner = value[name]
    if not isinstance(inner, Mapping):
        return [], value
    found, less = _taken_out(dict(inner), tuple(below))
    if not found:
        return [], value
    rest = {key: item for key, item in value.items() if key != name}
    return found, {**rest, name: less} if less else rest


def _put(value: dict[str, Any], path: PropertyPath, item: Any, *, overriding: bool) -> None:
    *above, name = path
    for part in above:
        inner = value.get(part, {})
        if not isinstance(inner, Mapping):
            raise ValueError(f"{part!r} stands for two things")  # noqa: TRY004 - the value is wrong, not its type
        value[part] = value = dict(inner)
    if name in value and not overriding:
        raise ValueError(f"{name!r} stands for two things")
    value[name] = item
