"""Secrets in configurations: hidden in what is answered, and put back where they come back hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple

from hostcore.interfaces import json_pointer, secret_names

MASK: Final = "********"
"""Stands for a secret; sent back in its place, it leaves the secret as it is."""

NO_SECRET: Final = "This mask stands for no secret that there is."  # noqa: S105 - a sentence about secrets
UNCLEAR: Final = "It is not clear whose secret this mask stands for: send the secret itself, or change one item at a time, in its place."

_MISSING: Final = object()

_Path = tuple[str | int, ...]


class LostMask(NamedTuple):
    """Is a mask that no secret could be put in the place of.

    Attributes:
        pointer: JSON pointer to it, or to the item of a list that has it.
        text: why.
    """

    pointer: str
    text: str


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
    ) -> tuple[dict[str, Any], tuple[LostMask, ...]]:
        """Put secrets in the place of masks.

        An item of a list is found again by what is shown of it, wherever it stood. One that was edited has the secrets of
        the item in its place, if the list is as long as it was, unless another one resembles it more; else of the one
        that it resembles most. No two items take those of the same one.

        Args:
            sent: the values that are to be laid over others.
            kept: those that were laid over them before; a masked member gets what it has here.
            below: what they are laid over; a masked member that only this has is left out, so that it shows through.

        Returns:
            The values, and the masks that stand for nothing, or for nobody knows what.
        """
        lost: list[LostMask] = []
        return self._members(sent, kept, below, (), lost), tuple(lost)

    def _members(
        self, sent: Mapping[str, Any], kept: Any, below: Any, path: _Path, lost: list[LostMask]
    ) -> dict[str, Any]:
        restored: dict[str, Any] = {}
        for name, value in sent.items():
            old, under = _member(kept, name), _member(below, name)
            if value == MASK and self._is_secret(name):
                if old is not _MISSING:
                    restored[name] = old
                elif under is _MISSING:
                    lost.append(LostMask(json_pointer((*path, name)), NO_SECRET))
            else:
                restored[name] = self._value(value, old, under, (*path, name), lost)
        return restored

    def _value(self, sent: Any, kept: Any, below: Any, path: _Path, lost: list[LostMask]) -> Any:
        if isinstance(sent, Mapping):
            return self._members(sent, kept, below, path, lost)
        if isinstance(sent, list):
            return self._items(sent, kept, below, path, lost)
        return sent

    def _items(self, sent: list[Any], kept: Any, below: Any, path: _Path, lost: list[LostMask]) -> list[Any]:
        """Put secrets into the items of a list; a list is laid over another one as a whole."""
        olds = next((list(each) for each in (kept, below) if isinstance(each, list | tuple)), [])
        others = list(below) if isinstance(below, list | tuple) else []
        shown = [self.hide(each) for each in olds]
        restored, free, edited = list(sent), set(range(len(olds))), []
        for index, item in enumerate(sent):
            place = _place_of(item, shown, free, index if len(sent) == len(olds) else None)
            if not self._has_masks(item):
                free.discard(-1 if place is None else place)
                continue
            alike = [each for each in (*olds, *others) if self.hide(each) == item]
            if alike and all(each == alike[0] for each in alike):
                restored[index] = alike[0]
            elif place == index and len(sent) == len(olds):
                restored[index] = olds[index]
            elif alike:
                lost.append(LostMask(json_pointer((*path, index)), UNCLEAR))
            else:
                edited.append(index)
                continue
            free.discard(-1 if place is None else place)
        chosen = {
            index: _choose(sent[index], shown, free, index if len(sent) == len(olds) else None)
            for index in edited
        }
        for index, found in chosen.items():
            if found is None or list(chosen.values()).count(found) > 1:
                text = UNCLEAR if free else NO_SECRET
                lost.append(LostMask(json_pointer((*path, index)), text))
            else:
                restored[index] = self._value(sent[index], olds[found], _MISSING, (*path, index), lost)
        return restored

    def _has_masks(self, value: Any) -> bool:
        if isinstance(value, Mapping):
            return any(
                (item == MASK and self._is_secret(name)) or self._has_masks(item)
                for name, item in value.items()
            )
        return isinstance(value, list) and any(map(self._has_masks, value))


def _member(values: Any, name: str) -> Any:
    return values.get(name, _MISSING) if isinstance(values, Mapping) else _MISSING


def _place_of(item: Any, shown: Sequence[Any], free: AbstractSet[int], own: int | None) -> int | None:
    """Return which old item looks the same, the one in its own place before others; None for none."""
    alike = [place for place in sorted(free) if shown[place] == item]
    return own if own in alike else next(iter(alike), None)


def _choose(item: Any, shown: Sequence[Any], free: AbstractSet[int], own: int | None) -> int | None:
    """Return which of the old items that are left was edited; None where that is not clear."""
    likeness = {place: _likeness(item, shown[place]) for place in free}
    most = max(likeness.values(), default=0)
    best = [place for place, much in likeness.items() if much == most]
    if own in best:
        return own
    return best[0] if len(best) == 1 and most else None


def _likeness(item: Any, old: Any) -> int:
    """Count the members that two items share, but for masks, which all look the same."""
    if not (isinstance(item, Mapping) and isinstance(old, Mapping)):
        return 0
    return sum(1 for name, value in item.items() if value != MASK and old.get(name, _MISSING) == value)
