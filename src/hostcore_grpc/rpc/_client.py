"""The calling side of a connection: calls begin in their turn, and each has exactly one outcome."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Final, cast

from trio import current_time
from trio.lowlevel import checkpoint

from hostcore.transports import Deadlines, Poller
from hostcore_grpc.http2 import (
    DataReceived,
    ErrorCode,
    GoawayReceived,
    Headers,
    Limits,
    ResponseReceived,
    Role,
    SettingsChanged,
    StreamReset,
    TrailersReceived,
)
from hostcore_grpc.rpc._calls import Call, StreamCall, UnaryCall
from hostcore_grpc.rpc._endpoint import HIGH_WATER, PIECE, ByteStream, Endpoint, Keepalive
from hostcore_grpc.rpc._exchange import Exchange, fault_error
from hostcore_grpc.rpc._messages import IDENTITY, MAX_MESSAGE, MessageFault, frame_message
from hostcore_grpc.rpc._request_headers import RequestHeaders, metadata_block
from hostcore_grpc.rpc._status import Origin, RpcError, StatusCode, error_of_http, error_of_trailers

MAX_INFLIGHT: Final = 1024
"""Calls in flight on one connection, if the server allows more: what a hello of the stdio protocol allows, too."""

QUEUE_LIMIT: Final = 1024
"""Calls that wait for their turn, as on the stdio transport."""

POLL_SECONDS: Final = 150e-6
"""How long a lone caller polls: a plugin in Go answers within 60 to 100 µs, and parking and waking take 75 more."""

POLL_BYTES: Final = 64 * 1024
"""Requests above this are not polled for: their way alone takes longer."""

_HTTP_OK: Final = 200


class Client(Endpoint):
    """Makes calls over one connection; ends once, with a reason, and then connects no more.

    Args:
        stream: a connected byte stream, which it owns from now on; for TLS what `start_tls` returns.
        deadlines: the heap that lets callers go; its `run` must be running.
        authority: the `:authority` of requests; `localhost` on unix sockets.
        scheme: `http`, or `https` over TLS.
        max_inflight: bound on calls in flight, besides that of the server.
        queue_limit: bound on calls that wait for their turn.
        limits: of HTTP/2.
        max_message: the largest answer that is taken, in bytes.
        keepalive: None sends no pings.
        noted: hears of faults of the host itself.
    """

    def __init__(
        self,
        stream: ByteStream,
        *,
        deadlines: Deadlines,
        authority: str = "localhost",
        scheme: str = "http",
        max_inflight: int = MAX_INFLIGHT,
        queue_limit: int = QUEUE_LIMIT,
        limits: Limits | None = None,
        max_message: int = MAX_MESSAGE,
        keepalive: Keepalive | None = None,
        noted: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(
            Role.CLIENT, stream, limits=limits, max_message=max_message, keepalive=keepalive, noted=noted
        )
        self._deadlines = deadlines
        self._poller = Poller(self._wire, deadlines, seconds=POLL_SECONDS)
        self._max_inflight = max_inflight
        self._queue_limit = queue_limit
        self._exchanges: dict[int, Call] = {}
        self._asides = 0  # of them
        self._waiting: dict[Call, None] = {}  # in their order; a call that gives up leaves at once
        self._headers = RequestHeaders(authority=authority, scheme=scheme)
        self._handlers |= {
            ResponseReceived: self._on_response,
            DataReceived: self._on_data,
            TrailersReceived: self._on_trailers,
            StreamReset: self._on_reset,
            GoawayReceived: self._on_goaway,
        }

    @property
    def in_flight(self) -> int:
        """Calls that have begun and not ended, without those aside."""
        return len(self._exchanges) - self._asides

    @property
    def queued(self) -> int:
        """Calls that wait for their turn."""
        return len(self._waiting)

    def calls(self) -> list[Call]:
        """Return the calls that have begun and not ended, and those that wait for their turn, without those aside."""
        return [each for each in (*self._exchanges.values(), *self._waiting) if not each.aside]

    @property
    def is_available(self) -> bool:
        """Whether new calls can be made on this connection, perhaps after waiting; else connect anew."""
        return self.reason is None and self.connection.why_not_open() is None

    # -- calling

    async def unary(
        self,
        path: str,
        message: bytes,
        *,
        timeout: float = math.inf,
        metadata: Iterable[tuple[str, str | bytes]] = (),
        aside: bool = False,
        about: object = None,
    ) -> bytes:
        """Call a method with one message each way; cancellation and the deadline let the caller go at once.

        Args:
            path: `/package.Service/Method`.
            message: serialized.
            timeout: seconds; travels as `grpc-timeout`, too.
            metadata: pairs; the keys in `-bin` take bytes.
            aside: whether the call belongs to the connection: it is not counted, waits for no turn, and does not keep a
                connection open that the server wants to end.
            about: what `calls` shows it with.

        Raises:
            RpcError: the call has failed; its `origin` says who decided that.
        """
        call = UnaryCall(self, path, current_time() + timeout)
        call.metadata = metadata_block(metadata)
        call.outbox = frame_message(message)
        call.aside = aside
        call.about = about
        is_alone = not aside and len(self._exchanges) == self._asides and not self._waiting
        is_small = len(message) <= POLL_BYTES
        del message  # it may be large, and the answer may take long
        self._submit(call, timeout)
        if is_alone and is_small and call.stream_id and self._wire.can_poll and self._poller.pays():
            return cast("bytes", await self._poller.wait(call))
        if self._wire.hot:
            self._poller.stop(crowded=not is_alone and not aside)
        if call.settled:
            await checkpoint()
            return call.unwrap()
        return await call.wait()

    def stream(
        self,
        path: str,
        *,
        timeout: float = math.inf,
        metadata: Iterable[tuple[str, str | bytes]] = (),
        aside: bool = False,
        about: object = None,
    ) -> StreamCall:
        """Begin a call with any number of messages either way; see `unary`.

        Raises:
            RpcError: the call cannot be made.
        """
        call = StreamCall(self, path, current_time() + timeout)
        call.metadata = metadata_block(metadata)
        call.aside = aside
        call.about = about
        self._submit(call, timeout)
        self._poller.stop()
        if call.failure is not None:
            raise call.failure
        return call

    def _submit(self, call: Call, timeout: float) -> None:
        self._headers.check(
            call.path
        )  # the caller hears of a path that is none, whether the call waits or not
        if timeout <= 0:
            call.expire()
        elif (self._waiting and not call.aside) or self.reason is not None or not self._may_start(call):
            self._wait_for_turn(call)
        else:
            self._start(call, timeout)
        if timeout != math.inf and not call.settled:
            self._deadlines.add(call.deadline, call)

    def _may_start(self, call: Call) -> bool:
        return self.connection.may_open > 0 and (
            call.aside
            or (
                len(self._exchanges) - self._asides < self._max_inflight
                and self._wire.queued_bytes < HIGH_WATER
            )
        )

    def _drained(self) -> None:
        super()._drained()
        if self._waiting:
            self._start_waiting()

    def _wait_for_turn(self, call: Call) -> None:
        reason = self.reason or self.connection.why_not_open()
        if reason is not None:
            call.settle(_gone(reason, untouched=True))
        elif call.aside:
            self._waiting = {call: None, **self._waiting}
        elif len(self._waiting) >= self._queue_limit:
            call.settle(
                RpcError(
                    StatusCode.RESOURCE_EXHAUSTED,
                    f"{self.in_flight} calls are in flight and {len(self._waiting)} wait for their turn",
                    origin=Origin.CALLER,
                    untouched=True,
                )
            )
        else:
            self._waiting[call] = None

    def _start_waiting(self) -> None:
        while self._waiting:
            call = next(iter(self._waiting))
            if not self._may_start(call):
                return
            del self._waiting[call]
            self._start(call, call.deadline - current_time())

    def _start(self, call: Call, timeout: float) -> None:
        """Send the headers of a call, and its message if that can go out whole."""
        connection = self.connection
        block = self._headers.block(call.path, timeout)
        if call.metadata:
            block += call.metadata
            limit = connection.peer_settings.max_header_list_size
            if limit is not None and len(block) > limit:
                text = f"the metadata exceeds the {limit} bytes that the server takes"
                call.settle(
                    RpcError(StatusCode.RESOURCE_EXHAUSTED, text, origin=Origin.CALLER, untouched=True)
                )
                return
        size = len(call.outbox)
        if size and not self._line and size <= PIECE and size <= connection.may_send_first:
            call.stream_id, frames = connection.open_stream(block, data=call.outbox, ended=call.closing)
            call.outbox = b""
        else:
            call.stream_id, frames = connection.open_stream(block)
        self._exchanges[call.stream_id] = call
        self._asides += call.aside
        self._wire.write(frames)
        if len(call.outbox) or (call.closing and not size):
            self.push(call)
        elif size:
            call.outbox_emptied()

    # -- ending calls

    def abandon(self, call: Call, failure: RpcError) -> None:
        """Let a call's caller go, and tell the server that nobody waits any more; nothing if it has ended."""
        if call.settled:
            return
        self._waiting.pop(call, None)
        self._drop(call, ErrorCode.CANCEL)
        call.settle(failure)
        self._start_waiting()

    def fault(self, exchange: Exchange, fault: MessageFault) -> None:
        """End a call whose answer cannot be taken."""
        call = cast("Call", exchange)
        error = fault_error(fault)
        if call.settled:  # it had ended well, as far as the server is concerned
            call.failure = error
        else:
            self.abandon(call, error)

    def _drop(self, call: Call, code: ErrorCode) -> None:
        if call.stream_id:
            self._forget(call)
            self._reset(call, code)
            if self.connection.is_going_away:
                self._end_if_idle()

    def _finish(self, call: Call, trailers: Headers) -> None:
        """Give a call the outcome that its trailers say."""
        status = None
        for name, value in trailers:
            if name == b"grpc-status":
                status = value
                break
        # Found out while the call is still listed: should this fail, the end of the connection is its outcome.
        failure = None if status == b"0" else error_of_trailers(status, trailers)
        del self._exchanges[call.stream_id]
        self._asides -= call.aside
        call.trailers = trailers
        if failure is None:
            call.complete()
        else:
            call.settle(failure)
        if self.connection.is_open(call.stream_id):  # it answered before all was sent
            self._reset(call, ErrorCode.NO_ERROR)
        self._ended_one()

    def _ended_one(self) -> None:
        if self._waiting:
            self._start_waiting()
        if not self._exchanges:
            self._idle.unpark_all()
        if self.connection.is_going_away:
            self._end_if_idle()

    def _forget(self, exchange: Exchange) -> None:
        call = self._exchanges.get(exchange.stream_id)
        if call is not None:
            self._asides -= call.aside
        super()._forget(exchange)

    def _end_if_idle(self) -> None:
        if not self.in_flight:
            self.end(self.connection.why_not_open() or "the connection was closed")

    def _connection_ended(self, reason: str) -> None:
        for call in tuple(self._exchanges.values()):
            call.settle(_gone(reason, untouched=False))
        for call in tuple(self._waiting):
            call.settle(_gone(reason, untouched=True))
        self._waiting.clear()
        self._asides = 0

    # -- receiving

    def _on_response(self, event: ResponseReceived) -> None:
        call = self._exchanges.get(event.stream_id)
        if call is None:
            return
        call.headers = event.headers
        content_type = b""
        for name, value in event.headers:
            if name == b"content-type":
                content_type = value
            elif name == b"grpc-encoding" and value != IDENTITY:
                call.encoding = value
        is_grpc = event.status == _HTTP_OK and (
            content_type == b"application/grpc"
            or content_type.startswith((b"application/grpc+", b"application/grpc;"))
        )
        if event.ended and (is_grpc or any(name == b"grpc-status" for name, _ in event.headers)):
            self._finish(call, event.headers)
        elif not is_grpc:
            self.abandon(call, error_of_http(event.status, content_type))

    def _on_data(self, event: DataReceived) -> None:
        call = self._exchanges.get(event.stream_id)
        if call is None:
            return
        call.data_received(event.data)
        if event.ended and not call.settled:
            self._finish(call, ())

    def _on_trailers(self, event: TrailersReceived) -> None:
        call = self._exchanges.get(event.stream_id)
        if call is not None:
            self._finish(call, event.headers)

    def _on_reset(self, event: StreamReset) -> None:
        call = self._exchanges.get(event.stream_id)
        if call is None:
            return
        self._forget(call)
        if event.violation is None:
            call.reset_received(event.code)
        else:
            text = f"the peer broke HTTP/2: {event.violation}"
            call.settle(RpcError(StatusCode.INTERNAL, text, origin=Origin.VIOLATION))
        self._ended_one()

    def _on_settings(self, event: SettingsChanged) -> None:
        super()._on_settings(event)
        self._start_waiting()

    def _on_goaway(self, event: GoawayReceived) -> None:
        reason = self.connection.why_not_open() or "the server is going away"
        for stream_id in event.cut_off:
            call = self._exchanges.get(stream_id)
            if call is not None:
                self._forget(call)
                call.settle(_gone(reason, untouched=True))
        for call in tuple(self._waiting):
            call.settle(_gone(reason, untouched=True))
        self._waiting.clear()
        self._end_if_idle()


def _gone(reason: str, *, untouched: bool) -> RpcError:
    return RpcError(StatusCode.UNAVAILABLE, reason, origin=Origin.CONNECTION, untouched=untouched)
