"""The receiving half of a connection: what each frame does to its state, and what is told about it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from hostcore.errors import LocalProtocolError, RemoteProtocolError
from hostcore_grpc.http2._blocks import PartialBlock
from hostcore_grpc.http2._codes import PREFACE, ErrorCode, Flag, FrameType, error_name
from hostcore_grpc.http2._events import (
    DataReceived,
    Event,
    GoawayReceived,
    InformationalReceived,
    InputEnded,
    PingAcknowledged,
    RequestReceived,
    ResponseReceived,
    SettingsChanged,
    StreamReset,
    TrailersReceived,
    WindowOpened,
)
from hostcore_grpc.http2._fields import Fields, request_fault, trailers_fault
from hostcore_grpc.http2._frames import (
    SETTINGS_ACK,
    ConnectionViolation,
    FrameReader,
    check_ping,
    goaway_frame,
    header_fragment,
    parse_goaway,
    parse_settings,
    parse_u32,
    parse_window_update,
    ping_frame,
    reset_frame,
    unpadded,
    window_update_frame,
)
from hostcore_grpc.http2._hpack import HeaderDecoder
from hostcore_grpc.http2._limits import (
    DEBUG_DATA,
    DEFAULT_WINDOW,
    FIELDS_A_STREAM,
    FIELDS_AT_ONCE,
    MAX_STREAM_ID,
    MAX_WINDOW,
    SETTINGS_AT_ONCE,
    UNKNOWN_CONCURRENCY,
)
from hostcore_grpc.http2._settings import Limits, PeerSettings
from hostcore_grpc.http2._states import FIRST_STATE, NEXT_STATE, ConnectionState, ConnectionTurn, Role
from hostcore_grpc.http2._streams import NEXT, Half, Stream, Turn

_END_STREAM: Final = int(Flag.END_STREAM)
_END_HEADERS: Final = int(Flag.END_HEADERS)
_PADDED: Final = int(Flag.PADDED)
_DECORATED: Final = int(Flag.PADDED | Flag.PRIORITY)
_ACK: Final = int(Flag.ACK)
_FIRST_FINAL_STATUS: Final = 200
_WINDOW_OPENED: Final = WindowOpened(stream_id=0)
_OVER: Final = frozenset({ConnectionState.ENDED, ConnectionState.ERROR})


class Receiver:
    """Takes the peer's bytes and keeps the state of the connection; see `Connection`, which sends."""

    def __init__(self, role: Role, limits: Limits | None = None) -> None:
        self._role = role
        self._limits = limits or Limits()
        self._state = FIRST_STATE[role]
        self._frames = FrameReader(self._limits.frame)
        self._decoder = HeaderDecoder(self._limits.header_list)
        self._events: deque[Event] = deque()
        self._replies: list[bytes] = []
        self._failure: RemoteProtocolError | None = None
        self._begun = b""  # the first bytes, until they have proved to be HTTP/2
        self._partial: PartialBlock | None = None
        self._streams: dict[int, Stream] = {}
        self._last_opened = 0  # by the client, on either side: servers open none
        self._goaway: GoawayReceived | None = None
        self._going_away = False
        self._open_limit = 0  # streams that may be open at once, 0 when none is to be opened any more
        self._peer = PeerSettings()
        self._settled = False  # whether the peer's settings have come
        self._send_window = self._peer.initial_window_size
        self._receive_window = self._limits.connection_window
        self._first_window = max(DEFAULT_WINDOW, self._limits.stream_window)  # for receiving, on new streams
        self._unreturned = 0
        self._bytes_in = self._bytes_out = 0
        self._settings_left = self._fields_left = 0  # in this read
        self._noise = 0  # frames that brought no call any further, since somebody asked
        self._limit_opening()
        self._handlers: dict[int, Callable[[int, int, bytes], None]] = {
            FrameType.DATA: self._on_data,
            FrameType.HEADERS: self._on_headers,
            FrameType.RST_STREAM: self._on_reset,
            FrameType.SETTINGS: self._on_settings,
            FrameType.PUSH_PROMISE: self._on_push,
            FrameType.PING: self._on_ping,
            FrameType.GOAWAY: self._on_goaway,
            FrameType.WINDOW_UPDATE: self._on_window_update,
            FrameType.CONTINUATION: self._on_continuation,
        }

    # -- bytes in, events out

    def receive_data(self, data: bytes) -> None:
        """Take in what was read; empty means that the input has ended.

        Never raises for what the peer did: that comes from `next_event`, in its place. After a violation further data
        is ignored.

        Raises:
            LocalProtocolError: data came after the end of the input.
        """
        if self._state is ConnectionState.ERROR:
            return
        if self._state is ConnectionState.ENDED:
            if data:
                raise LocalProtocolError("data was fed after the end of the input")
            return
        try:
            if data:
                self._receive(data)
            else:
                self._turn(ConnectionTurn.INPUT_ENDED)
                self._events.append(InputEnded(clean=not self._frames.held and self._partial is None))
        except ConnectionViolation as violation:
            self._fail(violation)

    def next_event(self) -> Event | None:
        """Return what came next, or None when more bytes are needed.

        Raises:
            RemoteProtocolError: the peer broke the protocol; each further call raises it again.
        """
        if self._events:
            return self._events.popleft()
        if self._failure is not None:
            raise self._failure.with_traceback(None)  # else it grows with every call
        return None

    def _turn(self, turn: ConnectionTurn) -> None:
        self._state = NEXT_STATE[self._state, turn]
        self._limit_opening()

    def _limit_opening(self) -> None:
        """Find out anew how many streams may be open at once; whatever that depends on has just changed."""
        if (
            self._goaway is not None
            or self._going_away
            or self._last_opened + 2 > MAX_STREAM_ID
            or self._state in _OVER
            or self._role is Role.SERVER
        ):
            self._open_limit = 0
        elif self._peer.max_concurrent_streams is not None:
            self._open_limit = self._peer.max_concurrent_streams
        else:
            self._open_limit = MAX_STREAM_ID if self._settled else UNKNOWN_CONCURRENCY

    def _fail(self, violation: ConnectionViolation) -> None:
        text = str(violation)
        if not self._settled and self._begun:
            text = f"it does not speak HTTP/2, its first bytes are {self._begun!r}: {text}"
        peer = "server" if self._role is Role.CLIENT else "client"
        self._failure = RemoteProtocolError(f"the {peer} broke HTTP/2 ({violation.code.name}): {text}")
        last = self._last_opened if self._role is Role.SERVER else 0
        self._replies.append(goaway_frame(last, violation.code, text.encode()[:DEBUG_DATA]))
        self._turn(ConnectionTurn.VIOLATED)

    def _receive(self, data: bytes) -> None:
        self._bytes_in += len(data)
        if self._state is not ConnectionState.OPEN:
            data = self._receive_preface(data)
        self._settings_left = SETTINGS_AT_ONCE
        self._fields_left = FIELDS_AT_ONCE + FIELDS_A_STREAM * len(self._streams)
        handlers = self._handlers
        for kind, flags, stream_id, payload in self._frames.feed(data):
            if self._partial is not None and kind != FrameType.CONTINUATION:
                raise ConnectionViolation(
                    ErrorCode.PROTOCOL_ERROR, f"a frame of type {kind} interrupts a header block"
                )
            if not self._settled and kind != FrameType.SETTINGS:
                raise ConnectionViolation(ErrorCode.PROTOCOL_ERROR, "its first frame is not SETTINGS")
            handler = handlers.get(kind)
            if handler is not None:
                handler(flags, stream_id, payload)
            else:
                self._noise += 1

    def _receive_preface(self, data: bytes) -> bytes:
        """Take what comes before the first frame, and keep what a report of nonsense should quote."""
        before = self._begun
        self._begun = (before + data)[: len(PREFACE)]
        if self._state is not ConnectionState.AWAIT_PREFACE:
            return data
        if not PREFACE.startswith(self._begun):
            raise ConnectionViolation(ErrorCode.PROTOCOL_ERROR, "the preface of a client is due")
        if self._begun == PREFACE:
            self._turn(ConnectionTurn.PREFACE)
            return data[len(PREFACE) - len(before) :]
        return b""

    # -- frames of streams

    def _known(self, stream_id: int, kind: str) -> Stream | None:
        """Return the stream of a frame, or None for one that has ended, whose late frames mean nothing."""
        stream = self._streams.get(stream_id)
        if stream is None and (not stream_id & 1 or stream_id > self._last_opened):
            raise ConnectionViolation(
                ErrorCode.PROTOCOL_ERROR, f"{kind} on stream {stream_id}, which was never opened"
            )
        return stream

    def _break(self, stream_id: int, code: ErrorCode, text: str) -> None:
        """Reset a stream on which the peer broke a rule."""
        del self._streams[stream_id]
        self._replies.append(reset_frame(stream_id, code))
        self._events.append(StreamReset(stream_id=stream_id, code=code, violation=text))

    def _on_data(self, flags: int, stream_id: int, payload: bytes) -> None:
        data = payload if not flags & _PADDED else unpadded(flags, payload, "DATA")
        size = len(payload)
        self._receive_window -= size
        if self._receive_window < 0:
            raise ConnectionViolation(
                ErrorCode.FLOW_CONTROL_ERROR, "more data than the connection's window allows"
            )
        self._unreturned += size
        if self._unreturned * 2 >= self._limits.connection_window:
            self._replies.append(window_update_frame(0, self._unreturned))
            self._receive_window += self._unreturned
            self._unreturned = 0
        stream = self._streams.get(stream_id) or self._known(stream_id, "DATA")
        if stream is None:
            self._noise += 1
            return
        stream.receive_window -= size
        if stream.receive_window < 0:
            self._break(stream_id, ErrorCode.FLOW_CONTROL_ERROR, "more data than the stream's window allows")
            return
        ended = flags & _END_STREAM
        half = NEXT.get((stream.theirs, Turn.DATA_END if ended else Turn.DATA))
        if half is None:
            code = ErrorCode.STREAM_CLOSED if stream.theirs is Half.ENDED else ErrorCode.PROTOCOL_ERROR
            self._break(stream_id, code, "data before the headers, or after the end")
            return
        stream.theirs = half
        self._events.append(DataReceived(stream_id=stream_id, data=data, ended=bool(ended)))
        if half is Half.ENDED:
            self._forget_if_ended(stream_id, stream)
        elif not data:
            self._noise += 1
            self._return_credit(stream_id, stream, size)
        elif size > len(data):
            self._return_credit(stream_id, stream, size - len(data))

    def _return_credit(self, stream_id: int, stream: Stream, size: int) -> None:
        stream.consumed += size
        if stream.consumed * 2 >= self._limits.stream_window:
            self._replies.append(window_update_frame(stream_id, stream.consumed))
            stream.receive_window += stream.consumed
            stream.consumed = 0

    def _forget_if_ended(self, stream_id: int, stream: Stream) -> None:
        if stream.ours is Half.ENDED and stream.theirs is Half.ENDED:
            del self._streams[stream_id]

    def _on_headers(self, flags: int, stream_id: int, payload: bytes) -> None:
        fragment = header_fragment(flags, payload) if flags & _DECORATED else payload
        ended = bool(flags & _END_STREAM)
        if flags & _END_HEADERS:
            self._receive_block(stream_id, fragment, ended=ended)
            return
        self._partial = PartialBlock(stream_id, ended=ended)
        self._partial.add(fragment, self._limits.header_list)

    def _on_continuation(self, flags: int, stream_id: int, payload: bytes) -> None:
        partial = self._partial
        if partial is None or partial.stream_id != stream_id:
            raise ConnectionViolation(
                ErrorCode.PROTOCOL_ERROR, "CONTINUATION without the header block it continues"
            )
        partial.add(payload, self._limits.header_list)
        if flags & _END_HEADERS:
            self._partial = None
            self._receive_block(stream_id, b"".join(partial.fragments), ended=partial.ended)

    def _receive_block(self, stream_id: int, block: bytes, *, ended: bool) -> None:
        fields = self._decoder.decode(block)  # always: the decoder's state is that of all blocks
        self._fields_left -= len(fields.headers)
        if self._fields_left < 0:
            raise ConnectionViolation(ErrorCode.ENHANCE_YOUR_CALM, "a flood of header fields")
        stream = self._streams.get(stream_id)
        if stream is None:
            if self._role is Role.SERVER and stream_id & 1 and stream_id > self._last_opened:
                self._receive_request(stream_id, fields, ended=ended)
                return
            if self._known(stream_id, "HEADERS") is None:
                self._noise += 1
                return
        elif stream.theirs is Half.BEFORE:
            self._receive_response(stream_id, stream, fields, ended=ended)
        else:
            self._receive_trailers(stream_id, stream, fields, ended=ended)

    def _receive_request(self, stream_id: int, fields: Fields, *, ended: bool) -> None:
        self._last_opened = stream_id
        if self._going_away or len(self._streams) >= self._limits.streams:
            self._replies.append(reset_frame(stream_id, ErrorCode.REFUSED_STREAM))
            return
        if request_fault(fields) is not None:
            self._replies.append(reset_frame(stream_id, ErrorCode.PROTOCOL_ERROR))
            return
        stream = self._streams[stream_id] = self._new_stream()
        stream.theirs = NEXT[Half.BEFORE, Turn.HEADERS_END if ended else Turn.HEADERS]
        self._events.append(RequestReceived(stream_id=stream_id, headers=fields.headers, ended=ended))

    def _new_stream(self) -> Stream:
        return Stream(self._peer.initial_window_size, self._first_window)

    def _receive_response(self, stream_id: int, stream: Stream, fields: Fields, *, ended: bool) -> None:
        status = fields.status
        if isinstance(status, str):
            self._break(stream_id, ErrorCode.PROTOCOL_ERROR, status)
        elif status >= _FIRST_FINAL_STATUS:
            stream.theirs = NEXT[Half.BEFORE, Turn.HEADERS_END if ended else Turn.HEADERS]
            self._events.append(
                ResponseReceived(stream_id=stream_id, status=status, headers=fields.headers, ended=ended)
            )
            if ended:
                self._forget_if_ended(stream_id, stream)
        elif ended:
            self._break(stream_id, ErrorCode.PROTOCOL_ERROR, f"the interim status {status} ends the stream")
        else:
            self._noise += 1
            self._events.append(
                InformationalReceived(stream_id=stream_id, status=status, headers=fields.headers)
            )

    def _receive_trailers(self, stream_id: int, stream: Stream, fields: Fields, *, ended: bool) -> None:
        if stream.theirs is Half.ENDED:
            self._break(stream_id, ErrorCode.STREAM_CLOSED, "headers after the end")
            return
        fault = trailers_fault(fields) if ended else "trailers do not end the stream"
        if fault is not None:
            self._break(stream_id, ErrorCode.PROTOCOL_ERROR, fault)
            return
        stream.theirs = NEXT[stream.theirs, Turn.HEADERS_END]
        self._events.append(TrailersReceived(stream_id=stream_id, headers=fields.headers))
        self._forget_if_ended(stream_id, stream)

    def _on_reset(self, _: int, stream_id: int, payload: bytes) -> None:
        code = parse_u32(payload, "RST_STREAM")
        self._noise += 1
        if self._known(stream_id, "RST_STREAM") is not None:
            del self._streams[stream_id]
            self._events.append(StreamReset(stream_id=stream_id, code=code))

    def _on_push(self, _: int, __: int, ___: bytes) -> None:
        raise ConnectionViolation(ErrorCode.PROTOCOL_ERROR, "PUSH_PROMISE, which was refused in the settings")

    def _on_window_update(self, _: int, stream_id: int, payload: bytes) -> None:
        increment = parse_window_update(payload)
        self._noise += 1
        if stream_id == 0:
            if not increment:
                raise ConnectionViolation(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE by 0")
            self._send_window += increment
            if self._send_window > MAX_WINDOW:
                raise ConnectionViolation(
                    ErrorCode.FLOW_CONTROL_ERROR, "the connection's window exceeds 31 bits"
                )
            if not self._events or self._events[-1] is not _WINDOW_OPENED:
                self._events.append(_WINDOW_OPENED)
            return
        stream = self._known(stream_id, "WINDOW_UPDATE")
        if stream is None:
            return
        stream.send_window += increment
        if not increment:
            self._break(stream_id, ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE by 0")
        elif stream.send_window > MAX_WINDOW:
            self._break(stream_id, ErrorCode.FLOW_CONTROL_ERROR, "the stream's window exceeds 31 bits")
        elif stream.ours is not Half.ENDED:
            self._events.append(WindowOpened(stream_id=stream_id))

    # -- frames of the connection

    def _on_settings(self, flags: int, stream_id: int, payload: bytes) -> None:
        self._refuse_stream(stream_id, "SETTINGS")
        if flags & _ACK:
            if payload:
                raise ConnectionViolation(ErrorCode.FRAME_SIZE_ERROR, "an acknowledgement with settings")
            if not self._settled:
                raise ConnectionViolation(ErrorCode.PROTOCOL_ERROR, "its first frame acknowledges settings")
            self._shrink_windows()
            return
        pairs = parse_settings(payload)
        self._noise += 1
        self._settings_left -= 1
        if self._settings_left < 0 or len(pairs) > SETTINGS_AT_ONCE:
            raise ConnectionViolation(ErrorCode.ENHANCE_YOUR_CALM, "a flood of settings")
        before = self._peer
        self._peer = before.changed_by(pairs, by_server=self._role is Role.CLIENT)
        if not self._settled:
            self._settled = True
            self._begun = b""
        self._turn(ConnectionTurn.SETTINGS)
        growth = self._peer.initial_window_size - before.initial_window_size
        if growth:
            for stream in self._streams.values():
                stream.send_window += growth
                if stream.send_window > MAX_WINDOW:
                    raise ConnectionViolation(
                        ErrorCode.FLOW_CONTROL_ERROR,
                        "INITIAL_WINDOW_SIZE takes a stream's window beyond 31 bits",
                    )
        self._replies.append(SETTINGS_ACK)
        self._events.append(SettingsChanged())

    def _shrink_windows(self) -> None:
        """Hold the peer to windows smaller than the default, from its acknowledgement of our settings on."""
        excess = self._first_window - self._limits.stream_window
        if excess:
            self._first_window = self._limits.stream_window
            for stream in self._streams.values():
                stream.receive_window -= excess

    def _on_ping(self, flags: int, stream_id: int, payload: bytes) -> None:
        self._refuse_stream(stream_id, "PING")
        check_ping(payload)
        self._noise += 1
        if flags & _ACK:
            self._events.append(PingAcknowledged(payload=payload))
        else:
            self._replies.append(ping_frame(payload, ack=True))

    def _on_goaway(self, _: int, stream_id: int, payload: bytes) -> None:
        self._refuse_stream(stream_id, "GOAWAY")
        last, code, debug = parse_goaway(payload)
        self._noise += 1
        if self._goaway is not None:
            last = min(last, self._goaway.last_stream_id)  # it may only fall: what was cut off stays so
        cut_off: tuple[int, ...] = ()
        if self._role is Role.CLIENT:
            cut_off = tuple([each for each in self._streams if each > last])
            for each in cut_off:
                del self._streams[each]
        self._goaway = GoawayReceived(
            last_stream_id=min(last, MAX_STREAM_ID), code=code, debug=debug[:DEBUG_DATA], cut_off=cut_off
        )
        self._limit_opening()
        self._events.append(self._goaway)

    def _refuse_stream(self, stream_id: int, kind: str) -> None:
        if stream_id:
            raise ConnectionViolation(
                ErrorCode.PROTOCOL_ERROR, f"{kind} on stream {stream_id}: it concerns the connection"
            )

    def _goaway_text(self) -> str:
        """Say what the peer's GOAWAY said."""
        goaway = self._goaway
        if goaway is None:
            return ""
        debug = goaway.debug.decode(errors="replace")
        return f"{error_name(goaway.code)}: {debug}" if debug else error_name(goaway.code)
