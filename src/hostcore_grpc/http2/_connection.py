"""The state of one HTTP/2 connection, without I/O, after the model of h11.

Bytes go in, events come out; sending methods return bytes. There is no clock here, no socket and no task. What the
standard has each side answer by itself (acknowledgements, credit, resets of malformed streams) waits in
`take_replies`; write it after each `receive_data` and `consume`.

Left out, because gRPC has no use for it: priorities (read and ignored), server push (refused), CONNECT, `content-length`
(each gRPC message has its own length).
"""

from __future__ import annotations

from dataclasses import dataclass

from hostcore.errors import LocalProtocolError
from hostcore_grpc.http2._codes import PREFACE, ErrorCode, Setting
from hostcore_grpc.http2._frames import (
    data_frames,
    goaway_frame,
    header_frames,
    ping_frame,
    request_frames,
    reset_frame,
    settings_frame,
    window_update_frame,
)
from hostcore_grpc.http2._hpack import TABLE_SIZE_ZERO
from hostcore_grpc.http2._limits import DEFAULT_WINDOW, MAX_STREAM_ID
from hostcore_grpc.http2._receiving import Receiver
from hostcore_grpc.http2._settings import Limits, PeerSettings
from hostcore_grpc.http2._states import ConnectionState, Role
from hostcore_grpc.http2._streams import NEXT, Half, Stream, Turn


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionStatistics:
    """Counts what has gone over one connection.

    Attributes:
        bytes_received: all bytes that were fed.
        bytes_sent: all bytes that were handed out to be written.
        streams: those that live.
        streams_opened: all that were ever opened.
    """

    bytes_received: int
    bytes_sent: int
    streams: int
    streams_opened: int


class Connection(Receiver):
    """Is one side of one connection.

    Write what `initiate` returns first. Feed what was read to `receive_data`, take events from `next_event` until it
    returns None, and write what `take_replies` returns. Each sending method returns whole frames; write them at once and
    in order. What a sending method refuses changes nothing.

    Args:
        role: which side this is.
        limits: what this side is ready to receive.
    """

    def __init__(self, role: Role, limits: Limits | None = None) -> None:
        super().__init__(role, limits)
        self._table_emptied = False

    def __repr__(self) -> str:
        return (
            f"<Connection {self._role.value} {self._state.value} streams={len(self._streams)}"
            f" send_window={self._send_window}{' going away' if self.is_going_away else ''}>"
        )

    # -- facts

    @property
    def role(self) -> Role:
        """Return which side this is."""
        return self._role

    @property
    def state(self) -> ConnectionState:
        """Return where this side stands; bytes that were fed count at once, before their events are taken."""
        return self._state

    @property
    def limits(self) -> Limits:
        """Return what this side is ready to receive."""
        return self._limits

    @property
    def peer_settings(self) -> PeerSettings:
        """Return what the peer takes; the defaults before it has said so."""
        return self._peer

    @property
    def is_going_away(self) -> bool:
        """Return whether either side has said that no further streams are to be opened."""
        return self._going_away or self._goaway is not None

    @property
    def is_exhausted(self) -> bool:
        """Return whether the stream ids have run out: only a new connection has new ones."""
        return self._last_opened + 2 > MAX_STREAM_ID

    @property
    def streams(self) -> int:
        """Return how many streams live."""
        return len(self._streams)

    @property
    def may_open(self) -> int:
        """Return how many streams a client may open now; 0 too when it will never be more again."""
        return max(0, self._open_limit - len(self._streams))

    def why_not_open(self) -> str | None:
        """Say why no stream can be opened on this connection any more; None when only its turn has to come."""
        if self._goaway is not None:
            return f"the server is going away ({self._goaway_text()})"
        if self._going_away:
            return "the connection is being closed"
        if self.is_exhausted:
            return "the connection's stream ids have run out: connect anew"
        if self._state is ConnectionState.ENDED or self._state is ConnectionState.ERROR:
            return "the connection has ended"
        return None

    def may_send(self, stream_id: int) -> int:
        """Return how many bytes of data may be sent on a stream now; 0 for one that has ended."""
        stream = self._streams.get(stream_id)
        if stream is None:
            return 0
        return max(0, min(self._send_window, stream.send_window))

    @property
    def send_window(self) -> int:
        """Return how many bytes of data may be sent on all streams together."""
        return self._send_window

    @property
    def may_send_first(self) -> int:
        """Return how many bytes of data may be sent with a new stream."""
        window = self._peer.initial_window_size
        return window if window < self._send_window else max(0, self._send_window)

    def is_open(self, stream_id: int) -> bool:
        """Return whether either side may still say something on a stream."""
        return stream_id in self._streams

    def statistics(self) -> ConnectionStatistics:
        """Return the counters."""
        return ConnectionStatistics(
            bytes_received=self._bytes_in,
            bytes_sent=self._bytes_out,
            streams=len(self._streams),
            streams_opened=(self._last_opened + 1) // 2,
        )

    # -- sending

    def initiate(self) -> bytes:
        """Return what this side says first: the preface of a client, the settings, the connection's window."""
        settings: dict[int, int] = {
            Setting.HEADER_TABLE_SIZE: 0,
            Setting.INITIAL_WINDOW_SIZE: self._limits.stream_window,
            Setting.MAX_FRAME_SIZE: self._limits.frame,
            Setting.MAX_HEADER_LIST_SIZE: self._limits.header_list,
        }
        if self._role is Role.CLIENT:
            first = PREFACE
            settings[Setting.ENABLE_PUSH] = 0
        else:
            first = b""
            settings[Setting.MAX_CONCURRENT_STREAMS] = self._limits.streams
        first += settings_frame(settings)
        if self._limits.connection_window > DEFAULT_WINDOW:
            first += window_update_frame(0, self._limits.connection_window - DEFAULT_WINDOW)
        return self._sent(first)

    def take_replies(self) -> bytes:
        """Return what the standard has this side answer, once; empty when there is nothing."""
        if not self._replies:
            return b""
        replies = b"".join(self._replies)
        self._replies.clear()
        return self._sent(replies)

    def take_noise(self) -> int:
        """Return how many frames have come, since it was asked last, that brought no stream any further."""
        noise, self._noise = self._noise, 0
        return noise

    def open_stream(
        self, block: bytes, *, data: bytes | memoryview = b"", ended: bool = False
    ) -> tuple[int, bytes]:
        """Return the id of a new stream and its first frames.

        Args:
            block: the request's headers, made by `encode_block`.
            data: the first data, at most `may_send_first` bytes.
            ended: whether this is all of the request.

        Raises:
            LocalProtocolError: this is a server, no stream may be opened now, or the data exceeds what may be sent.
        """
        if len(self._streams) >= self._open_limit:
            reason = "a server opens no streams" if self._role is Role.SERVER else self.why_not_open()
            raise LocalProtocolError(reason or "the server takes no more streams at once")
        size = len(data)
        if size > self.may_send_first:
            raise LocalProtocolError(f"{size} bytes exceed what may be sent now: {self.may_send_first}")
        stream_id = self._last_opened = self._last_opened + (2 if self._last_opened else 1)
        if stream_id + 2 > MAX_STREAM_ID:
            self._limit_opening()
        stream = self._streams[stream_id] = self._new_stream()
        stream.ours = Half.ENDED if ended else Half.OPEN
        if not size:
            return stream_id, self._headers(stream_id, block, ended=ended)
        self._send_window -= size
        stream.send_window -= size
        frames = request_frames(
            stream_id, self._first_block(block), data, end_stream=ended, max_size=self._peer.max_frame_size
        )
        return stream_id, self._sent(frames)

    def send_headers(self, stream_id: int, block: bytes, *, ended: bool = False) -> bytes:
        """Return the frames of response headers or, after them, of trailers, which end the stream.

        Raises:
            LocalProtocolError: there is no such stream, or headers are not due on it.
        """
        stream = self._stream(stream_id)
        self._advance(stream_id, stream, Turn.HEADERS_END if ended else Turn.HEADERS)
        return self._headers(stream_id, block, ended=ended)

    def send_data(self, stream_id: int, data: bytes | memoryview, *, ended: bool = False) -> bytes:
        """Return the frames of some data; at most `may_send` bytes.

        Raises:
            LocalProtocolError: there is no such stream, data is not due on it, or it is more than may be sent.
        """
        size = len(data)
        stream = self._stream(stream_id)
        if size and (size > stream.send_window or size > self._send_window):
            raise LocalProtocolError(
                f"{size} bytes exceed what may be sent on stream {stream_id} now: {self.may_send(stream_id)}"
            )
        self._advance(stream_id, stream, Turn.DATA_END if ended else Turn.DATA)
        stream.send_window -= size
        self._send_window -= size
        return self._data(stream_id, data, ended=ended)

    def reset_stream(self, stream_id: int, code: ErrorCode = ErrorCode.CANCEL) -> bytes:
        """Return the frame that ends a stream at once, and forget the stream; what still comes on it is ignored.

        Raises:
            LocalProtocolError: there is no such stream.
        """
        self._stream(stream_id)
        del self._streams[stream_id]
        return self._sent(reset_frame(stream_id, code))

    def consume(self, stream_id: int, size: int) -> None:
        """Return received bytes to their sender's window: they were read. Credit goes out with the replies."""
        stream = self._streams.get(stream_id)
        if stream is not None and stream.theirs is not Half.ENDED:
            self._return_credit(stream_id, stream, size)

    def ping(self, payload: bytes) -> bytes:
        """Return a ping of eight bytes, which the peer sends back."""
        return self._sent(ping_frame(payload))

    def go_away(self, code: ErrorCode = ErrorCode.NO_ERROR, debug: bytes = b"") -> bytes:
        """Return the frame that refuses further streams; those that live may go on to their ends."""
        self._going_away = True
        self._limit_opening()
        last = self._last_opened if self._role is Role.SERVER else 0
        return self._sent(goaway_frame(last, code, debug))

    def _stream(self, stream_id: int) -> Stream:
        stream = self._streams.get(stream_id)
        if stream is None:
            raise LocalProtocolError(f"stream {stream_id} has ended, or was never opened")
        return stream

    def _advance(self, stream_id: int, stream: Stream, turn: Turn) -> None:
        half = NEXT.get((stream.ours, turn))
        if half is None:
            raise LocalProtocolError(
                f"{turn.name} is not due on stream {stream_id}, where this side is {stream.ours.name}"
            )
        stream.ours = half
        if half is Half.ENDED and stream.theirs is Half.ENDED:
            del self._streams[stream_id]

    def _headers(self, stream_id: int, block: bytes, *, ended: bool) -> bytes:
        block = self._first_block(block)
        return self._sent(
            header_frames(stream_id, block, end_stream=ended, max_size=self._peer.max_frame_size)
        )

    def _first_block(self, block: bytes) -> bytes:
        """Return a block as it goes out: the first one of a connection says that the table is empty."""
        if self._table_emptied:
            return block
        self._table_emptied = True
        return TABLE_SIZE_ZERO + block

    def _data(self, stream_id: int, data: bytes | memoryview, *, ended: bool) -> bytes:
        return self._sent(data_frames(stream_id, data, end_stream=ended, max_size=self._peer.max_frame_size))

    def _sent(self, data: bytes) -> bytes:
        self._bytes_out += len(data)
        return data
