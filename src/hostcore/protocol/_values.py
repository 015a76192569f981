"""What a value in a message may be: the data model that both encodings share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from types import NoneType
from typing import Any, Final

from hostcore.protocol._limits import MAX_DEPTH, MAX_JSON_INTEGER


class Violation(Exception):  # noqa: N818 - not an error of its own: a connection says whose it is
    """Says what is wrong with a message; becomes a remote or a local error, depending on who made it."""


_SCALARS: Final = frozenset({str, int, bool, NoneType, bytes})
_BINARY: Final = (bytes, bytearray, memoryview)
# From this length on, collecting the types of a list first (in C) pays.
_LONG: Final = 32


def check_value(value: Any, depth: int = MAX_DEPTH) -> None:
    """Raise `Violation` unless `value` can stand in a message.

    Integers and text are left to the codecs, which find what does not fit while they encode.

    Args:
        value: a value to be sent, or one that was decoded.
        depth: how many containers may still be inside each other, this one included.
    """
    kind = type(value)
    if kind in _SCALARS:
        return
    if kind is dict:
        _check_map(value, depth)
    elif kind is list:
        _check_items(value, depth)
    elif kind is float:
        if not isfinite(value):
            raise Violation(f"{value} is no number that a message can carry: NaN and infinity are refused")
    else:
        _check_other(value, depth)


def _check_map(value: Mapping[Any, Any], depth: int) -> None:
    if depth <= 0:
        raise Violation(f"values are nested more than {MAX_DEPTH} deep")
    for key, item in value.items():
        if type(key) is not str and not isinstance(key, str):
            raise Violation(f"a map has a key of type {type(key).__name__}; keys are strings")
        if type(item) not in _SCALARS:
            check_value(item, depth - 1)


def _check_items(value: list[Any] | tuple[Any, ...], depth: int) -> None:
    if depth <= 0:
        raise Violation(f"values are nested more than {MAX_DEPTH} deep")
    items: Iterable[Any] = value
    if len(value) > _LONG:
        kinds = set(map(type, value)) - _SCALARS
        if not kinds:
            return
        if kinds == {float}:
            items = (item for item in value if type(item) is float and not isfinite(item))
    for item in items:
        if type(item) not in _SCALARS:
            check_value(item, depth - 1)


def _check_other(value: Any, depth: int) -> None:
    """Check what a decoder never makes and a caller may well pass: subclasses, mappings, tuples, buffers."""
    if isinstance(value, (str, int, *_BINARY)):
        return
    if isinstance(value, float):
        check_value(float(value))
    elif isinstance(value, Mapping):
        _check_map(value, depth)
    elif isinstance(value, list) or type(value) is tuple:
        _check_items(value, depth)
    else:
        raise Violation(
            f"a value of type {type(value).__name__} has no form in a message;"
            " maps, lists, text, bytes, numbers, booleans and null have"
        )


def check_json_integers(value: Any) -> None:
    """Raise `Violation` if an integer anywhere in `value` is beyond what JSON carries safely."""
    if isinstance(value, int):
        if not -MAX_JSON_INTEGER <= value <= MAX_JSON_INTEGER:
            raise Violation(
                "an integer is beyond ±(2^53 - 1), which JSON does not carry safely; send it as text"
            )
    elif isinstance(value, Mapping):
        for item in value.values():
            check_json_integers(item)
    elif isinstance(value, list | tuple):
        for item in value:
            check_json_integers(item)
