"""Cuts the peer's bytes into frames, stray text and what is too large; knows nothing of messages.

Whatever comes between two frames and opens none is stray text. Until the plugin's hello has chosen an encoding, frames
of both are looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple, TypeAlias

import msgpack  # type: ignore[import-untyped]  # msgpack ships no types

from hostcore.protocol._fields import is_id
from hostcore.protocol._limits import MAX_STRAY_PART, OVERSIZE_HEAD
from hostcore.protocol._messages import Encoding, OversizeSkipped, StrayOutput
from hostcore.protocol._values import Violation

Buffer: TypeAlias = bytes | bytearray | memoryview

_HEADER_SIZE: Final = 4
_LENGTH: Final = Struct(">I").unpack_from
# Every message is an array of 3 or 4 elements, and these are its first byte.
_THREE: Final = 0x93
_FOUR: Final = 0x94
_KINDS: Final = {0: "request", 1: "response"}

_BRACE: Final = ord("{")
_LINE_END: Final = re.compile(rb"\n")
_TEXT_END: Final = re.compile(rb"[\n\0]")
_CLAIM: Final = b'"jsonrpc"'

# A top-level member of a JSON object whose value is a string or an integer, and a key of any kind.
_MEMBER: Final = re.compile(rb'\s*"(\w+)"\s*:\s*(?:"[^"\\]*"|([0-9]+))\s*,')
_KEY: Final = re.compile(rb'\s*"(\w+)"\s*:')


class Candidate(NamedTuple):
    """Is what may be a frame, found while the encoding is unknown."""

    encoding: Encoding
    body: memoryview


Unit: TypeAlias = memoryview | Candidate | StrayOutput | OversizeSkipped
# Where the next unit begins and what was found, if it is worth a word; None: more bytes are needed to tell.
_Step: TypeAlias = tuple[int, Unit | None] | None


class FrameReader:
    """Turns bytes in arbitrary chunks into frame bodies, stray text and reports of what was skipped.

    Attributes:
        encoding: what the frames are in; None while it is unknown. May be set between two units of `feed`.
        max_frame: the largest body or line that is taken in.
    """

    def __init__(self, *, encoding: Encoding | None, max_frame: int) -> None:
        self.encoding = encoding
        self.max_frame = max_frame
        self._rest = bytearray()  # the beginning of a unit whose end has not come
        self._need = 0  # no unit can be complete before `_rest` has this many bytes
        self._searched = 0  # how far `_rest` is known to hold no line end
        self._in_text = False  # the last part of stray text did not end its line
        self._skipped: _Skipped | None = None

    @property
    def buffered(self) -> int:
        """Return how many bytes wait for the rest of their unit."""
        return len(self._rest)

    def feed(self, data: Buffer) -> Iterator[Unit]:
        """Yield what is complete; raises `Violation`.

        The bodies are views of `data`: use them before the next step. Exhaust the iterator before the next call.
        """
        if self._rest:
            self._rest += data
            if len(self._rest) < self._need:
                return
            # Bodies are views of this buffer, which must not be resized under them: the rest goes into a new one.
            data, self._rest = self._rest, bytearray()
        self._need = 0
        view = memoryview(data)
        size = len(view)
        position = 0
        while position < size:
            if self.encoding is Encoding.MSGPACK and self._skipped is None:
                # The hot path: a frame that is complete and begins as every message does.
                start = position + _HEADER_SIZE
                if start < size:
                    (length,) = _LENGTH(view, position)
                    end = start + length
                    if end <= size and length <= self.max_frame and _THREE <= view[start] <= _FOUR and length:
                        position = end
                        yield view[start:end]
                        continue
            step = self._step(view, position, size)
            if step is None:
                self._rest += view[position:]
                return
            position, unit = step
            if unit is not None:
                yield unit

    def end(self) -> StrayOutput | None:
        """Take the end of the input; returns what text was left, and raises `Violation` for half a message."""
        if self._skipped is not None:
            raise Violation("the input ended inside a frame that is too large")
        rest = bytes(self._rest)
        self._rest.clear()
        if not rest:
            return None
        if rest[0] == 0 and (self.encoding is Encoding.MSGPACK or self._need > _HEADER_SIZE + 1):
            raise Violation(f"the input ended inside a frame: {len(rest)} of {self._need} bytes came")
        if (
            rest[0] == _BRACE
            and not self._in_text
            and _CLAIM in rest[:OVERSIZE_HEAD]
            and self.encoding is not Encoding.MSGPACK
        ):
            raise Violation(f"the input ended inside a line: {len(rest)} bytes came without a line end")
        return stray(rest)

    def _step(self, view: memoryview, position: int, size: int) -> _Step:
        if self._skipped is not None:
            return self._skip(self._skipped, view, position, size)
        first = view[position]
        if first == _BRACE and not self._in_text and self.encoding is not Encoding.MSGPACK:
            return self._line(view, position, size)
        if first == 0 and self.encoding is not Encoding.JSON:
            find = self._frame if self.encoding is Encoding.MSGPACK else self._candidate
            return find(view, position, size)
        end = _LINE_END if self.encoding is Encoding.JSON else _TEXT_END
        return self._text(end, view, position, size)

    def _frame(self, view: memoryview, position: int, size: int) -> _Step:
        """Find a msgpack frame that is incomplete, too large or wrong; the complete ones were taken before."""
        have = size - position
        if have < _HEADER_SIZE:
            self._need = _HEADER_SIZE
            return None
        (length,) = _LENGTH(view, position)
        if length and have == _HEADER_SIZE:
            self._need = _HEADER_SIZE + 1
            return None
        start = position + _HEADER_SIZE
        if not length or not _THREE <= view[start] <= _FOUR:
            found = bytes(view[position : position + 16]).hex(" ")
            raise Violation(f"no message begins like this: {found}; the 5th byte must be 93 or 94")
        if length <= self.max_frame:
            self._need = _HEADER_SIZE + length
            return None
        if have < _HEADER_SIZE + OVERSIZE_HEAD:
            self._need = _HEADER_SIZE + OVERSIZE_HEAD
            return None
        kind, call_id = _msgpack_head(bytes(view[start : start + OVERSIZE_HEAD]))
        self._skipped = _Skipped(kind, call_id, left=length)
        return start, None

    def _line(self, view: memoryview, position: int, size: int) -> _Step:
        """Find a line that begins with a brace; before the hello, a NUL ends it as text."""
        pattern = _LINE_END if self.encoding is Encoding.JSON else _TEXT_END
        found = pattern.search(view, position + self._searched, size)
        end = size if found is None else found.start()
        if end - position > self.max_frame:
            self._searched = 0
            kind, call_id = _json_head(bytes(view[position : position + OVERSIZE_HEAD]))
            self._skipped = _Skipped(kind, call_id, left=None)
            return position, None
        if found is None:
            self._searched = end - position
            return None
        self._searched = 0
        line = view[position:end]
        if view[end] == 0:
            return end, stray(line)
        return end + 1, line if self.encoding is Encoding.JSON else Candidate(Encoding.JSON, line)

    def _candidate(self, view: memoryview, position: int, size: int) -> _Step:
        """Find out whether a NUL before the hello opens a msgpack frame; if not, it is text."""
        have = size - position
        if have <= _HEADER_SIZE:
            self._need = _HEADER_SIZE + 1
            return None
        (length,) = _LENGTH(view, position)
        start = position + _HEADER_SIZE
        self._in_text = False
        if view[start] != _THREE or not 0 < length <= self.max_frame:
            return self._text(_TEXT_END, view, position, size, after=1)
        if have < _HEADER_SIZE + length:
            self._need = _HEADER_SIZE + length
            return None
        return start + length, Candidate(Encoding.MSGPACK, view[start : start + length])

    def _text(
        self, end: re.Pattern[bytes], view: memoryview, position: int, size: int, after: int = 0
    ) -> _Step:
        """Find stray text up to its end, or a part of it; `after` many bytes belong to it whatever they are."""
        limit = min(size, position + MAX_STRAY_PART)
        found = end.search(view, position + after, limit)
        if found is None:
            if limit - position < MAX_STRAY_PART:
                return None
            self._in_text = True
            return limit, stray(view[position:limit])
        self._in_text = False
        stop = found.start()
        return (stop if view[stop] == 0 else stop + 1), stray(view[position:stop])

    def _skip(self, skipped: _Skipped, view: memoryview, position: int, size: int) -> _Step:
        """Skip what is too large, by its length or to its line end."""
        if skipped.left is not None:
            stop = after = min(size, position + skipped.left)
            skipped.left -= stop - position
            done = not skipped.left
        else:
            found = _LINE_END.search(view, position, size)
            done = found is not None
            stop = size if found is None else found.start()
            after = size if found is None else stop + 1
        skipped.size += stop - position
        if not done:
            return after, None
        self._skipped = None
        return after, OversizeSkipped(size=skipped.size, kind=skipped.kind, id=skipped.call_id)


class _Skipped:
    """Is what is known of a frame or line while it is skipped."""

    __slots__ = ("call_id", "kind", "left", "size")

    def __init__(self, kind: str | None, call_id: int | None, *, left: int | None) -> None:
        self.kind = kind
        self.call_id = call_id
        self.left = left  # bytes that are still to come; None: it ends with its line
        self.size = 0


def stray(text: Buffer) -> StrayOutput | None:
    """Report text that is no message; an empty line is not worth a word."""
    words = str(text, "utf-8", "replace").removesuffix("\r")
    return StrayOutput(text=words) if words else None


def _msgpack_head(head: bytes) -> tuple[str | None, int | None]:
    """Read kind and id from the first bytes of a frame's body."""
    unpacker = msgpack.Unpacker()
    unpacker.feed(head)
    try:
        if unpacker.read_array_header() != _FOUR - 0x90:
            return None, None
        kind, call_id = _KINDS.get(unpacker.unpack()), unpacker.unpack()
    except (ValueError, TypeError, msgpack.UnpackException):
        return None, None
    return (kind, call_id) if kind is not None and is_id(call_id) else (None, None)


def _json_head(head: bytes) -> tuple[str | None, int | None]:
    """Read kind and id from the first bytes of a line, as far as they stand before the first large member."""
    call_id: int | None = None
    keys: set[bytes] = set()
    position = 1  # behind the brace
    while (member := _MEMBER.match(head, position)) is not None:
        key, number = member.groups()
        keys.add(key)
        if key == b"id" and number is not None and is_id(int(number)):
            call_id = int(number)
        position = member.end()
    last = _KEY.match(head, position)
    if last is not None:
        keys.add(last.group(1))
    if call_id is None:
        return None, None
    if b"method" in keys:
        return "request", call_id
    return ("response", call_id) if keys & {b"result", b"error"} else (None, None)
