"""The wire: frames on two private file descriptors.

A frame is a length (u32, big-endian) and that many bytes: one MessagePack array. One frame is one write. `secure()`
moves stdin and stdout to descriptors of their own, so that neither `print()` nor a child process can touch the wire.
"""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock  # threading takes 2 ms to import, which the hello need not wait for

import msgpack  # type: ignore[import-untyped]  # it ships no types

from polyhost_plugin._errors import (
    RESOURCE_EXHAUSTED,
    HostGoneError,
    HostProtocolError,
    UnsendableError,
)

TYPE_CHECKING = False  # not from typing: that import costs 5 ms at every start
if TYPE_CHECKING:
    from typing import Any

FRAME_LIMIT = 4 * 1024 * 1024
"""The largest frame body that either side takes unless its hello says otherwise: the protocol's default."""

FRAME_LIMIT_MAX = 16 * 1024 * 1024 - 1
"""The protocol's ceiling: the first byte of a frame is always zero."""

DEPTH_LIMIT = 64
"""How deep a value may nest, by the protocol; a hostile peer cannot exhaust the stack."""

HEADER = 4
READ_SIZE = 64 * 1024  # a Linux pipe's default capacity: more cannot come in one read
JOIN_LIMIT = 32 * 1024  # up to here copying header and body together is cheaper than a vectored write
PEEK_SIZE = 64  # of an oversize frame, the bytes from which kind and id are read

_DOUBLE = b"\xcb"
_OPENERS = bytes([*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF])  # what a map or an array begins with
_COUNTED = 4096  # up to here counting those bytes costs less than walking the message
_CONTAINERS = (dict, list, tuple)


class OversizeFrame:
    """Reports a frame above our limit that was skipped by its length."""

    __slots__ = ("call_id", "kind", "size")

    def __init__(self, size: int, kind: int | None, call_id: int | None) -> None:
        self.size = size
        self.kind = kind
        self.call_id = call_id


class Wire:
    """Reads and writes whole messages; one thread may read while any number write.

    Args:
        read_fd: where the host's frames come from.
        write_fd: where ours go.
        frame_limit: the largest frame body to accept, in bytes.
    """

    __slots__ = ("_at", "_data", "_limit", "_lock", "_packer", "_read_fd", "_write_fd", "peer_limit")

    def __init__(self, read_fd: int, write_fd: int, *, frame_limit: int = FRAME_LIMIT) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._limit = frame_limit
        self.peer_limit = FRAME_LIMIT
        self._data = b""
        self._at = 0
        self._packer = msgpack.Packer()
        self._lock = allocate_lock()

    def receive(self) -> Any:
        """Wait for the next message and return it decoded, an `OversizeFrame`, or None at the end.

        Raises:
            HostProtocolError: bytes that are no frame.
        """
        data, at = self._data, self._at
        while True:
            have = len(data) - at
            if have >= HEADER:
                start = at + HEADER
                size = int.from_bytes(data[at:start], "big")
                if size > self._limit:
                    return self._skip(data[start:], size)
                end = start + size
                if have >= HEADER + size:
                    whole = end == len(data)
                    self._data, self._at = (b"", 0) if whole else (data, end)
                    return _decode(data[start:] if whole else data[start:end])
                if size > READ_SIZE:
                    return self._receive_large(data[start:], size)
            chunk = self._read()
            if not chunk:
                return None
            data, at = (data[at:] + chunk if have else chunk), 0
            self._data, self._at = data, 0

    def ready(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds until `receive` has something to look at."""
        if len(self._data) > self._at:
            return True
        import select  # noqa: PLC0415 - only single-threaded plugins need it; start time counts

        return bool(select.select([self._read_fd], [], [], max(0.0, timeout))[0])

    def send(self, message: Any) -> None:
        """Write one message at once, all of it.

        Raises:
            UnsendableError: nothing was sent.
            HostGoneError: the host closed its end.
        """
        with self._lock:
            try:
                body = self._packer.pack(message)
            except (TypeError, ValueError, OverflowError) as error:
                raise UnsendableError(f"a value that MessagePack cannot carry: {error}") from error
            size = len(body)
            if size > self.peer_limit:
                raise UnsendableError(
                    f"the message has {size} bytes, the host takes at most {self.peer_limit}; stream larger data",
                    code=RESOURCE_EXHAUSTED,
                )
            if _DOUBLE in body:
                _check_finite(message)
            header = size.to_bytes(HEADER, "big")
            try:
                if size <= JOIN_LIMIT:
                    frame = header + body
                    written = os.write(self._write_fd, frame)
                    if written < len(frame):
                        self._write_rest(memoryview(frame)[written:])
                else:
                    written = os.writev(self._write_fd, (header, body))
                    self._write_rest(memoryview(body)[max(0, written - HEADER) :])
            except OSError as error:
                raise HostGoneError(f"cannot write to the host: {error}") from error

    def _write_rest(self, rest: memoryview) -> None:
        while rest:
            rest = rest[os.write(self._write_fd, rest) :]

    def _read(self, size: int = READ_SIZE) -> bytes:
        try:
            return os.read(self._read_fd, size)
        except ConnectionResetError:  # a socket in the pipe's place
            return b""

    def _receive_large(self, begun: bytes, size: int) -> Any:
        """Read the rest of a large frame straight into its own buffer."""
        body = bytearray(size)
        view = memoryview(body)
        view[: len(begun)] = begun
        filled = len(begun)
        self._data, self._at = b"", 0
        while filled < size:
            count = os.readv(self._read_fd, [view[filled:]])
            if not count:
                return None
            filled += count
        return _decode(body)

    def _skip(self, begun: bytes, size: int) -> Any:
        if size > FRAME_LIMIT_MAX:
            raise HostProtocolError("the host sent bytes that open no frame")
        self._data, self._at = begun[size:], 0
        head, left = begun[:PEEK_SIZE], size - len(begun)
        while left > 0:
            chunk = self._read(min(left, READ_SIZE))
            if not chunk:
                return None
            head = (head + chunk)[:PEEK_SIZE]
            left -= len(chunk)
        return OversizeFrame(size, *_peek(head))


def _decode(body: Any) -> Any:
    try:
        message = msgpack.unpackb(body, ext_hook=_refuse_extension)
        if _may_be_deep(body):
            for part in message:
                _check_depth(part, 0 if isinstance(part, list) else 1)
    except Exception as error:  # msgpack raises several unrelated types for bad bytes
        raise HostProtocolError(f"the host sent a frame that holds no message: {error}") from error
    return message


def _may_be_deep(body: Any) -> bool:
    """Tell whether the message could nest too deep: every level takes a byte that opens it."""
    size = len(body)
    return size > DEPTH_LIMIT and (
        size > _COUNTED or size - len(body.translate(None, _OPENERS)) > DEPTH_LIMIT
    )


def _refuse_extension(code: int, _: bytes) -> Any:
    raise ValueError(f"a value of the extension type {code}")


def _check_depth(value: Any, depth: int) -> None:
    if depth > DEPTH_LIMIT:
        raise ValueError(f"a value nested deeper than {DEPTH_LIMIT} levels")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(item, _CONTAINERS):
            _check_depth(item, depth + 1)


def _peek(head: bytes) -> tuple[int | None, int | None]:
    """Read kind and id from the first bytes of a frame."""
    unpacker = msgpack.Unpacker()
    unpacker.feed(head)
    try:
        if unpacker.read_array_header() < 3:  # noqa: PLR2004 - the shortest message that has an id has four
            return None, None
        kind, call_id = unpacker.unpack(), unpacker.unpack()
    except Exception:  # noqa: BLE001 - the bytes are cut off and may be anything; not knowing is an answer
        return None, None
    known = kind in (0, 1) and isinstance(call_id, int)
    return (kind, call_id) if known else (None, None)


def _check_finite(message: Any) -> None:
    """Refuse NaN and infinity. Walking the message costs less than searching the bytes of a large binary value."""
    if not _is_finite(message):
        raise UnsendableError("NaN and infinity cannot go over the wire; send null or leave the key out")


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return value - value == 0.0
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    return not isinstance(value, (list, tuple)) or all(map(_is_finite, value))


def check_value(value: Any, depth: int = 1) -> None:
    """Refuse what packs but is not legal on the wire: keys that are no strings, and nesting without end.

    Raises:
        UnsendableError: names the first offender.
    """
    if depth > DEPTH_LIMIT:
        raise UnsendableError(f"a value nests deeper than {DEPTH_LIMIT} levels")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise UnsendableError(f"the key {key!r} is no string; keys are always strings")
            if isinstance(item, _CONTAINERS):
                check_value(item, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            if isinstance(item, _CONTAINERS):
                check_value(item, depth + 1)


class _Secured:
    """Remembers where the wire is: file descriptors belong to the process, so this cannot belong to an object."""

    fds: tuple[int, int] | None = None


def secure() -> tuple[int, int]:
    """Move the wire to private descriptors and return them, to read and to write; a second call changes nothing.

    Afterwards descriptor 0 is `/dev/null`, descriptor 1 goes where stderr goes, and children inherit those two only.
    """
    if _Secured.fds is None:
        read_fd, write_fd = os.dup(0), os.dup(1)  # close-on-exec, as Python makes them
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(2, 1)
        if sys.stdout is not None and hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(
                line_buffering=True
            )  # as text for people, it should appear when it is printed
        _Secured.fds = (read_fd, write_fd)
    return _Secured.fds
