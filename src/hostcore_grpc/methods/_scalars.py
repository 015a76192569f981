"""Convert the scalar values of proto3's JSON mapping, with the bounds and the words that callers see."""

from __future__ import annotations

import base64
import binascii
import enum
import math
import re
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from hostcore.interfaces import Problem, excerpt
from hostcore_grpc.methods._runtime import FieldDescriptor, FieldProto

# What the host's own protocol allows; a message nests at most 100 deep for the runtime itself.
MAX_DEPTH: Final = 64
# An empty message has 2 bytes on the wire and some 100 as a value. The largest answers known, the schemas of the AWS
# provider for Terraform, have some 400 000 messages.
MAX_MESSAGES: Final = 2_000_000

Convert: TypeAlias = Callable[[Any], Any]


class Style(enum.Enum):
    """Says how values look outside of messages.

    MAPPING is proto3's JSON mapping: bytes as base64, 64-bit integers as strings, what is not set is left out.
    NATIVE is for interface files: bytes are bytes, all integers are numbers, a scalar without presence is always there.
    """

    MAPPING = "mapping"
    NATIVE = "native"


class MisfitError(Exception):
    """Says that a value does not fit its message; the caller turns it into an error of its own.

    Attributes:
        path: from the root to the place; grows from its end while the error goes up.
        message: what is wrong, for a person.
    """

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.path: tuple[str | int, ...] = path

    def below(self, part: str | int) -> MisfitError:
        """Return the error as it is seen from one level higher."""
        self.path = (part, *self.path)
        return self

    @property
    def problem(self) -> Problem:
        """Return the error as the host's other checks tell it."""
        return Problem(path=self.path, message=self.message)


def expected(what: str, got: Any) -> MisfitError:
    """Return the error for a value that is something else."""
    return MisfitError(f"expected {what}, got {excerpt(got)}")


INTEGER_RANGES: Final[Mapping[int, tuple[int, int]]] = {
    **dict.fromkeys(
        (FieldProto.TYPE_INT32, FieldProto.TYPE_SINT32, FieldProto.TYPE_SFIXED32), (-(2**31), 2**31 - 1)
    ),
    **dict.fromkeys(
        (FieldProto.TYPE_INT64, FieldProto.TYPE_SINT64, FieldProto.TYPE_SFIXED64), (-(2**63), 2**63 - 1)
    ),
    **dict.fromkeys((FieldProto.TYPE_UINT32, FieldProto.TYPE_FIXED32), (0, 2**32 - 1)),
    **dict.fromkeys((FieldProto.TYPE_UINT64, FieldProto.TYPE_FIXED64), (0, 2**64 - 1)),
}
SMALL_MAXIMUM: Final = 2**32 - 1  # what has more bits than a double can hold is a string
_FLOAT32_MAX: Final = float.fromhex("0x1.fffffep+127")
# Between the largest float and what rounds to infinity lie values that round back to the largest one.
_FLOAT32_ROUNDS: Final = float.fromhex("0x1.ffffffp+127")
SPECIAL_FLOATS: Final[Mapping[str, float]] = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
INTEGER_TEXT: Final = "^-?[0-9]{1,20}$"
_INTEGER: Final = re.compile(INTEGER_TEXT)
_FLOAT: Final = re.compile(r"NaN|-?Infinity|-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,4})?")
_TO_STANDARD: Final = str.maketrans("-_", "+/")


def read_integer(value: Any, low: int, high: int) -> int:
    """Return an integer from a number or a text.

    Raises:
        MisfitError: it is none, or out of range.
    """
    number: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif (isinstance(value, float) and value.is_integer()) or (
        isinstance(value, str) and _INTEGER.fullmatch(value)
    ):
        number = int(value)
    if number is None or not low <= number <= high:
        raise expected(f"an integer from {low} to {high}", value)
    return number


def read_float(value: Any, *, single: bool) -> float:
    """Return a float from a number or a text; `single` bounds it to 32 bits.

    Raises:
        MisfitError: it is none, or out of range.
    """
    if isinstance(value, str) and _FLOAT.fullmatch(value):
        number = SPECIAL_FLOATS.get(value)
        if number is not None:
            return number
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise expected('a number, "NaN", "Infinity" or "-Infinity"', value)
    try:
        number = float(value)
    except OverflowError:
        raise expected("a number within 64 bits", value) from None
    if math.isinf(number):
        raise expected('a finite number; infinity is written as "Infinity"', value)
    if single and abs(number) > _FLOAT32_MAX:
        if abs(number) >= _FLOAT32_ROUNDS:
            raise expected("a number within 32 bits", value)
        number = math.copysign(_FLOAT32_MAX, number)
    return number


def read_bytes(value: Any) -> bytes:
    """Return bytes from base64, standard or for URLs, with or without padding; bytes come back as they are.

    Raises:
        MisfitError: it is neither.
    """
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if not isinstance(value, str):
        raise expected("base64 text", value)
    text = value.rstrip("=").translate(_TO_STANDARD)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise expected("base64 text", value) from None


def read_native_bytes(value: Any) -> bytes:
    """Return bytes that must be bytes already.

    Raises:
        MisfitError: they are not.
    """
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise expected("binary data", value)


def read_text(value: Any) -> str:
    """Return a text that UTF-8 can hold.

    Raises:
        MisfitError: it is no text, or has half of a surrogate pair.
    """
    if not isinstance(value, str):
        raise expected("a string", value)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise MisfitError("expected a string of Unicode characters, got half of a surrogate pair") from None
    return value


def read_bool(value: Any) -> bool:
    """Return a truth value.

    Raises:
        MisfitError: it is none.
    """
    if not isinstance(value, bool):
        raise expected("true or false", value)
    return value


def write_float(value: float) -> Any:
    """Return a number, or the mapping's word for what JSON has no number for."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def write_single(value: float) -> Any:
    """Return the shortest number that means the same in 32 bits: 0.1, not 0.10000000149011612."""
    if not math.isfinite(value):
        return write_float(value)
    for digits in range(6, 10):
        shorter = float(f"{value:.{digits}g}")
        if abs(shorter) < _FLOAT32_ROUNDS and struct.unpack("f", struct.pack("f", shorter))[0] == value:
            return shorter
    return value


def write_bytes(value: bytes) -> str:
    """Return padded standard base64."""
    return base64.b64encode(value).decode("ascii")


def enum_reader(field: FieldDescriptor) -> Convert:
    """Return what turns the name or the number of a field's enum into its number."""
    numbers = {item.name: item.number for item in field.enum_type.values}
    closed = frozenset(numbers.values()) if field.enum_type.is_closed else None
    kind = field.enum_type.name

    def read(value: Any) -> int:
        if isinstance(value, str):
            if value in numbers:
                return int(numbers[value])
            if not _INTEGER.fullmatch(value):
                raise expected(f"a name or number of the enum {kind}", value)
        number = read_integer(value, *INTEGER_RANGES[FieldProto.TYPE_INT32])
        if closed is not None and number not in closed:
            raise expected(f"a known number of the enum {kind}", value)
        return number

    return read


def enum_writer(field: FieldDescriptor) -> Convert:
    """Return what turns a number of a field's enum into its name, or leaves one without a name as it is."""
    names: dict[int, str] = {}
    for item in field.enum_type.values:
        names.setdefault(item.number, item.name)  # an alias has the same number: the first name is the name
    return lambda value: names.get(value, value)


def reader(field: FieldDescriptor, style: Style) -> Convert:
    """Return what reads one value of a scalar field."""
    kind = field.type
    if kind in INTEGER_RANGES:
        low, high = INTEGER_RANGES[kind]
        return lambda value: read_integer(value, low, high)
    if kind == FieldProto.TYPE_ENUM:
        return enum_reader(field)
    if kind == FieldProto.TYPE_BYTES and style is Style.NATIVE:
        return read_native_bytes
    return _READERS[kind]


_READERS: Final[Mapping[int, Convert]] = {
    FieldProto.TYPE_DOUBLE: lambda value: read_float(value, single=False),
    FieldProto.TYPE_FLOAT: lambda value: read_float(value, single=True),
    FieldProto.TYPE_BOOL: read_bool,
    FieldProto.TYPE_STRING: read_text,
    FieldProto.TYPE_BYTES: read_bytes,
}


def writer(field: FieldDescriptor, style: Style) -> Convert | None:
    """Return what writes one value of a scalar field, or None where a value stays as it is."""
    kind = field.type
    if kind == FieldProto.TYPE_ENUM:
        return enum_writer(field)
    if kind == FieldProto.TYPE_DOUBLE:
        return write_float
    if kind == FieldProto.TYPE_FLOAT:
        return write_single
    if style is Style.MAPPING:
        if kind == FieldProto.TYPE_BYTES:
            return write_bytes
        if kind in INTEGER_RANGES and INTEGER_RANGES[kind][1] > SMALL_MAXIMUM:
            return str
    return None


def key_reader(field: FieldDescriptor) -> Convert:
    """Return what reads a key of a map from the text that it is in JSON."""
    if field.type == FieldProto.TYPE_BOOL:
        return _read_bool_key
    if field.type in INTEGER_RANGES:
        low, high = INTEGER_RANGES[field.type]
        return lambda text: read_integer(text, low, high)
    return read_text


def _read_bool_key(text: Any) -> bool:
    if text not in ("true", "false"):
        raise expected('a key that is "true" or "false"', text)
    return bool(text == "true")


def write_key(key: Any) -> str:
    """Return a key of a map as the text that it is in JSON."""
    return ("true" if key else "false") if isinstance(key, bool) else str(key)
