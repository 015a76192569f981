"""Count what serialized descriptors hold before they are parsed: two bytes of a hostile set become hundreds in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from hostcore.errors import InterfaceError

# The descriptors of the largest known plugins have under 1 MiB; those of all of Google's APIs about 20.
MAX_SET_BYTES: Final = 16 * 1024 * 1024
# protoc itself ends at about 30 levels of nested messages; people write 3.
MAX_NESTING: Final = 16
# How many of each kind a plugin may have; each number is some ten times what large public APIs have.
MAX_COUNTS: Final[Mapping[str, int]] = {
    "file": 2_000,
    "message": 20_000,
    "field": 200_000,
    "enum": 10_000,
    "value": 100_000,
    "service": 200,
    "method": 2_000,
    "location": 1_000_000,
    "option": 50_000,
}

# Which fields of a descriptor of a kind hold further descriptors, and of which kind.
_CHILDREN: Final[Mapping[str, Mapping[int, str]]] = {
    "set": {1: "file"},
    "file": {4: "message", 5: "enum", 6: "service", 7: "field", 9: "locations"},
    "message": {2: "field", 3: "message", 4: "enum", 5: "option", 6: "field", 8: "option", 9: "option"},
    "enum": {2: "value", 4: "option"},
    "service": {2: "method"},
    "locations": {1: "location"},
}
_VARINT: Final = 0
_FIXED: Final[Mapping[int, int]] = {1: 8, 5: 4}
_LENGTH: Final = 2
_MAX_VARINT_BYTES: Final = 10


class DescriptorCounter:
    """Counts descriptors over several files.

    Args:
        source: what the descriptors come from, for messages.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._bytes = 0
        self.counts: Counter[str] = Counter()

    def __repr__(self) -> str:
        return f"<DescriptorCounter {self._source} bytes={self._bytes}>"

    def add(self, data: bytes, kind: str) -> None:
        """Count what one serialized `set` or `file` holds.

        Raises:
            InterfaceError: there is too much, it nests too deeply, or it is no serialized message.
        """
        self._bytes += len(data)
        if self._bytes > MAX_SET_BYTES:
            raise self._fail(f"there are more than {MAX_SET_BYTES} bytes of descriptors")
        if kind == "file":
            self._count(kind)
        waiting = [(kind, 0, len(data), 0)]
        while waiting:
            owner, start, end, depth = waiting.pop()
            if depth > MAX_NESTING:
                raise self._fail(f"messages are nested more than {MAX_NESTING} deep")
            for number, at, until in self._fields(data, start, end):
                child = _CHILDREN[owner].get(number)
                if child is not None:
                    self._count(child)
                    if child in _CHILDREN:
                        waiting.append((child, at, until, depth + 1))

    def _count(self, kind: str) -> None:
        self.counts[kind] += 1
        limit = MAX_COUNTS.get(kind)
        if limit is not None and self.counts[kind] > limit:
            raise self._fail(f"there are more than {limit} descriptors of the kind {kind!r}")

    def _fields(self, data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield number, start and end of each length-delimited field."""
        while at < end:
            tag, at = self._varint(data, at, end)
            wire = tag & 7
            if wire == _LENGTH:
                size, at = self._varint(data, at, end)
                yield tag >> 3, at, at + size
                at += size
            elif wire == _VARINT:
                _, at = self._varint(data, at, end)
            elif wire in _FIXED:
                at += _FIXED[wire]
            else:
                raise self._fail("this is no serialized descriptor")
        if at != end:
            raise self._fail("the descriptors are cut off")

    def _varint(self, data: bytes, at: int, end: int) -> tuple[int, int]:
        value = shift = 0
        for position in range(at, min(end, at + _MAX_VARINT_BYTES)):
            byte = data[position]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:  # noqa: PLR2004 - the bit that says that more bytes follow
                return value, position + 1
            shift += 7
        raise self._fail("the descriptors are cut off")

    def _fail(self, message: str) -> InterfaceError:
        return InterfaceError(
            message,
            location=self._source,
            hint="make the set with protoc --include_imports --descriptor_set_out, of the services that are called",
        )
