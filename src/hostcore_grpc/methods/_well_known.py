"""Say which messages the JSON mapping writes in a form of their own, and convert those that are one text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hostcore_grpc.methods._runtime import Message
from hostcore_grpc.methods._scalars import MisfitError, expected

PREFIX: Final = "google.protobuf."
ANY: Final = PREFIX + "Any"
STRUCT: Final = PREFIX + "Struct"
VALUE: Final = PREFIX + "Value"
LIST_VALUE: Final = PREFIX + "ListValue"
NULL_VALUE: Final = PREFIX + "NullValue"
TIMESTAMP: Final = PREFIX + "Timestamp"
DURATION: Final = PREFIX + "Duration"
FIELD_MASK: Final = PREFIX + "FieldMask"
WRAPPERS: Final = frozenset(
    PREFIX + name + "Value"
    for name in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
)
# Written as one text, by the methods that the runtime gives their classes.
TEXTS: Final[Mapping[str, str]] = {
    TIMESTAMP: 'a time as in RFC 3339: "2026-01-02T03:04:05.678Z"',
    DURATION: 'a duration in seconds: "1.5s"',
    FIELD_MASK: 'names of fields joined by commas: "userName,address.city"',
}
# What in JSON is no object of its fields, but a form of its own.
SPECIAL: Final = frozenset({ANY, STRUCT, VALUE, LIST_VALUE, *TEXTS, *WRAPPERS})
# Of these, what in JSON is an object nevertheless.
OBJECTS: Final = frozenset({ANY, STRUCT})

# No time and no duration is longer; a field mask may name many fields.
_MAX_TEXT: Final[Mapping[str, int]] = {TIMESTAMP: 64, DURATION: 64, FIELD_MASK: 65_536}


def read_into(message: Message, name: str, value: Any) -> None:
    """Fill a message that is one text in JSON.

    Raises:
        MisfitError: the value is no such text.
    """
    if not isinstance(value, str) or len(value) > _MAX_TEXT[name]:
        raise expected(TEXTS[name], value)
    try:
        type(message).FromJsonString(message, value)
    except (ValueError, OverflowError):
        raise expected(TEXTS[name], value) from None


def write_text(message: Message, name: str) -> str:
    """Return a message that is one text in JSON.

    Raises:
        MisfitError: its fields mean no such text, for instance a time after the year 9999.
    """
    try:
        return str(type(message).ToJsonString(message))
    except (ValueError, OverflowError) as error:
        raise MisfitError(f"expected {TEXTS[name]}, got a {name} that is none: {error}") from None
