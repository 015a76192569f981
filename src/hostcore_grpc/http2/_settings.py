"""What the two sides tell each other about what they take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from hostcore_grpc.http2._codes import ErrorCode, Setting
from hostcore_grpc.http2._frames import ConnectionViolation
from hostcore_grpc.http2._limits import (
    CONNECTION_WINDOW,
    DEFAULT_FRAME_SIZE,
    DEFAULT_WINDOW,
    FRAME_SIZE,
    HEADER_LIST,
    HEADER_TABLE,
    MAX_FRAME_SIZE,
    MAX_WINDOW,
    SERVED_STREAMS,
    STREAM_WINDOW,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Says what this side is ready to receive.

    Attributes:
        stream_window: bytes that a stream's sender may be ahead of its reader.
        connection_window: bytes that all of them may be ahead together, at least 65,535.
        frame: the largest frame, 16,384 to 16,777,215 bytes.
        header_list: the largest header list, in bytes.
        streams: how many requests a server takes at once; a client takes none.
    """

    stream_window: int = STREAM_WINDOW
    connection_window: int = CONNECTION_WINDOW
    frame: int = FRAME_SIZE
    header_list: int = HEADER_LIST
    streams: int = SERVED_STREAMS

    def __post_init__(self) -> None:
        if not (
            0 < self.stream_window <= MAX_WINDOW
            and DEFAULT_WINDOW <= self.connection_window <= MAX_WINDOW
            and DEFAULT_FRAME_SIZE <= self.frame <= MAX_FRAME_SIZE
            and self.header_list > 0
            and self.streams > 0
        ):
            raise ValueError(f"beyond what HTTP/2 can say: {self}")


@dataclass(frozen=True, kw_only=True, slots=True)
class PeerSettings:
    """Is what the peer takes, as far as it has said so.

    Attributes:
        header_table_size: bytes of our dynamic table at most; ours has none.
        max_concurrent_streams: None while the peer has named no limit.
        initial_window_size: bytes that may be sent on a new stream.
        max_frame_size: the largest frame.
        max_header_list_size: the largest header list; None while the peer has named no limit.
    """

    header_table_size: int = HEADER_TABLE
    max_concurrent_streams: int | None = None
    initial_window_size: int = DEFAULT_WINDOW
    max_frame_size: int = DEFAULT_FRAME_SIZE
    max_header_list_size: int | None = None

    def changed_by(self, pairs: Iterable[tuple[int, int]], *, by_server: bool) -> PeerSettings:
        """Return the settings after a SETTINGS frame.

        Raises:
            ConnectionViolation: a value is not allowed.
        """
        changes: dict[str, Any] = {}
        for number, value in pairs:
            _check(number, value, by_server=by_server)
            name = _NAMES.get(number)
            if name is not None:
                changes[name] = value
        return replace(self, **changes)


_NAMES: Final[Mapping[int, str]] = {
    Setting.HEADER_TABLE_SIZE: "header_table_size",
    Setting.MAX_CONCURRENT_STREAMS: "max_concurrent_streams",
    Setting.INITIAL_WINDOW_SIZE: "initial_window_size",
    Setting.MAX_FRAME_SIZE: "max_frame_size",
    Setting.MAX_HEADER_LIST_SIZE: "max_header_list_size",
}


def _check(number: int, value: int, *, by_server: bool) -> None:
    if number == Setting.INITIAL_WINDOW_SIZE and value > MAX_WINDOW:
        raise ConnectionViolation(
            ErrorCode.FLOW_CONTROL_ERROR, f"INITIAL_WINDOW_SIZE is {value}, beyond 31 bits"
        )
    if number == Setting.MAX_FRAME_SIZE and not DEFAULT_FRAME_SIZE <= value <= MAX_FRAME_SIZE:
        raise ConnectionViolation(
            ErrorCode.PROTOCOL_ERROR, f"MAX_FRAME_SIZE is {value}, not 16384 to 16777215"
        )
    if number == Setting.ENABLE_PUSH and value > (0 if by_server else 1):
        raise ConnectionViolation(ErrorCode.PROTOCOL_ERROR, f"ENABLE_PUSH is {value}")
