"""Secrets in configurations: hidden in what is answered, and put back where they come back hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hostcore.interfaces import json_pointer, secret_names

MASK: Final = "********"
"""Stands for a secret; sent back in its place, it leaves the secret as it is."""

_MISSING: Final = object()


class Masks:
    """Knows which members of a configuration are secret: those that its schema calls so by `x-secret`.

    Args:
        schema: JSON Schema of the configuration; None for one without secrets.
    """

    def __init__(self, schema: Mapping[str, Any] | None) -> None:
        self._names = frozenset[str]() if schema is None else secret_names(schema)

    def _is_secret(self, name: str) -> bool:
        return self._names is None or name in self._names

    def hide(self, values: Any) -> Any:
        """Return a value with its secrets masked."""
        if isinstance(values, Mapping):
            return {
                name: MASK if self._is_secret(name) else self.hide(value) for name, value in values.items()
            }
        if isinstance(values, list | tuple):
            return [self.hide(value) for value in values]
        return values

    def restore(
        self, sent: Mapping[str, Any], *, kept: Mapping[str, Any], below: Mapping[str, Any]
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Put secrets in the place of masks.

        Args:
            sent: the values that are to be laid over others.
            kept: those that were laid over them before; a masked member gets what it has here.
            below: what they are laid over; a masked member that only this has is left out, so that it shows through.

        Returns:
            The values, and JSON pointers to the masks that stand for nothing.
        """
        lost: list[str] = []
        return self._members(sent, kept, below, (), lost), tuple(lost)

    def _members(
        self, sent: Mapping[str, Any], kept: Any, below: Any, path: tuple[str | int, ...], lost: list[str]
    ) -> dict[str, Any]:
        restored: dict[str, Any] = {}
        for name, value in sent.items():
            old, under = _member(kept, name), _member(below, name)
            if value == MASK and self._is_secret(name):
                if old is not _MISSING:
                    restored[name] = old
                elif under is _MISSING:
                    lost.append(json_pointer((*path, name)))
            elif isinstance(value, Mapping):
                restored[name] = self._members(value, old, under, (*path, name), lost)
            elif isinstance(value, list):
                restored[name] = [
                    self._item(item, (old, under), (*path, name, index), lost)
                    for index, item in enumerate(value)
                ]
            else:
                restored[name] = value
        return restored

    def _item(self, sent: Any, lists: Sequence[Any], path: tuple[str | int, ...], lost: list[str]) -> Any:
        """Return an item of a list; one with masks is the old one that looks the same, wherever that stood."""
        if not self._has_masks(sent):
            return sent
        olds = [item for each in lists if isinstance(each, list | tuple) for item in each]
        alike = [item for item in olds if self.hide(item) == sent]
        if not alike or any(item != alike[0] for item in alike):  # there is none, or nobody knows which
            lost.append(json_pointer(path))
            return sent
        return alike[0]

    def _has_masks(self, value: Any) -> bool:
        if isinstance(value, Mapping):
            return any(
                (item == MASK and self._is_secret(name)) or self._has_masks(item)
                for name, item in value.items()
            )
        return isinstance(value, list) and any(map(self._has_masks, value))


def _member(values: Any, name: str) -> Any:
    return values.get(name, _MISSING) if isinstance(values, Mapping) else _MISSING
