"""The state of one connection, without I/O, after the model of h11.

Bytes go in, events come out; messages go in, bytes come out. There is no clock here, no file and no task, so each side
can be driven by any event loop, by threads or by a test.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hostcore.errors import LocalProtocolError, RemoteProtocolError, TooLargeError
from hostcore.protocol._conversation import Conversation, name_of
from hostcore.protocol._framing import Buffer, Candidate, FrameReader, stray
from hostcore.protocol._jsonrpc import JsonCodec, NoMessageError
from hostcore.protocol._limits import MAX_FRAME, MAX_INFLIGHT, MIN_FRAME
from hostcore.protocol._messages import (
    Cancel,
    ConnectionEvent,
    Credit,
    Discarded,
    Encoding,
    ErrorInfo,
    Feature,
    Hello,
    Limits,
    Message,
    Notification,
    OversizeSkipped,
    Request,
    Response,
    Role,
    StrayOutput,
    UnknownNotification,
)
from hostcore.protocol._msgpack import MsgpackCodec
from hostcore.protocol._transitions import ConnectionState, Turn
from hostcore.protocol._values import Violation

_NO_META: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionStatistics:
    """Counts what has gone over one connection.

    Attributes:
        bytes_received: all bytes that were fed, stray ones too.
        bytes_sent: all bytes that were handed out to be written.
        messages_received: messages that were understood.
        messages_sent: messages that were encoded.
        stray: parts of stray output.
        oversize: frames that were skipped because they exceed the limit.
        discarded: messages that meant nothing any more.
    """

    bytes_received: int
    bytes_sent: int
    messages_received: int
    messages_sent: int
    stray: int
    oversize: int
    discarded: int


class Connection:
    """Is one side of one connection.

    Feed what was read to `receive_data` and take events from `next_event` until it returns None. Each sending method
    returns one whole frame; write it at once and in order. What a sending method refuses changes nothing.

    Args:
        role: which side this is.
        encoding: what a plugin speaks; a host learns it from the plugin's hello.
        limits: what this side is ready to receive; the hello that it sends must say the same.

    Attributes:
        on_received: told of each message that came, before its event can be taken, with its bytes on the wire; None
            for nobody. It must neither raise nor call this connection.
        on_sent: the same of each message that was made into a frame.
    """

    on_received: Callable[[Message | UnknownNotification, int], None] | None
    on_sent: Callable[[Message, int], None] | None

    def __init__(self, role: Role, *, encoding: Encoding | None = None, limits: Limits | None = None) -> None:
        if (role is Role.PLUGIN) is (encoding is None):
            raise ValueError("a plugin's connection needs its encoding; a host's learns it from the hello")
        self._role = role
        self._encoding = encoding
        self._limits = limits or Limits()
        if not MIN_FRAME <= self._limits.frame <= MAX_FRAME or not 1 <= self._limits.inflight <= MAX_INFLIGHT:
            raise ValueError(
                f"limits: frame must be {MIN_FRAME} to {MAX_FRAME} bytes and inflight 1 to {MAX_INFLIGHT}, not {limits}"
            )
        # Without a codec until the plugin's hello has come: a host sends nothing before it.
        self._codec: MsgpackCodec | JsonCodec
        if encoding is not None:
            self._codec = _codec(encoding, role)
        self._frames = FrameReader(encoding=encoding, max_frame=self._limits.frame)
        self._conversation = Conversation(role, self._limits)
        self._events: deque[ConnectionEvent] = deque()
        self._failure: RemoteProtocolError | None = None
        self._bytes_in = self._bytes_out = self._messages_in = self._messages_out = 0
        self._stray = self._oversize = self._discarded = 0
        self.on_received = None
        self.on_sent = None

    def __repr__(self) -> str:
        encoding = self._encoding.value if self._encoding else "encoding unknown"
        return (
            f"<Connection {self._role.value} {self._conversation.state.value} {encoding}"
            f" in_flight={self.in_flight} tombstones={self.tombstones} incoming={len(self._conversation.theirs.streams)}>"
        )

    # Facts

    @property
    def role(self) -> Role:
        """Return which side this is."""
        return self._role

    @property
    def state(self) -> ConnectionState:
        """Return where this side stands; bytes that were fed count at once, before their events are taken."""
        return self._conversation.state

    @property
    def encoding(self) -> Encoding | None:
        """Return the encoding of both directions; None before the plugin's hello."""
        return self._encoding

    @property
    def limits(self) -> Limits:
        """Return what this side is ready to receive."""
        return self._limits

    @property
    def peer_hello(self) -> Hello | None:
        """Return the other side's hello, once it has come."""
        return self._conversation.peer_hello

    @property
    def peer_limits(self) -> Limits:
        """Return what the other side is ready to receive; the defaults before its hello."""
        return self._conversation.peer_limits

    @property
    def features(self) -> frozenset[str]:
        """Return the features that both hellos list; empty until both have passed."""
        return self._conversation.features

    @property
    def in_flight(self) -> int:
        """Return our requests that the peer has not answered, against its `inflight`.

        Abandoned ones count, for the peer still works on them; the protocol's own requests do not.
        """
        return self._conversation.ours.counted

    @property
    def incoming(self) -> int:
        """Return how many requests of the peer wait for our answer."""
        return len(self._conversation.theirs.streams)

    @property
    def tombstones(self) -> int:
        """Return how many of our calls were abandoned and are not answered yet."""
        return len(self._conversation.ours.tombstones)

    def statistics(self) -> ConnectionStatistics:
        """Return the counters."""
        return ConnectionStatistics(
            bytes_received=self._bytes_in,
            bytes_sent=self._bytes_out,
            messages_received=self._messages_in,
            messages_sent=self._messages_out,
            stray=self._stray,
            oversize=self._oversize,
            discarded=self._discarded,
        )

    # Receiving

    def receive_data(self, data: Buffer) -> None:
        """Take in what was read; empty means that the input has ended.

        Never raises for what the peer did: that comes from `next_event`, in its place. `data` is not kept, so its
        memory may be used again afterwards. After a violation further data is ignored.

        Raises:
            LocalProtocolError: data came after the end of the input.
        """
        if self._conversation.state is ConnectionState.ERROR:
            return
        if self._conversation.state is ConnectionState.ENDED:
            if len(data):
                raise LocalProtocolError("data was fed after the end of the input")
            return
        try:
            if len(data):
                self._bytes_in += len(data)
                for unit in self._frames.feed(data):
                    if isinstance(unit, memoryview):
                        self._receive(self._codec, unit)
                    elif isinstance(unit, Candidate):
                        self._receive_candidate(unit)
                    else:
                        self._report(unit)
            else:
                self._end()
        except Violation as violation:
            self._fail(str(violation))

    def next_event(self) -> ConnectionEvent | None:
        """Return what came next, or None when more bytes are needed.

        Raises:
            RemoteProtocolError: the peer broke the protocol; each further call raises it again.
        """
        if self._events:
            return self._events.popleft()
        if self._failure is not None:
            raise self._failure.with_traceback(None)  # else it grows with every call
        return None

    def _end(self) -> None:
        rest = self._frames.end()
        if rest is not None:
            self._report(rest)
        self._conversation.turn(Turn.INPUT_ENDED)

    def _fail(self, text: str) -> None:
        peer = "plugin" if self._role is Role.HOST else "host"
        self._failure = RemoteProtocolError(f"the {peer} broke the protocol: {text}")
        self._conversation.turn(Turn.VIOLATED)

    def _report(self, unit: StrayOutput | OversizeSkipped) -> None:
        if type(unit) is OversizeSkipped:
            self._oversize += 1
            self._conversation.receive_skipped(unit)
        else:
            self._stray += 1
        self._events.append(unit)

    def _receive_candidate(self, candidate: Candidate) -> None:
        """Receive what came before the encoding was settled: the plugin's hello settles it."""
        codec = _codec(candidate.encoding, self._role)
        self._receive(codec, candidate.body)
        if self._conversation.peer_hello is not None:
            self._codec = codec
            self._encoding = self._frames.encoding = candidate.encoding

    def _receive(self, codec: MsgpackCodec | JsonCodec, body: memoryview) -> None:
        conversation = self._conversation
        try:
            message = codec.decode(body)
            if type(message) is Response and Response in conversation.may_receive:
                event = conversation.receive_response(message)
            else:
                event = conversation.receive(message)
        except NoMessageError:
            text = stray(body)
            if text is not None:
                self._report(text)
            return
        except Violation as violation:
            raise Violation(f"{violation} [{codec.excerpt(body)}]") from None
        self._messages_in += 1
        if self.on_received is not None:
            self.on_received(message, len(body) + codec.overhead)
        if type(event) is Discarded:
            self._discarded += 1
        self._events.append(event)

    # Sending

    def send(self, message: Message) -> bytes:
        """Return the frame of any message.

        Raises:
            LocalProtocolError: the message is not legal now, or cannot be encoded.
            TooLargeError: it exceeds what the peer is ready to receive.
        """
        self._refuse_after_violation()
        match message:
            case Request():
                return self._send_request(message.id, message.method, message.params, message.meta)
            case Response(error=None):
                return self.send_response(message.id, message.result)
            case Response(error=ErrorInfo() as error):
                return self.send_error(message.id, error)
            case Response():
                raise LocalProtocolError("the error of a response is an ErrorInfo or None")
            case _:
                return self._notify(message)

    def send_request(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        timeout_ms: int | None = None,
        progress: bool = False,
        credit: int = 0,
        parent: int | None = None,
        plugin: str | None = None,
        traceparent: str | None = None,
        tracestate: str | None = None,
    ) -> tuple[int, bytes]:
        """Return the id and the frame of a new request.

        Args:
            method: `Interface.Method`, or one of the protocol's own names.
            params: the argument object.
            timeout_ms: what is left of the deadline.
            progress: ask for progress; needs the feature.
            credit: how many result items may come before more is granted; needs the feature `streams`.
            parent: the id of the host's call that a reverse call belongs to.
            plugin: which of several providers a reverse call is for.
            traceparent: the W3C trace context.
            tracestate: what vendors say about that trace.

        Raises:
            LocalProtocolError: requests are not legal now, the peer's `inflight` is used up, a feature was not agreed
                on, or the params cannot be encoded.
            TooLargeError: the request exceeds what the peer is ready to receive.
        """
        meta = _NO_META
        if timeout_ms is not None:
            meta = {"timeout_ms": timeout_ms}
        if progress or credit or parent is not None or plugin is not None or traceparent is not None:
            optional = {
                "progress": progress or None,
                "credit": credit or None,
                "parent": parent,
                "plugin": plugin,
                "traceparent": traceparent,
                "tracestate": tracestate,
            }
            meta = {**meta, **{key: value for key, value in optional.items() if value is not None}}
        call_id = self._conversation.ours.free_id()
        return call_id, self._send_request(call_id, method, params, meta)

    def _send_request(
        self, call_id: int, method: str, params: Mapping[str, Any], meta: Mapping[str, Any]
    ) -> bytes:
        if self._failure is not None:
            self._refuse_after_violation()
        conversation = self._conversation
        stream = conversation.check_request(call_id, method, meta)
        try:
            frame = self._codec.request(call_id, method, params, meta)
        except Violation as violation:
            raise LocalProtocolError(f"the request {method} cannot be sent: {violation}") from None
        self._check_size(frame, method)
        conversation.commit_request(call_id, method, stream)
        self._messages_out += 1
        self._bytes_out += len(frame)
        if self.on_sent is not None:
            self.on_sent(Request(id=call_id, method=method, params=params, meta=meta), len(frame))
        return frame

    def send_response(self, call_id: int, result: Any) -> bytes:
        """Return the frame that answers one of the peer's requests with its result; ends the call.

        Raises:
            LocalProtocolError: the peer has no such request in flight, or the result cannot be encoded.
            TooLargeError: the response exceeds what the peer is ready to receive; answer with an error instead.
        """
        if self._failure is not None:
            self._refuse_after_violation()
        self._conversation.check_response(call_id)
        try:
            frame = self._codec.result(call_id, result)
        except Violation as violation:
            raise LocalProtocolError(f"the result of call {call_id} cannot be sent: {violation}") from None
        return self._answered(call_id, frame, result, None)

    def send_error(self, call_id: int, error: ErrorInfo) -> bytes:
        """Return the frame that answers one of the peer's requests with an error; ends the call.

        Raises:
            LocalProtocolError: the peer has no such request in flight, or the error's data cannot be encoded.
            TooLargeError: the response exceeds what the peer is ready to receive.
        """
        if self._failure is not None:
            self._refuse_after_violation()
        self._conversation.check_response(call_id)
        try:
            frame = self._codec.error(call_id, error)
        except Violation as violation:
            raise LocalProtocolError(f"the error of call {call_id} cannot be sent: {violation}") from None
        return self._answered(call_id, frame, None, error)

    def _answered(self, call_id: int, frame: bytes, result: Any, error: ErrorInfo | None) -> bytes:
        self._check_size(frame, "the response")
        self._conversation.commit_response(call_id)
        self._messages_out += 1
        self._bytes_out += len(frame)
        if self.on_sent is not None:
            self.on_sent(Response(id=call_id, result=result, error=error), len(frame))
        return frame

    def abandon(self, call_id: int, *, reason: str | None = None) -> bytes | None:
        """Give up one of our calls: its caller has gone, and its response will be discarded.

        Returns:
            A `$/cancel` frame, or None when the peer cannot be told or the call is not in flight any more.
        """
        ours = self._conversation.ours
        if call_id not in ours.streams:
            return None
        del ours.streams[call_id]
        ours.tombstones.add(call_id)
        if Cancel not in self._conversation.may_send or Feature.CANCEL not in self._conversation.features:
            return None
        return self._notify(Cancel(id=call_id, reason=reason))

    def may_send_data(self, call_id: int) -> int:
        """Return how many items may be sent now on this call: 0 without credit, after our end, or without a call."""
        stream = self._conversation.calls_of(call_id).streams.get(call_id)
        return 0 if stream is None or stream.send_ended else stream.may_send

    def wants_progress(self, call_id: int) -> bool:
        """Tell whether the peer asked for progress on this request of its."""
        return self._conversation.wants_progress(call_id)

    def grant(self, call_id: int, n: int) -> bytes:
        """Let the peer send `n` more items on this call; returns the `$/credit` frame.

        Returns nothing to write (`b""`) when the call has ended meanwhile, which a consumer cannot know.

        Raises:
            LocalProtocolError: streams were not agreed on, or the credit is out of range.
        """
        self._refuse_after_violation()
        self._conversation.check_kind(Credit)
        if call_id not in self._conversation.calls_of(call_id).streams:
            return b""
        return self._notify(Credit(id=call_id, n=n))

    def _refuse_after_violation(self) -> None:
        if self._failure is not None:
            raise LocalProtocolError(f"nothing can be sent any more: {self._failure}")

    def _check_size(self, frame: bytes, what: str) -> None:
        if len(frame) <= self._conversation.peer_limits.frame:
            return  # the hot path: what counts against the limit is never more than the frame
        size = self._codec.size(frame)
        if size > self._conversation.peer_limits.frame:
            raise TooLargeError(
                f"{what} has {size} bytes; the receiver takes {self._conversation.peer_limits.frame}",
                hint="send large data as a stream, or raise the receiver's frame limit",
                details={"size": size, "limit": self._conversation.peer_limits.frame},
            )

    def _notify(self, message: Notification | Hello) -> bytes:
        conversation = self._conversation
        conversation.check(message)
        try:
            frame = self._codec.notification(message)
        except Violation as violation:
            raise LocalProtocolError(f"{name_of(type(message))} cannot be sent: {violation}") from None
        self._check_size(frame, name_of(type(message)))
        conversation.commit(message)
        self._messages_out += 1
        self._bytes_out += len(frame)
        if self.on_sent is not None:
            self.on_sent(message, len(frame))
        return frame


def _codec(encoding: Encoding, role: Role) -> MsgpackCodec | JsonCodec:
    return MsgpackCodec(role) if encoding is Encoding.MSGPACK else JsonCodec(role)
