"""Durations, sizes and lists as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_UNITS: Final = ((2 * 86_400, 86_400, "d"), (3600, 3600, "h"), (120, 60, "min"))
_SIZES: Final = ("B", "KiB", "MiB", "GiB", "TiB")


def in_words(seconds: float) -> str:
    """Write a duration: `0.2 s`, `90 s`, `5 min`, `1.5 h`, `3 d`."""
    for least, unit, name in _UNITS:
        if seconds >= least:
            return f"{_short(seconds / unit)} {name}"
    return f"{_short(seconds)} s"


def in_bytes(count: int) -> str:
    """Write a size: `900 B`, `512 MiB`, `1.5 GiB`."""
    size, unit = float(count), 0
    while size >= 1024 and unit < len(_SIZES) - 1:  # noqa: PLR2004 - the step from one unit to the next
        size, unit = size / 1024, unit + 1
    return f"{_short(size)} {_SIZES[unit]}"


def listed(names: Sequence[str], *, most: int) -> str:
    """Join names, at least one, with commas and an "and"; those after the first `most` are counted."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _short(number: float) -> str:
    return f"{number:.3g}" if number < 100 else f"{number:.0f}"  # noqa: PLR2004 - three digits are enough
