"""Which message may come or go now, and what it changes: one side of a conversation, without a byte.

What the peer may not send is raised as `Violation`, what we may not send as `LocalProtocolError`. Sending is done in two
steps, so that what turns out to be impossible to encode changes nothing: `check` first, then `commit`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from hostcore.errors import IncompatibleError, LocalProtocolError
from hostcore.protocol._calls import Calls, Stream
from hostcore.protocol._limits import MAX_CREDIT
from hostcore.protocol._messages import (
    Cancel,
    ConnectionEvent,
    Credit,
    Data,
    Discarded,
    End,
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
    UnknownNotification,
)
from hostcore.protocol._negotiation import SUPPORTED_PROTOCOLS, agree_on_features, negotiate_protocol
from hostcore.protocol._transitions import FEATURE_OF, FIRST, LEGAL, NEXT, ConnectionState, Turn
from hostcore.protocol._values import Violation

_ABSENT: Final = object()


class Conversation:
    """Keeps state, agreement and calls of one side.

    Attributes:
        role: which side this is.
        limits: what this side is ready to receive.
        state: where it stands.
        may_receive: the kinds of message that are legal to come in this state.
        may_send: the kinds of message that are legal to go in this state.
        own_hello: what we said.
        peer_hello: what the peer said.
        peer_limits: what the peer is ready to receive.
        features: what both hellos list.
        ours: the calls that we made.
        theirs: the calls that the peer made.
    """

    def __init__(self, role: Role, limits: Limits) -> None:
        self.role = role
        self.limits = limits
        self.own_hello: Hello | None = None
        self.peer_hello: Hello | None = None
        self.peer_limits = Limits()
        self.features: frozenset[str] = frozenset()
        self.ours = Calls(role)
        self.theirs = Calls(Role.PLUGIN if role is Role.HOST else Role.HOST)
        self._enter(FIRST[role])

    def _enter(self, state: ConnectionState) -> None:
        self.state = state
        legal = LEGAL[self.role, state]
        self.may_receive = legal.receive
        self.may_send = legal.send

    def turn(self, turn: Turn) -> None:
        """Take what is no message: the end of the input, or a violation."""
        self._enter(NEXT[self.role, self.state, turn])

    def calls_of(self, call_id: int) -> Calls:
        """Return the direction that an id belongs to, whether it is in flight or not."""
        return self.ours if self.ours.owns(call_id) else self.theirs

    def _say_hello(self, hello: Hello) -> None:
        if self.own_hello is not None and self.peer_hello is not None:
            self.features = agree_on_features(self.peer_hello.features, self.own_hello.features)
        self._enter(NEXT[self.role, self.state, type(hello)])

    # Receiving: each method returns the event that the message amounts to.

    def receive(self, message: Message | UnknownNotification) -> ConnectionEvent:
        """Take a message of the peer; raises `Violation`."""
        kind = type(message)
        if kind not in self.may_receive:
            raise Violation(f"{name_of(kind)} is not expected now ({self.state.value})")
        feature = FEATURE_OF.get(kind)
        if feature is not None and feature not in self.features:
            raise Violation(
                f"{name_of(kind)} belongs to the feature {feature.value!r}, which was not agreed on"
            )
        return self._RECEIVERS[kind](self, message)

    def receive_response(self, response: Response) -> ConnectionEvent:
        """Take a response whose kind is known to be legal now."""
        call_id, ours = response.id, self.ours
        event: ConnectionEvent = response
        if ours.streams.pop(call_id, _ABSENT) is _ABSENT:
            if call_id not in ours.tombstones:
                return Discarded(message=response, reason="unknown")
            ours.tombstones.discard(call_id)
            event = Discarded(message=response, reason="late")
        if ours.control:
            ours.control.discard(call_id)
        return event

    def receive_skipped(self, skipped: OversizeSkipped) -> None:
        """Take a skipped response for the one of its call, and a skipped request for one that is to be answered."""
        if skipped.id is None or self.state is not ConnectionState.OPEN:
            return
        if skipped.kind == "response":
            self.ours.finish(skipped.id)
        elif skipped.kind == "request":
            self._check_incoming(skipped.id)
            self.theirs.streams[skipped.id] = None

    def _receive_plain(self, message: Log | UnknownNotification) -> ConnectionEvent:
        return message

    def _receive_hello(self, hello: Hello) -> ConnectionEvent:
        if isinstance(hello, HostHello) and isinstance(self.own_hello, PluginHello):
            lowest, highest = self.own_hello.protocol
            if not lowest <= hello.protocol <= highest:
                raise Violation(
                    f"the host chose protocol {hello.protocol}; the plugin speaks {lowest} to {highest}"
                )
        self.peer_hello = hello
        self.peer_limits = hello.limits
        self._say_hello(hello)
        return hello

    def _check_incoming(self, call_id: int) -> None:
        if self.role is Role.HOST and Feature.REVERSE not in self.features:
            raise Violation("a request to the host belongs to the feature 'reverse', which was not agreed on")
        if not self.theirs.owns(call_id):
            raise Violation(f"the request has id {call_id}: hosts use odd ids, plugins even ones")
        if call_id in self.theirs.streams:
            raise Violation(f"the request has id {call_id}, which is still in flight")

    def _receive_request(self, request: Request) -> ConnectionEvent:
        call_id, theirs = request.id, self.theirs
        self._check_incoming(call_id)
        if request.method.startswith("$/"):
            theirs.control.add(call_id)
        elif theirs.counted >= self.limits.inflight:
            raise Violation(
                f"more than {self.limits.inflight} requests are in flight, the limit of our hello"
            )
        meta = request.meta
        theirs.streams[call_id] = self._incoming_stream(meta) if meta else None
        return request

    def _incoming_stream(self, meta: Mapping[str, Any]) -> Stream | None:
        credit = meta.get("credit", 0) if Feature.STREAMS in self.features else 0
        progress = meta.get("progress", False) and Feature.PROGRESS in self.features
        return Stream(may_send=credit, progress=progress) if credit or progress else None

    def _receive_item(self, data: Data) -> ConnectionEvent:
        calls = self.calls_of(data.id)
        if data.id not in calls.streams:
            return _discarded(data, calls)
        stream = calls.stream(data.id)
        if stream.receive_ended:
            raise Violation(f"an item came after the end of the stream of call {data.id}")
        if stream.may_receive <= 0:
            raise Violation(f"an item came without credit on the stream of call {data.id}")
        stream.may_receive -= 1
        return data

    def _receive_credit(self, credit: Credit) -> ConnectionEvent:
        calls = self.calls_of(credit.id)
        if credit.id not in calls.streams:
            return _discarded(credit, calls)
        stream = calls.stream(credit.id)
        if stream.may_send + credit.n > MAX_CREDIT:
            raise Violation(f"the credit of call {credit.id} exceeds {MAX_CREDIT} items")
        stream.may_send += credit.n
        return credit

    def _receive_end(self, end: End) -> ConnectionEvent:
        if end.id not in self.theirs.streams:
            return _discarded(end, self.theirs)
        stream = self.theirs.stream(end.id)
        if stream.receive_ended:
            raise Violation(f"the stream of call {end.id} was ended twice")
        stream.receive_ended = True
        return end

    def _receive_progress(self, progress: Progress) -> ConnectionEvent:
        if progress.id not in self.ours.streams:
            return _discarded(progress, self.ours)
        stream = self.ours.streams[progress.id]
        if stream is None or not stream.progress:
            return Discarded(message=progress, reason="unasked")
        return progress

    def _receive_cancel(self, cancel: Cancel) -> ConnectionEvent:
        return cancel if cancel.id in self.theirs.streams else _discarded(cancel, self.theirs)

    # Sending: what each kind of message needs, and what it changes once it is encoded.

    def check(self, message: Message) -> None:
        """Raise `LocalProtocolError` unless the message, which is no request or response, may go now."""
        kind = type(message)
        self.check_kind(kind)
        check = self._CHECKS.get(kind)
        if check is not None:
            check(self, message)

    def check_kind(self, kind: type) -> None:
        """Raise `LocalProtocolError` unless messages of this kind may go now."""
        if kind not in self.may_send:
            raise LocalProtocolError(f"{name_of(kind)} must not be sent now ({self.state.value})")
        feature = FEATURE_OF.get(kind)
        if feature is not None and feature not in self.features:
            raise LocalProtocolError(
                f"{name_of(kind)} needs the feature {feature.value!r}, which was not agreed on"
            )

    def commit(self, message: Message) -> None:
        """Note that a message that was checked has been encoded."""
        match message:
            case Data():
                self.calls_of(message.id).stream(message.id).may_send -= 1
            case Credit():
                self.calls_of(message.id).stream(message.id).may_receive += message.n
            case End():
                self.ours.stream(message.id).send_ended = True
            case PluginHello() | HostHello():
                self.own_hello = message
                self._say_hello(message)
            case _:
                pass

    def check_request(self, call_id: int, method: str, meta: Mapping[str, Any]) -> Stream | None:
        """Raise `LocalProtocolError` unless this request may go now; returns its stream, if it needs one."""
        ours = self.ours
        if Request not in self.may_send:
            self.check_kind(Request)
        if self.role is Role.PLUGIN and Feature.REVERSE not in self.features:
            raise LocalProtocolError(
                "a request to the host needs the feature 'reverse', which was not agreed on"
            )
        # `counted`, spelt out: this is the hot path.
        in_flight = len(ours.streams) + len(ours.tombstones) - len(ours.control)
        if in_flight >= self.peer_limits.inflight and not method.startswith("$/"):
            raise LocalProtocolError(f"{in_flight} requests are in flight, as many as the peer takes")
        if call_id in ours.streams or call_id in ours.tombstones or not ours.owns(call_id):
            raise LocalProtocolError(f"{call_id} cannot be the id of a new request: in flight, or the peer's")
        if not meta or ("credit" not in meta and "progress" not in meta):
            return None
        credit, progress = meta.get("credit", 0), meta.get("progress", False)
        if credit and Feature.STREAMS not in self.features:
            raise LocalProtocolError("credit needs the feature 'streams', which was not agreed on")
        if progress and Feature.PROGRESS not in self.features:
            raise LocalProtocolError("progress needs the feature 'progress', which was not agreed on")
        return Stream(may_receive=credit, progress=progress)

    def commit_request(self, call_id: int, method: str, stream: Stream | None) -> None:
        """Note that a request that was checked has been encoded."""
        ours = self.ours
        ours.streams[call_id] = stream
        ours.next_id = ours.after(call_id)
        if method.startswith("$/"):
            ours.control.add(call_id)

    def check_response(self, call_id: int) -> None:
        """Raise `LocalProtocolError` unless this call of the peer may be answered now."""
        if Response not in self.may_send:
            self.check_kind(Response)
        if call_id not in self.theirs.streams:
            raise LocalProtocolError(
                f"call {call_id} cannot be answered: the peer has no such request in flight"
            )

    def commit_response(self, call_id: int) -> None:
        """Note that a response that was checked has been encoded."""
        del self.theirs.streams[call_id]
        if self.theirs.control:
            self.theirs.control.discard(call_id)

    def wants_progress(self, call_id: int) -> bool:
        """Tell whether the peer asked for progress on this call of its."""
        stream = self.theirs.streams.get(call_id)
        return stream is not None and stream.progress

    def _check_hello(self, hello: Hello) -> None:
        if hello.limits != self.limits:
            raise LocalProtocolError(
                f"the hello announces {hello.limits}; the connection was made with {self.limits}"
            )
        if isinstance(hello, HostHello) and isinstance(self.peer_hello, PluginHello):
            chosen = (
                max(SUPPORTED_PROTOCOLS[0], hello.protocol),
                min(SUPPORTED_PROTOCOLS[1], hello.protocol),
            )
            try:
                negotiate_protocol(self.peer_hello.protocol, chosen)
            except IncompatibleError as error:
                raise LocalProtocolError(f"protocol {hello.protocol} was not agreed on: {error}") from error

    def _check_item(self, data: Data) -> None:
        stream = _open_stream(data.id, self.calls_of(data.id), "an item")
        if stream.send_ended:
            raise LocalProtocolError(f"an item cannot be sent: the stream of call {data.id} was ended")
        if stream.may_send <= 0:
            raise LocalProtocolError(f"an item cannot be sent: there is no credit on call {data.id}")

    def _check_credit(self, credit: Credit) -> None:
        stream = _open_stream(credit.id, self.calls_of(credit.id), "credit")
        if stream.may_receive + credit.n > MAX_CREDIT:
            raise LocalProtocolError(f"the credit of call {credit.id} must stay within {MAX_CREDIT} items")

    def _check_end(self, end: End) -> None:
        if _open_stream(end.id, self.ours, "an end").send_ended:
            raise LocalProtocolError(f"the stream of call {end.id} was ended before")

    def _check_progress(self, progress: Progress) -> None:
        if not self.wants_progress(progress.id):
            raise LocalProtocolError(f"nobody asked for progress on call {progress.id}")

    def _check_cancel(self, cancel: Cancel) -> None:
        if cancel.id not in self.ours:
            raise LocalProtocolError(f"call {cancel.id} cannot be cancelled: it is not in flight")

    _RECEIVERS: ClassVar[Mapping[type, Callable[[Conversation, Any], ConnectionEvent]]] = {
        PluginHello: _receive_hello,
        HostHello: _receive_hello,
        Request: _receive_request,
        Response: receive_response,
        Cancel: _receive_cancel,
        Progress: _receive_progress,
        Data: _receive_item,
        End: _receive_end,
        Credit: _receive_credit,
        Log: _receive_plain,
        UnknownNotification: _receive_plain,
    }

    _CHECKS: ClassVar[Mapping[type, Callable[[Conversation, Any], None]]] = {
        PluginHello: _check_hello,
        HostHello: _check_hello,
        Cancel: _check_cancel,
        Progress: _check_progress,
        Data: _check_item,
        End: _check_end,
        Credit: _check_credit,
    }


def _discarded(message: Cancel | Progress | Data | End | Credit, calls: Calls) -> Discarded:
    return Discarded(message=message, reason="late" if message.id in calls.tombstones else "unknown")


def _open_stream(call_id: int, calls: Calls, what: str) -> Stream:
    if call_id not in calls.streams:
        raise LocalProtocolError(f"{what} cannot be sent: call {call_id} is not in flight")
    return calls.stream(call_id)


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


def name_of(kind: type) -> str:
    """Return what people call messages of this kind."""
    return _NAMES.get(kind, kind.__name__)
