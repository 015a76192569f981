"""The streams that run beside the calls: what the plugin prints, and go-plugin's broker of further connections."""

from __future__ import annotations

import itertools
import math
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import trio

from hostcore.errors import InvalidParamsError, UnavailableError
from hostcore.protocol import ErrorInfo, Log, LogLevel
from hostcore.transports import CallContext, LineSplitter, TransportListener
from hostcore_grpc._settings import Callback
from hostcore_grpc.methods import (
    BROKER_START_STREAM,
    STDIO_STDERR,
    STREAM_STDIO,
    GrpcMethod,
    KnownMessages,
)
from hostcore_grpc.rpc import Client, Handler, RpcError, Server, ServerCall, StatusCode, StreamCall

ACCEPT_SECONDS: Final = 5.0
"""How long a plugin has to connect to a service that it was lent, as in go-plugin's broker."""

STDOUT: Final = "stdout"
"""The logger of what a plugin prints on its stdout."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Lent:
    """Is a service that a plugin may connect to once."""

    id: int
    socket: Path
    handlers: Mapping[str, Handler]


class Companions:
    """Runs the streams beside the calls of one plugin.

    Args:
        plugin: the plugin's id.
        client: the connection.
        known: classes of the messages.
        listener: hears what is printed, and serves the calls that come back.
        sockets: the folder for the sockets of brokered connections.
        tls: for the server's side of brokered connections; None for plain text.

    Attributes:
        streams: how many of them run; they are no calls.
    """

    def __init__(
        self,
        plugin: str,
        client: Client,
        *,
        known: KnownMessages,
        listener: TransportListener,
        sockets: Path | None,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.streams = 0
        self._plugin = plugin
        self._client = client
        self._known = known
        self._listener = listener
        self._sockets = sockets
        self._tls = tls
        self._ids = itertools.count(1)
        self._broker: StreamCall | None = None
        self._nursery: trio.Nursery | None = None

    def __repr__(self) -> str:
        return f"<Companions of {self._plugin} streams={self.streams}>"

    async def run(self) -> None:
        """Run them until the connection ends; a plugin that does not serve them goes without."""
        async with trio.open_nursery() as self._nursery:
            self._nursery.start_soon(self._run_one, self._drain_stdio)
            self._nursery.start_soon(self._run_one, self._talk_to_broker)
            await self._client.ended.wait()
            self._nursery.cancel_scope.cancel()

    async def _run_one(self, work: Callable[[], Any]) -> None:
        self.streams += 1
        try:
            await work()
        except RpcError as error:
            if error.status != StatusCode.UNIMPLEMENTED and self._client.reason is None:
                self._listener.host_noted("warn", f"a stream of go-plugin's has ended: {error}")
        finally:
            self.streams -= 1

    # -- what it prints

    async def _drain_stdio(self) -> None:
        """Read what is printed for ever: a plugin whose output is not read blocks inside of a call."""
        lines = {True: LineSplitter(), False: LineSplitter()}
        with self._client.stream(STREAM_STDIO) as call:
            await call.send(b"")  # google.protobuf.Empty
            await call.end()
            async for data in call:
                printed = self._known.stdio_data.FromString(data)
                is_stderr = printed.channel == STDIO_STDERR
                self._print(lines[is_stderr].feed(printed.data), is_stderr=is_stderr)
            for is_stderr, rest in lines.items():
                self._print(rest.flush(), is_stderr=is_stderr)

    def _print(self, lines: list[str], *, is_stderr: bool) -> None:
        for line in lines:
            if is_stderr:
                self._listener.stderr_received(line)
            else:
                self._listener.log_received(Log(level=LogLevel.INFO, message=line, logger=STDOUT))

    # -- brokered connections

    async def _talk_to_broker(self) -> None:
        """Keep the broker's stream open; what the plugin offers there, nobody here connects to."""
        with self._client.stream(BROKER_START_STREAM) as call:
            self._broker = call
            try:
                async for _ in call:
                    pass
            finally:
                self._broker = None

    @contextmanager
    def lent(
        self,
        callback: Callback,
        params: Mapping[str, Any],
        methods: Mapping[str, GrpcMethod],
        context: CallContext,
    ) -> Iterator[Mapping[str, Any]]:
        """Lend a plugin a service for the time of one call; gives the params with the service's id in them.

        Raises:
            InvalidParamsError: the caller gave an id of its own.
        """
        if callback.field in params:
            raise InvalidParamsError(
                f"{callback.field} is filled in by the host: it is the id of a service of its own",
                hint=f"leave {callback.field} out",
            )
        if self._nursery is None or self._broker is None or self._sockets is None:
            raise UnavailableError(f"{self._plugin} has no broker, so {callback.field} cannot be lent to it")
        service_id = next(self._ids)
        scope = trio.CancelScope()
        lent = _Lent(
            id=service_id,
            socket=self._sockets / f"b{service_id}",
            handlers={
                method.path: self._handler(method, f"{callback.interface}.{name}", context)
                for name, method in methods.items()
            },
        )
        self._nursery.start_soon(self._serve, lent, scope, name=f"{self._plugin}'s {callback.interface}")
        try:
            yield {**params, callback.field: service_id}
        finally:
            scope.cancel()

    async def _serve(self, lent: _Lent, scope: trio.CancelScope) -> None:
        """Say where the service is, and serve the one connection that the plugin opens to it."""
        with scope:
            stream = await self._accept(lent)
            if stream is None:
                return
            if self._tls is not None:
                stream = trio.SSLStream(stream, self._tls, server_side=True)
            await Server(stream, lent.handlers, noted=partial(self._listener.host_noted, "error")).run()

    async def _accept(self, lent: _Lent) -> trio.abc.Stream | None:
        with trio.socket.socket(trio.socket.AF_UNIX) as listener:
            try:
                await listener.bind(str(lent.socket))
                listener.listen(1)
                info = self._known.conn_info(service_id=lent.id, network="unix", address=str(lent.socket))
                if self._broker is None:
                    return None
                await self._broker.send(info.SerializeToString())
                with trio.move_on_after(ACCEPT_SECONDS):
                    connection, _ = await listener.accept()
                    return trio.SocketStream(connection)
            finally:
                lent.socket.unlink(missing_ok=True)
        return None

    def _handler(self, method: GrpcMethod, name: str, context: CallContext) -> Handler:
        async def handle(call: ServerCall) -> None:
            message = await call.receive()
            if message is None:
                raise RpcError(StatusCode.INTERNAL, "no message came where one is due")
            params = method.request.decode(message, what=name)
            asked = LentCall(name, params, deadline=call.deadline, context=context)
            self._listener.called(asked)
            result = await asked.wait()
            await call.send(method.response.encode(result, what=name))

        return handle


class LentCall:
    """Is a call of the plugin to a service that it was lent; see `ReverseCall`."""

    encoding = "json"

    def __init__(
        self, method: str, params: Mapping[str, Any], *, deadline: float, context: CallContext
    ) -> None:
        self.method = method
        self.params = params
        self.meta: Mapping[str, Any] = {}
        self.deadline = None if deadline == math.inf else deadline
        self.context = context
        self._outcome: tuple[Any, ErrorInfo | None] | None = None
        self._done = trio.Event()
        self._cancel: Callable[[], None] | None = None

    def answer(self, result: Any) -> None:
        """Take the result."""
        self._settle(result, None)

    def refuse(self, error: ErrorInfo) -> None:
        """Take an error."""
        self._settle(None, error)

    def _settle(self, result: Any, error: ErrorInfo | None) -> None:
        if self._outcome is None:
            self._outcome = (result, error)
            self._done.set()

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Have `callback` called when the plugin cancels the call."""
        self._cancel = callback

    async def wait(self) -> Any:
        """Wait for the outcome; raises `RpcError` for an error."""
        try:
            await self._done.wait()
        except trio.Cancelled:
            if self._cancel is not None:
                self._cancel()
            raise
        assert self._outcome is not None  # noqa: S101 - set before the event
        result, error = self._outcome
        if error is not None:
            status = error.code if 1 <= error.code <= max(StatusCode) else StatusCode.UNKNOWN
            raise RpcError(StatusCode(status), error.message)
        return result
