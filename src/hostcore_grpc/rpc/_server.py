"""A small server for the calls that a plugin makes back: one task a call, on a connection that the plugin opened."""

from __future__ import annotations

import math
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, TypeAlias

import trio
from trio import current_time

from hostcore_grpc.http2 import (
    DataReceived,
    ErrorCode,
    Limits,
    RequestReceived,
    Role,
    StreamReset,
    TrailersReceived,
    encode_block,
)
from hostcore_grpc.rpc._endpoint import ByteStream, Endpoint, Keepalive
from hostcore_grpc.rpc._exchange import Duplex, Exchange, fault_error
from hostcore_grpc.rpc._messages import GZIP, IDENTITY, MAX_MESSAGE, MessageFault
from hostcore_grpc.rpc._metadata import (
    Metadata,
    decode_metadata,
    decode_timeout,
    encode_binary,
    encode_message,
    encode_metadata,
)
from hostcore_grpc.rpc._status import RpcError, StatusCode

_OK_HEADERS: Final = ((b":status", b"200"), (b"content-type", b"application/grpc"))
_ENCODINGS: Final = frozenset({IDENTITY, GZIP})


class ServerCall(Duplex):
    """Is one call of a client, while its handler runs.

    Iterate over the client's messages, or take them with `receive`; answer with `send`. When the handler returns, the
    call ends well; when it raises `RpcError`, with that status.
    """

    def __init__(self, server: Server, path: str, deadline: float) -> None:
        super().__init__(server, path, deadline)
        self.peer_ended = False
        self.response_metadata: Metadata = ()
        self.response_trailers: Metadata = ()
        self.scope = trio.CancelScope(deadline=deadline)
        self._begun = False

    def __aiter__(self) -> ServerCall:
        return self

    @property
    def request_metadata(self) -> Metadata:
        """What the client sent along."""
        return decode_metadata(self.headers)

    async def send(self, message: bytes) -> None:
        """Send one message, after those before it have gone out; the first one takes `response_metadata` along."""
        self.begin()
        await super().send(message)

    def begin(self) -> None:
        """Send the headers of the response, once."""
        if not self._begun and not self.settled:
            metadata = encode_metadata(self.response_metadata)
            self._begun = True
            self.endpoint.send_headers(self, metadata)

    @property
    def has_begun(self) -> bool:
        """Whether the headers of the response have gone out."""
        return self._begun

    def _has_ended(self) -> bool:
        return self.settled or self.peer_ended

    def end_received(self) -> None:
        """Take that the client sends no more."""
        self.peer_ended = True
        self._receiver.wake()

    def settle(self, failure: RpcError | None) -> None:
        """Give the call its one outcome; its handler is cancelled."""
        super().settle(failure)
        self.scope.cancel()

    async def wait_sent(self) -> None:
        """Wait until all messages have gone out, or the call has failed."""
        async with self._sending:
            while len(self.outbox) and not self.settled:
                await self._sender.park()


Handler: TypeAlias = Callable[[ServerCall], Awaitable[None]]


def unary(answer: Callable[[bytes, ServerCall], Awaitable[bytes]]) -> Handler:
    """Make a handler of what takes one message and returns one."""

    async def handle(call: ServerCall) -> None:
        message = await call.receive()
        if message is None:
            raise RpcError(StatusCode.INTERNAL, "no message came where one is due")
        await call.send(await answer(message, call))

    return handle


class Server(Endpoint):
    """Serves one connection until it ends.

    Args:
        stream: a connected byte stream, which it owns from now on; for TLS what `start_tls` returns.
        handlers: by path, `/package.Service/Method`; what is not there is answered UNIMPLEMENTED.
        limits: of HTTP/2; its `streams` bounds the handlers that run at once.
        max_message: the largest message that is taken, in bytes.
        keepalive: None sends no pings.
        noted: hears of handlers that failed with anything but `RpcError`; the client hears no more than UNKNOWN.
    """

    def __init__(
        self,
        stream: ByteStream,
        handlers: Mapping[str, Handler],
        *,
        limits: Limits | None = None,
        max_message: int = MAX_MESSAGE,
        keepalive: Keepalive | None = None,
        noted: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(
            Role.SERVER, stream, limits=limits, max_message=max_message, keepalive=keepalive, noted=noted
        )
        self._paths = handlers
        self._exchanges: dict[int, ServerCall] = {}
        self._running = 0
        self._nursery: trio.Nursery | None = None
        self._handlers |= {
            RequestReceived: self._on_request,
            DataReceived: self._on_data,
            TrailersReceived: self._on_trailers,
            StreamReset: self._on_reset,
        }

    async def _serve(self) -> None:
        async with trio.open_nursery() as self._nursery:
            await self.ended.wait()
            self._nursery.cancel_scope.cancel()

    def _connection_ended(self, reason: str) -> None:
        for call in tuple(self._exchanges.values()):
            call.settle(RpcError(StatusCode.CANCELLED, reason))

    # -- receiving

    def _on_request(self, event: RequestReceived) -> None:
        headers = dict(event.headers)
        timeout = decode_timeout(headers.get(b"grpc-timeout", b""))
        deadline = math.inf if timeout is None else current_time() + timeout
        path = headers[b":path"].decode(errors="replace")
        call = ServerCall(self, path, deadline)
        call.stream_id = event.stream_id
        call.headers = event.headers
        call.encoding = headers.get(b"grpc-encoding", IDENTITY)
        self._exchanges[event.stream_id] = call
        if event.ended:
            call.end_received()
        refusal = self._refusal(call, headers)
        if refusal is not None:
            self._answer(call, refusal)
        elif self._nursery is None or self._running >= self.connection.limits.streams:
            # Reset calls whose handlers still clean up count too: else opening and resetting makes tasks without end.
            self._forget(call)
            self._reset(call, ErrorCode.REFUSED_STREAM)
        else:
            self._running += 1
            self._nursery.start_soon(self._handle, call, self._paths[path])

    def _refusal(self, call: ServerCall, headers: Mapping[bytes, bytes]) -> RpcError | None:
        content_type = headers.get(b"content-type", b"")
        if headers[b":method"] != b"POST" or not content_type.startswith(b"application/grpc"):
            return RpcError(StatusCode.INTERNAL, f"no gRPC: {headers[b':method']!r} of {content_type!r}")
        if call.encoding not in _ENCODINGS:
            name = call.encoding.decode(errors="replace")
            return RpcError(
                StatusCode.UNIMPLEMENTED, f"messages compressed with {name!r} are not understood; gzip is"
            )
        if call.path not in self._paths:
            return RpcError(StatusCode.UNIMPLEMENTED, f"{call.path} is not served here")
        return None

    def _on_data(self, event: DataReceived) -> None:
        call = self._exchanges.get(event.stream_id)
        if call is not None:
            call.data_received(event.data)
            if event.ended:
                call.end_received()

    def _on_trailers(self, event: TrailersReceived) -> None:
        call = self._exchanges.get(event.stream_id)
        if call is not None:
            call.end_received()

    def _on_reset(self, event: StreamReset) -> None:
        call = self._exchanges.get(event.stream_id)
        if call is not None:
            self._forget(call)
            call.settle(RpcError(StatusCode.CANCELLED, "the client cancelled the call"))

    # -- answering

    async def _handle(self, call: ServerCall, handler: Handler) -> None:
        """Run the handler of one call and send what came of it."""
        failure: RpcError | None = None
        try:
            with call.scope:
                await handler(call)
                await call.wait_sent()
        except RpcError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - the boundary to the host's own handlers: the client gets a status
            failure = self._failed(error)
        finally:
            self._running -= 1
        if call.scope.cancelled_caught:
            failure = RpcError(StatusCode.DEADLINE_EXCEEDED, f"{call.path} took longer than its deadline")
        if not call.settled:
            self._answer(call, failure)

    def _answer(self, call: ServerCall, failure: RpcError | None) -> None:
        """End a call with its status."""
        self._forget(call)
        metadata: list[tuple[bytes, bytes]] = []
        try:
            metadata = encode_metadata(call.response_trailers)
            if failure is None:
                call.begin()
        except ValueError as error:
            failure = self._failed(error)
        fields: list[tuple[bytes, bytes]] = []
        if not call.has_begun:
            fields += _OK_HEADERS  # the status stands in the only headers
        fields.append((b"grpc-status", b"%d" % (failure.status if failure is not None else StatusCode.OK)))
        if failure is not None and failure.message:
            fields.append((b"grpc-message", encode_message(failure.message)))
        if failure is not None and failure.details is not None:
            fields.append((b"grpc-status-details-bin", encode_binary(failure.details)))
        self._end_stream(call, encode_block(fields + metadata))

    def _failed(self, error: Exception) -> RpcError:
        """Tell the host what a handler did wrong, and return the little that the client hears of it."""
        if self._noted is not None:
            self._noted("".join(traceback.format_exception(error)))
        return RpcError(StatusCode.UNKNOWN, "the handler failed")

    def _end_stream(self, call: ServerCall, block: bytes) -> None:
        connection = self.connection
        call.settled = True
        if self.reason is None and connection.is_open(call.stream_id):
            self._wire.write(connection.send_headers(call.stream_id, block, ended=True))
            if not call.peer_ended:
                self._reset(call, ErrorCode.NO_ERROR)

    def send_headers(self, call: ServerCall, metadata: Iterable[tuple[bytes, bytes]]) -> None:
        """Send the headers of a response."""
        if self.reason is None and self.connection.is_open(call.stream_id):
            block = encode_block((*_OK_HEADERS, *metadata))
            self._wire.write(self.connection.send_headers(call.stream_id, block))

    def fault(self, exchange: Exchange, fault: MessageFault) -> None:
        """End a call whose message cannot be taken: its handler gets the error, and the client that as its status."""
        exchange.failure = fault_error(fault)
