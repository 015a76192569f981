"""Frames: bytes to frames, and frames to bytes. No frame's meaning is known here beyond its own layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from struct import Struct
from typing import Final, TypeAlias

from hostcore_grpc.http2._codes import ErrorCode, Flag, FrameType
from hostcore_grpc.http2._limits import DEFAULT_FRAME_SIZE

HEAD_SIZE: Final = 9

# The length has 24 bits: 16 and 8. The reserved bit of the stream id is cut off where frames are read.
_HEAD: Final = Struct(">HBBBI")
_U32: Final = Struct(">I")
_GOAWAY: Final = Struct(">II")
_SETTING: Final = Struct(">HI")
_PING_SIZE: Final = 8
_PRIORITY_SIZE: Final = 5

# Plain integers: the operators of `enum.IntFlag` cost more than all else that is done with a frame.
_ACK: Final = int(Flag.ACK)
_END_STREAM: Final = int(Flag.END_STREAM)
_END_HEADERS: Final = int(Flag.END_HEADERS)
_PADDED: Final = int(Flag.PADDED)
_PRIORITY: Final = int(Flag.PRIORITY)
_RESERVED_BIT: Final = 0x8000_0000

RawFrame: TypeAlias = tuple[int, int, int, bytes]
"""A frame as read: type, flags, stream id, payload."""


class ConnectionViolation(Exception):  # noqa: N818 - not an error of its own: the connection makes one of it
    """Says how the peer broke the rules of the connection as a whole.

    Attributes:
        code: what the GOAWAY says.
    """

    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(text)
        self.code = code


class FrameReader:
    """Cuts what was read into frames.

    Args:
        max_size: the largest payload that is taken.
    """

    def __init__(self, max_size: int) -> None:
        self.max_size = max_size
        self._chunks: list[bytes] = []
        self._size = 0
        self._needed = HEAD_SIZE

    def __repr__(self) -> str:
        return f"<FrameReader held={self._size} needed={self._needed}>"

    @property
    def held(self) -> int:
        """Bytes of a frame that has not come whole."""
        return self._size

    def feed(self, data: bytes) -> Iterator[RawFrame]:
        """Yield each frame that is whole now; what is left is kept.

        Raises:
            ConnectionViolation: a frame exceeds the limit.
        """
        if self._size:
            self._chunks.append(data)
            self._size += len(data)
            if self._size < self._needed:
                return
            # Joined once a frame, not once a read: a large frame costs no more than its size.
            data = b"".join(self._chunks)
        unpack = _HEAD.unpack_from
        offset, size, needed = 0, len(data), HEAD_SIZE
        while size - offset >= HEAD_SIZE:
            high, low, kind, flags, stream_id = unpack(data, offset)
            length = high << 8 | low
            if length > self.max_size:
                raise ConnectionViolation(
                    ErrorCode.FRAME_SIZE_ERROR,
                    f"a frame of {length} bytes exceeds the limit of {self.max_size}",
                )
            start = offset + HEAD_SIZE
            end = start + length
            if end > size:
                needed = HEAD_SIZE + length
                break
            yield kind, flags, stream_id & ~_RESERVED_BIT, data[start:end]
            offset = end
        self._chunks = [data[offset:]] if offset < size else []
        self._size = size - offset
        self._needed = needed


def head(length: int, kind: int, flags: int, stream_id: int) -> bytes:
    """Return the nine bytes before a payload."""
    return _HEAD.pack(length >> 8, length & 0xFF, kind, flags, stream_id)


# -- payloads to their parts


def unpadded(flags: int, payload: bytes, kind: str) -> bytes:
    """Return the payload of DATA or HEADERS without its padding."""
    if not flags & _PADDED:
        return payload
    if not payload:
        raise ConnectionViolation(ErrorCode.FRAME_SIZE_ERROR, f"a padded {kind} frame is empty")
    padding = payload[0]
    if padding >= len(payload):
        raise ConnectionViolation(
            ErrorCode.PROTOCOL_ERROR, f"a {kind} frame of {len(payload)} bytes has {padding} bytes of padding"
        )
    return payload[1 : len(payload) - padding]


def header_fragment(flags: int, payload: bytes) -> bytes:
    """Return the part of a header block that a HEADERS frame has; its priority is passed over."""
    fragment = unpadded(flags, payload, "HEADERS")
    if not flags & _PRIORITY:
        return fragment
    if len(fragment) < _PRIORITY_SIZE:
        raise ConnectionViolation(ErrorCode.FRAME_SIZE_ERROR, "a HEADERS frame has no room for its priority")
    return fragment[_PRIORITY_SIZE:]


def parse_settings(payload: bytes) -> list[tuple[int, int]]:
    """Return the settings in their order; a later one counts."""
    if len(payload) % _SETTING.size:
        raise ConnectionViolation(
            ErrorCode.FRAME_SIZE_ERROR, f"a SETTINGS frame of {len(payload)} bytes is no list of settings"
        )
    return list(_SETTING.iter_unpack(payload))


def parse_u32(payload: bytes, kind: str) -> int:
    """Return the one number of a RST_STREAM or WINDOW_UPDATE frame, whose top bit may be reserved."""
    if len(payload) != _U32.size:
        raise ConnectionViolation(
            ErrorCode.FRAME_SIZE_ERROR, f"a {kind} frame has {len(payload)} bytes instead of 4"
        )
    number: int = _U32.unpack(payload)[0]
    return number


def parse_window_update(payload: bytes) -> int:
    """Return by how much a window grows; the top bit is reserved."""
    return parse_u32(payload, "WINDOW_UPDATE") & ~_RESERVED_BIT


def parse_goaway(payload: bytes) -> tuple[int, int, bytes]:
    """Return the last stream id, the error code and the debug data."""
    if len(payload) < _GOAWAY.size:
        raise ConnectionViolation(
            ErrorCode.FRAME_SIZE_ERROR, f"a GOAWAY frame has {len(payload)} bytes, at least 8 are due"
        )
    last_stream_id, code = _GOAWAY.unpack_from(payload)
    return last_stream_id & ~_RESERVED_BIT, code, payload[_GOAWAY.size :]


def check_ping(payload: bytes) -> None:
    """Refuse a PING that has not its eight bytes."""
    if len(payload) != _PING_SIZE:
        raise ConnectionViolation(
            ErrorCode.FRAME_SIZE_ERROR, f"a PING frame has {len(payload)} bytes instead of 8"
        )


# -- parts to frames


def settings_frame(settings: Mapping[int, int]) -> bytes:
    """Return a SETTINGS frame."""
    payload = b"".join([_SETTING.pack(key, value) for key, value in settings.items()])
    return head(len(payload), FrameType.SETTINGS, 0, 0) + payload


SETTINGS_ACK: Final = head(0, FrameType.SETTINGS, _ACK, 0)


def ping_frame(payload: bytes, *, ack: bool = False) -> bytes:
    """Return a PING frame; the payload has eight bytes."""
    return head(len(payload), FrameType.PING, _ACK if ack else 0, 0) + payload


def goaway_frame(last_stream_id: int, code: int, debug: bytes = b"") -> bytes:
    """Return a GOAWAY frame."""
    payload = _GOAWAY.pack(last_stream_id, code) + debug
    return head(len(payload), FrameType.GOAWAY, 0, 0) + payload


def reset_frame(stream_id: int, code: int) -> bytes:
    """Return a RST_STREAM frame."""
    return head(4, FrameType.RST_STREAM, 0, stream_id) + _U32.pack(code)


def window_update_frame(stream_id: int, increment: int) -> bytes:
    """Return a WINDOW_UPDATE frame; stream 0 is the connection."""
    return head(4, FrameType.WINDOW_UPDATE, 0, stream_id) + _U32.pack(increment)


def header_frames(
    stream_id: int, block: bytes, *, end_stream: bool, max_size: int = DEFAULT_FRAME_SIZE
) -> bytes:
    """Return the HEADERS frame of a block, and the CONTINUATION frames that a long one needs."""
    end = _END_STREAM if end_stream else 0
    if len(block) <= max_size:
        return head(len(block), 1, end | _END_HEADERS, stream_id) + block
    frames = [head(max_size, FrameType.HEADERS, end, stream_id), block[:max_size]]
    for start in range(max_size, len(block), max_size):
        part = block[start : start + max_size]
        last = _END_HEADERS if start + max_size >= len(block) else 0
        frames += (head(len(part), FrameType.CONTINUATION, last, stream_id), part)
    return b"".join(frames)


def data_frames(
    stream_id: int, data: bytes | memoryview, *, end_stream: bool, max_size: int = DEFAULT_FRAME_SIZE
) -> bytes:
    """Return the DATA frames of some data: one at least, so that the end of a stream has one to travel in."""
    end = _END_STREAM if end_stream else 0
    size = len(data)
    if size <= max_size:
        return b"".join((_HEAD.pack(size >> 8, size & 0xFF, 0, end, stream_id), data))
    view = memoryview(data)
    frames: list[bytes | memoryview] = []
    for start in range(0, size, max_size):
        part = view[start : start + max_size]
        last = end if start + max_size >= size else 0
        frames += (head(len(part), FrameType.DATA, last, stream_id), part)
    return b"".join(frames)


def request_frames(
    stream_id: int,
    block: bytes,
    data: bytes | memoryview,
    *,
    end_stream: bool,
    max_size: int = DEFAULT_FRAME_SIZE,
) -> bytes:
    """Return the frames of a request's header block and its first data, joined once if each needs one frame."""
    length, size = len(block), len(data)
    if length > max_size or size > max_size:
        return header_frames(stream_id, block, end_stream=False, max_size=max_size) + data_frames(
            stream_id, data, end_stream=end_stream, max_size=max_size
        )
    end = _END_STREAM if end_stream else 0
    return b"".join(
        (
            _HEAD.pack(length >> 8, length & 0xFF, 1, _END_HEADERS, stream_id),
            block,
            _HEAD.pack(size >> 8, size & 0xFF, 0, end, stream_id),
            data,
        )
    )
