"""The state of one connection, without I/O, after the model of h11.

Bytes go in, events come out; messages go in, bytes come out. There is no clock here, no file and no task, so each side
can be driven by any event loop, by threads or by a test.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NoReturn

from hostcore.errors import IncompatibleError, LocalProtocolError, RemoteProtocolError, TooLargeError
from hostcore.protocol._calls import Calls, Stream
from hostcore.protocol._framing import Buffer, Candidate, FrameReader, stray
from hostcore.protocol._jsonrpc import JsonCodec, NoMessageError
from hostcore.protocol._limits import MAX_CREDIT, MAX_FRAME, MAX_INFLIGHT, MIN_FRAME
from hostcore.protocol._messages import (
    Cancel,
    ConnectionEvent,
    Credit,
    Data,
    Discarded,
    Encoding,
    End,
    ErrorInfo,
    Feature,
    Hello,
    HostHello,
    Limits,
    Log,
    Message,
    OversizeSkipped,
    PluginHello,
    Progress,
    Request,
    Response,
    Role,
    StrayOutput,
    UnknownNotification,
)
from hostcore.protocol._msgpack import MsgpackCodec
from hostcore.protocol._negotiation import SUPPORTED_PROTOCOLS, agree_on_features, negotiate_protocol
from hostcore.protocol._transitions import FEATURE_OF, FIRST, LEGAL, NEXT, ConnectionState, Turn
from hostcore.protocol._values import Violation

_NO_META: Final[Mapping[str, Any]] = {}
_ABSENT: Final = object()


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
    """

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
        self._own_hello: Hello | None = None
        self._peer_hello: Hello | None = None
        self._peer_limits = Limits()
        self._features: frozenset[str] = frozenset()
        peer = Role.PLUGIN if role is Role.HOST else Role.HOST
        self._ours = Calls(role)
        self._theirs = Calls(peer)
        self._events: deque[ConnectionEvent] = deque()
        self._failure: RemoteProtocolError | None = None
        self._bytes_in = self._bytes_out = self._messages_in = self._messages_out = 0
        self._stray = self._oversize = self._discarded = 0
        self._enter(FIRST[role])

    def __repr__(self) -> str:
        encoding = self._encoding.value if self._encoding else "encoding unknown"
        return (
            f"<Connection {self._role.value} {self._state.value} {encoding}"
            f" in_flight={self.in_flight} tombstones={self.tombstones} incoming={len(self._theirs.streams)}>"
        )

    # Facts

    @property
    def role(self) -> Role:
        """Return which side this is."""
        return self._role

    @property
    def state(self) -> ConnectionState:
        """Return where this side stands; bytes that were fed count at once, before their events are taken."""
        return self._state

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
        return self._peer_hello

    @property
    def peer_limits(self) -> Limits:
        """Return what the other side is ready to receive; the defaults before its hello."""
        return self._peer_limits

    @property
    def features(self) -> frozenset[str]:
        """Return the features that both hellos list; empty until both have passed."""
        return self._features

    @property
    def in_flight(self) -> int:
        """Return our requests that the peer has not answered, against its `inflight`.

        Abandoned ones count, for the peer still works on them; the protocol's own requests do not.
        """
        return self._ours.counted

    @property
    def incoming(self) -> int:
        """Return how many requests of the peer wait for our answer."""
        return len(self._theirs.streams)

    @property
    def tombstones(self) -> int:
        """Return how many of our calls were abandoned and are not answered yet."""
        return len(self._ours.tombstones)

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
        if self._state is ConnectionState.ERROR:
            return
        if self._state is ConnectionState.ENDED:
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
            raise self._failure
        return None

    def _enter(self, state: ConnectionState) -> None:
        self._state = state
        legal = LEGAL[self._role, state]
        self._may_receive = legal.receive
        self._may_send = legal.send

    def _end(self) -> None:
        rest = self._frames.end()
        if rest is not None:
            self._report(rest)
        self._enter(NEXT[self._role, self._state, Turn.INPUT_ENDED])

    def _fail(self, text: str) -> None:
        peer = "plugin" if self._role is Role.HOST else "host"
        self._failure = RemoteProtocolError(f"the {peer} broke the protocol: {text}")
        self._enter(NEXT[self._role, self._state, Turn.VIOLATED])

    def _report(self, unit: StrayOutput | OversizeSkipped) -> None:
        if type(unit) is OversizeSkipped:
            self._oversize += 1
            self._forget_skipped(unit)
        else:
            self._stray += 1
        self._events.append(unit)

    def _forget_skipped(self, skipped: OversizeSkipped) -> None:
        """Take a skipped response for the one response of its call, and a skipped request for one to be answered."""
        if skipped.id is None or self._state is not ConnectionState.OPEN:
            return
        if skipped.kind == "response":
            self._ours.finish(skipped.id)
        elif skipped.kind == "request":
            self._check_incoming(skipped.id)
            self._theirs.streams[skipped.id] = None

    def _receive_candidate(self, candidate: Candidate) -> None:
        """Receive what came before the encoding was settled: the plugin's hello settles it."""
        codec = _codec(candidate.encoding, self._role)
        self._receive(codec, candidate.body)
        if self._peer_hello is not None:
            self._codec = codec
            self._encoding = self._frames.encoding = candidate.encoding

    def _receive(self, codec: MsgpackCodec | JsonCodec, body: memoryview) -> None:
        try:
            message = codec.decode(body)
            if type(message) is Response and Response in self._may_receive:
                self._messages_in += 1
                self._receive_response(message)
            else:
                self._accept(message)
        except NoMessageError:
            self._report_line(body)
        except Violation as violation:
            raise Violation(f"{violation} [{codec.excerpt(body)}]") from None

    def _report_line(self, line: memoryview) -> None:
        text = stray(line)
        if text is not None:
            self._report(text)

    def _accept(self, message: Message | UnknownNotification) -> None:
        kind = type(message)
        if kind not in self._may_receive:
            raise Violation(f"{_name(kind)} is not expected now ({self._state.value})")
        feature = FEATURE_OF.get(kind)
        if feature is not None and feature not in self._features:
            raise Violation(
                f"{_name(kind)} belongs to the feature {feature.value!r}, which was not agreed on"
            )
        self._messages_in += 1
        self._RECEIVERS[kind](self, message)

    def _receive_plain(self, message: Log | UnknownNotification) -> None:
        self._events.append(message)

    def _receive_hello(self, hello: Hello) -> None:
        if isinstance(hello, HostHello) and isinstance(self._own_hello, PluginHello):
            lowest, highest = self._own_hello.protocol
            if not lowest <= hello.protocol <= highest:
                raise Violation(
                    f"the host chose protocol {hello.protocol}; the plugin speaks {lowest} to {highest}"
                )
        self._peer_hello = hello
        self._peer_limits = hello.limits
        self._agree()
        self._enter(NEXT[self._role, self._state, type(hello)])
        self._events.append(hello)

    def _agree(self) -> None:
        if self._own_hello is not None and self._peer_hello is not None:
            self._features = agree_on_features(self._peer_hello.features, self._own_hello.features)

    def _check_incoming(self, call_id: int) -> None:
        if self._role is Role.HOST and Feature.REVERSE not in self._features:
            raise Violation("a request to the host belongs to the feature 'reverse', which was not agreed on")
        if not self._theirs.owns(call_id):
            raise Violation(f"the request has id {call_id}: hosts use odd ids, plugins even ones")
        if call_id in self._theirs.streams:
            raise Violation(f"the request has id {call_id}, which is still in flight")

    def _receive_request(self, request: Request) -> None:
        call_id, theirs = request.id, self._theirs
        self._check_incoming(call_id)
        if request.method.startswith("$/"):
            theirs.control.add(call_id)
        elif theirs.counted >= self._limits.inflight:
            raise Violation(
                f"more than {self._limits.inflight} requests are in flight, the limit of our hello"
            )
        meta = request.meta
        theirs.streams[call_id] = self._incoming_stream(meta) if meta else None
        self._events.append(request)

    def _incoming_stream(self, meta: Mapping[str, Any]) -> Stream | None:
        credit = meta.get("credit", 0) if Feature.STREAMS in self._features else 0
        progress = meta.get("progress", False) and Feature.PROGRESS in self._features
        return Stream(may_send=credit, progress=progress) if credit or progress else None

    def _receive_response(self, response: Response) -> None:
        call_id, ours = response.id, self._ours
        if ours.streams.pop(call_id, _ABSENT) is _ABSENT:
            if call_id not in ours.tombstones:
                self._discard(response, "unknown")
                return
            ours.tombstones.discard(call_id)
            self._discard(response, "late")
        else:
            self._events.append(response)
        if ours.control:
            ours.control.discard(call_id)

    def _discard(self, message: Response | Cancel | Progress | Data | End | Credit, reason: str) -> None:
        self._discarded += 1
        self._events.append(Discarded(message=message, reason=reason))

    def _stream_for(self, message: Cancel | Progress | Data | End | Credit, calls: Calls) -> Stream | None:
        """Return the stream that a message of the peer is about; where there is none, say so with an event."""
        try:
            return calls.stream(message.id)
        except KeyError:
            self._discard(message, "late" if message.id in calls.tombstones else "unknown")
            return None

    def _calls_of(self, call_id: int) -> Calls:
        return self._ours if self._ours.owns(call_id) else self._theirs

    def _receive_item(self, data: Data) -> None:
        stream = self._stream_for(data, self._calls_of(data.id))
        if stream is None:
            return
        if stream.receive_ended:
            raise Violation(f"an item came after the end of the stream of call {data.id}")
        if stream.may_receive <= 0:
            raise Violation(f"an item came without credit on the stream of call {data.id}")
        stream.may_receive -= 1
        self._events.append(data)

    def _receive_credit(self, credit: Credit) -> None:
        stream = self._stream_for(credit, self._calls_of(credit.id))
        if stream is None:
            return
        if stream.may_send + credit.n > MAX_CREDIT:
            raise Violation(f"the credit of call {credit.id} exceeds {MAX_CREDIT} items")
        stream.may_send += credit.n
        self._events.append(credit)

    def _receive_end(self, end: End) -> None:
        stream = self._stream_for(end, self._theirs)
        if stream is None:
            return
        if stream.receive_ended:
            raise Violation(f"the stream of call {end.id} was ended twice")
        stream.receive_ended = True
        self._events.append(end)

    def _receive_progress(self, progress: Progress) -> None:
        call_id, ours = progress.id, self._ours
        if call_id not in ours.streams:
            self._discard(progress, "late" if call_id in ours.tombstones else "unknown")
            return
        stream = ours.streams[call_id]
        if stream is None or not stream.progress:
            self._discard(progress, "unasked")
        else:
            self._events.append(progress)

    def _receive_cancel(self, cancel: Cancel) -> None:
        if cancel.id in self._theirs.streams:
            self._events.append(cancel)
        else:
            self._discard(cancel, "unknown")

    # Sending

    def send(self, message: Message) -> bytes:
        """Return the frame of any message.

        Raises:
            LocalProtocolError: the message is not legal now, or cannot be encoded.
            TooLargeError: it exceeds what the peer is ready to receive.
        """
        kind = type(message)
        self._check_legal(kind)
        return self._SENDERS[kind](self, message)

    def _send_given_request(self, request: Request) -> bytes:
        return self._send_request(request.id, request.method, request.params, request.meta)

    def _send_given_response(self, response: Response) -> bytes:
        if response.error is not None:
            return self.send_error(response.id, response.error)
        return self.send_response(response.id, response.result)

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

        Raises:
            LocalProtocolError: requests are not legal now, the peer's `inflight` is used up, a feature was not agreed
                on, or the params cannot be encoded.
            TooLargeError: the request exceeds what the peer is ready to receive.
        """
        if Request not in self._may_send:
            self._check_legal(Request)
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
            }
            meta = {**meta, **{key: value for key, value in optional.items() if value is not None}}
        call_id = self._ours.free_id()
        return call_id, self._send_request(call_id, method, params, meta)

    def _send_request(
        self, call_id: int, method: str, params: Mapping[str, Any], meta: Mapping[str, Any]
    ) -> bytes:
        ours = self._ours
        control = method.startswith("$/")
        stream = None
        if (
            not control
            and len(ours.streams) + len(ours.tombstones) - len(ours.control) >= self._peer_limits.inflight
        ):
            raise LocalProtocolError(f"{ours.counted} requests are in flight, as many as the peer takes")
        if self._role is Role.PLUGIN and Feature.REVERSE not in self._features:
            raise LocalProtocolError(
                "a request to the host needs the feature 'reverse', which was not agreed on"
            )
        if call_id in ours or not ours.owns(call_id):
            raise LocalProtocolError(f"{call_id} cannot be the id of a new request: in flight, or the peer's")
        if meta and ("credit" in meta or "progress" in meta):
            stream = self._outgoing_stream(meta)
        try:
            frame = self._codec.request(call_id, method, params, meta)
        except Violation as violation:
            raise LocalProtocolError(f"the request {method} cannot be sent: {violation}") from None
        self._check_size(frame, method)
        ours.streams[call_id] = stream
        ours.next_id = ours.after(call_id)
        if control:
            ours.control.add(call_id)
        self._messages_out += 1
        self._bytes_out += len(frame)
        return frame

    def _outgoing_stream(self, meta: Mapping[str, Any]) -> Stream:
        credit, progress = meta.get("credit", 0), bool(meta.get("progress", False))
        if credit and Feature.STREAMS not in self._features:
            raise LocalProtocolError("credit needs the feature 'streams', which was not agreed on")
        if progress and Feature.PROGRESS not in self._features:
            raise LocalProtocolError("progress needs the feature 'progress', which was not agreed on")
        if not 0 <= credit <= MAX_CREDIT:
            raise LocalProtocolError(f"the first credit of a call must be 0 to {MAX_CREDIT}, not {credit}")
        return Stream(may_receive=credit, progress=progress)

    def send_response(self, call_id: int, result: Any) -> bytes:
        """Return the frame that answers one of the peer's requests with its result; ends the call.

        Raises:
            LocalProtocolError: the peer has no such request in flight, or the result cannot be encoded.
            TooLargeError: the response exceeds what the peer is ready to receive; answer with an error instead.
        """
        if call_id not in self._theirs.streams or Response not in self._may_send:
            self._refuse_response(call_id)
        try:
            frame = self._codec.result(call_id, result)
        except Violation as violation:
            raise LocalProtocolError(f"the result of call {call_id} cannot be sent: {violation}") from None
        return self._answered(call_id, frame)

    def send_error(self, call_id: int, error: ErrorInfo) -> bytes:
        """Return the frame that answers one of the peer's requests with an error; ends the call.

        Raises:
            LocalProtocolError: the peer has no such request in flight, or the error's data cannot be encoded.
            TooLargeError: the response exceeds what the peer is ready to receive.
        """
        if call_id not in self._theirs.streams or Response not in self._may_send:
            self._refuse_response(call_id)
        try:
            frame = self._codec.error(call_id, error)
        except Violation as violation:
            raise LocalProtocolError(f"the error of call {call_id} cannot be sent: {violation}") from None
        return self._answered(call_id, frame)

    def _refuse_response(self, call_id: int) -> NoReturn:
        self._check_legal(Response)
        raise LocalProtocolError(f"call {call_id} cannot be answered: the peer has no such request in flight")

    def _answered(self, call_id: int, frame: bytes) -> bytes:
        self._check_size(frame, "the response")
        del self._theirs.streams[call_id]
        if self._theirs.control:
            self._theirs.control.discard(call_id)
        self._messages_out += 1
        self._bytes_out += len(frame)
        return frame

    def abandon(self, call_id: int, *, reason: str | None = None) -> bytes | None:
        """Give up one of our calls: its caller has gone, and its response will be discarded.

        Returns:
            A `$/cancel` frame, or None when the peer cannot be told or the call is not in flight any more.
        """
        ours = self._ours
        if call_id not in ours.streams:
            return None
        del ours.streams[call_id]
        ours.tombstones.add(call_id)
        if Cancel not in self._may_send or Feature.CANCEL not in self._features:
            return None
        return self._notify(Cancel(id=call_id, reason=reason))

    def may_send_data(self, call_id: int) -> int:
        """Return how many items may be sent now on this call: 0 without credit, after our end, or without a call."""
        stream = self._calls_of(call_id).streams.get(call_id)
        return 0 if stream is None or stream.send_ended else stream.may_send

    def wants_progress(self, call_id: int) -> bool:
        """Tell whether the peer asked for progress on this request of its."""
        stream = self._theirs.streams.get(call_id)
        return stream is not None and stream.progress

    def grant(self, call_id: int, n: int) -> bytes:
        """Let the peer send `n` more items on this call; returns the `$/credit` frame.

        Returns nothing to write (`b""`) when the call has ended meanwhile, which a consumer cannot know.

        Raises:
            LocalProtocolError: streams were not agreed on, or the credit is out of range.
        """
        self._check_legal(Credit)
        if call_id not in self._calls_of(call_id).streams:
            return b""
        return self._send_credit(Credit(id=call_id, n=n))

    def _check_legal(self, kind: type) -> None:
        if kind not in self._may_send:
            after = f": {self._failure}" if self._failure is not None else ""
            raise LocalProtocolError(f"{_name(kind)} must not be sent now ({self._state.value}){after}")
        feature = FEATURE_OF.get(kind)
        if feature is not None and feature not in self._features:
            raise LocalProtocolError(
                f"{_name(kind)} needs the feature {feature.value!r}, which was not agreed on"
            )

    def _check_size(self, frame: bytes, what: str) -> None:
        size = self._codec.size(frame)
        if size > self._peer_limits.frame:
            raise TooLargeError(
                f"{what} has {size} bytes; the receiver takes {self._peer_limits.frame}",
                hint="send large data as a stream, or raise the receiver's frame limit",
                details={"size": size, "limit": self._peer_limits.frame},
            )

    def _notify(self, message: Cancel | Progress | Data | End | Credit | Log | Hello) -> bytes:
        try:
            frame = self._codec.notification(message)
        except Violation as violation:
            raise LocalProtocolError(f"{_name(type(message))} cannot be sent: {violation}") from None
        self._check_size(frame, _name(type(message)))
        self._messages_out += 1
        self._bytes_out += len(frame)
        return frame

    def _send_hello(self, hello: Hello) -> bytes:
        if hello.limits != self._limits:
            raise LocalProtocolError(
                f"the hello announces {hello.limits}; the connection was made with {self._limits}"
            )
        if isinstance(hello, HostHello) and isinstance(self._peer_hello, PluginHello):
            supported = (
                max(SUPPORTED_PROTOCOLS[0], hello.protocol),
                min(SUPPORTED_PROTOCOLS[1], hello.protocol),
            )
            try:
                negotiate_protocol(self._peer_hello.protocol, supported)
            except IncompatibleError as error:
                raise LocalProtocolError(f"protocol {hello.protocol} was not agreed on: {error}") from error
        frame = self._notify(hello)
        self._own_hello = hello
        self._agree()
        self._enter(NEXT[self._role, self._state, type(hello)])
        return frame

    def _open_stream(self, call_id: int, calls: Calls, what: str) -> Stream:
        try:
            return calls.stream(call_id)
        except KeyError:
            raise LocalProtocolError(f"{what} cannot be sent: call {call_id} is not in flight") from None

    def _send_cancel(self, cancel: Cancel) -> bytes:
        if cancel.id not in self._ours:
            raise LocalProtocolError(f"call {cancel.id} cannot be cancelled: it is not in flight")
        return self._notify(cancel)

    def _send_item(self, data: Data) -> bytes:
        stream = self._open_stream(data.id, self._calls_of(data.id), "an item")
        if stream.send_ended:
            raise LocalProtocolError(f"an item cannot be sent: the stream of call {data.id} was ended")
        if stream.may_send <= 0:
            raise LocalProtocolError(f"an item cannot be sent: there is no credit on call {data.id}")
        frame = self._notify(data)
        stream.may_send -= 1
        return frame

    def _send_credit(self, credit: Credit) -> bytes:
        stream = self._open_stream(credit.id, self._calls_of(credit.id), "credit")
        if credit.n < 1 or stream.may_receive + credit.n > MAX_CREDIT:
            raise LocalProtocolError(
                f"credit must be at least 1 and stay within {MAX_CREDIT}, not {credit.n} more"
            )
        frame = self._notify(credit)
        stream.may_receive += credit.n
        return frame

    def _send_end(self, end: End) -> bytes:
        stream = self._open_stream(end.id, self._ours, "an end")
        if stream.send_ended:
            raise LocalProtocolError(f"the stream of call {end.id} was ended before")
        frame = self._notify(end)
        stream.send_ended = True
        return frame

    def _send_progress(self, progress: Progress) -> bytes:
        if not self.wants_progress(progress.id):
            raise LocalProtocolError(f"nobody asked for progress on call {progress.id}")
        return self._notify(progress)

    # What is done with each kind of message, for `_accept` and `send`.
    _RECEIVERS: ClassVar[Mapping[type, Callable[[Connection, Any], None]]] = {
        PluginHello: _receive_hello,
        HostHello: _receive_hello,
        Request: _receive_request,
        Response: _receive_response,
        Cancel: _receive_cancel,
        Progress: _receive_progress,
        Data: _receive_item,
        End: _receive_end,
        Credit: _receive_credit,
        Log: _receive_plain,
        UnknownNotification: _receive_plain,
    }

    _SENDERS: ClassVar[Mapping[type, Callable[[Connection, Any], bytes]]] = {
        PluginHello: _send_hello,
        HostHello: _send_hello,
        Request: _send_given_request,
        Response: _send_given_response,
        Cancel: _send_cancel,
        Progress: _send_progress,
        Data: _send_item,
        End: _send_end,
        Credit: _send_credit,
        Log: _notify,
    }


def _codec(encoding: Encoding, role: Role) -> MsgpackCodec | JsonCodec:
    return MsgpackCodec(role) if encoding is Encoding.MSGPACK else JsonCodec(role)


_NAMES: Final[Mapping[type, str]] = {
    PluginHello: "the plugin's $/hello",
    HostHello: "the host's $/hello",
    Request: "a request",
    Response: "a response",
    Cancel: "$/cancel",
    Progress: "$/progress",
    Data: "$/data",
    End: "$/end",
    Credit: "$/credit",
    Log: "$/log",
    UnknownNotification: "a notification",
}


def _name(kind: type) -> str:
    return _NAMES.get(kind, kind.__name__)
