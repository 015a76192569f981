"""Which values a plugin can be sent as its configuration: they travel as JSON or MessagePack, whichever it speaks."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hostcore.protocol import MAX_DEPTH, MAX_JSON_INTEGER

_DEEPEST: Final = MAX_DEPTH - 1
"""Containers that values may have inside each other: the message around them is one, too."""

Fault = tuple[tuple[str | int, ...], str, str]
"""Path, message and hint."""


def without_json_form(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Fault]:
    """Yield what TOML has and JSON has not."""
    if isinstance(value, dt.date | dt.time):
        yield path, "dates and times cannot be sent to a plugin", "write them as a string, in quotes"
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, f"{value} cannot be sent to a plugin", "write a finite number"
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from without_json_form(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from without_json_form(item, (*path, index))


def unsendable(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Fault]:
    """Yield what in the values of a configuration no plugin, or not each, can be sent, with its path, message and hint."""
    yield from without_json_form(value, path)
    yield from _beyond_the_protocol(value, path)


def _beyond_the_protocol(value: Any, path: tuple[str | int, ...]) -> Iterator[Fault]:
    if isinstance(value, int):
        if not -MAX_JSON_INTEGER <= value <= MAX_JSON_INTEGER:
            message = (
                "an integer beyond ±(2^53 - 1) cannot be sent to a plugin: JSON does not carry it safely"
            )
            yield path, message, "write it as a string, in quotes"
    elif isinstance(value, Mapping | list):
        if len(path) >= _DEEPEST:
            message = f"values that are nested more than {_DEEPEST} deep cannot be sent to a plugin"
            yield path, message, "make them flatter"
            return
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for name, item in items:
            yield from _beyond_the_protocol(item, (*path, name))
