"""The broker of go-plugin: a plugin is lent services of the host, each over a connection that it opens for one call.

Where the manifest says so the plugin keeps a service when the call has ended.
"""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import trio

from hostcore.errors import InvalidParamsError, UnavailableError
from hostcore.transports import CallContext, TransportListener
from hostcore_grpc._lent_calls import LentMethod, serve_lent
from hostcore_grpc.methods import BROKER_START_STREAM, KnownMessages
from hostcore_grpc.rpc import ByteStream, Client, Handler, RpcError, Server, StreamCall, start_tls

ACCEPT_SECONDS: Final = 5.0
"""How long a plugin has to connect to a service that it was lent, as in go-plugin's broker."""

MAX_KEPT: Final = 64
"""Services that a plugin keeps at once: each has a socket; a plugin that is set up twice has two."""

MAX_CONNECTIONS: Final = 8
"""Connections to one service that a plugin keeps; a client of gRPC has one, and a new one before the old one is gone."""

MAX_STRANGERS: Final = 8
"""Connections that fail to show the plugin's certificate before a lent service is withdrawn."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Lent:
    """Is a service that a plugin may connect to."""

    id: int
    socket: Path
    handlers: Mapping[str, Handler]
    keep: bool


class Broker:
    """Lends services to one plugin; `run` must be running for that.

    Args:
        plugin: the plugin's id.
        client: the connection with it.
        known: classes of the adapter's own messages.
        listener: serves the calls of the plugin.
        sockets: the folder for the sockets of brokered connections; None lends nothing.
        tls: for the host's side of these connections; None for plain text.
        max_message: bytes of the largest message that is taken.
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
        max_message: int,
    ) -> None:
        self._call: StreamCall | None = None
        self._nursery: trio.Nursery | None = None
        self._plugin = plugin
        self._client = client
        self._known = known
        self._listener = listener
        self._sockets = sockets
        self._tls = tls
        self._max_message = max_message
        self._ids = itertools.count(1)
        self._kept = 0  # services that outlast the calls they were lent for

    def __repr__(self) -> str:
        return f"<Broker of {self._plugin} {'open' if self._nursery is not None else 'closed'}>"

    async def run(self) -> None:
        """Keep the stream open on which both sides name services; what the plugin offers, nobody connects to.

        Raises:
            RpcError: how the stream has ended, unless it ended well.
        """
        failure: RpcError | None = None
        with self._client.stream(BROKER_START_STREAM, aside=True) as call:
            async with trio.open_nursery() as nursery:
                self._call, self._nursery = call, nursery
                try:
                    async for _ in call:
                        pass
                except RpcError as error:
                    failure = error
                finally:
                    self._nursery = None
        if failure is not None:
            raise failure

    @contextmanager
    def lent(
        self,
        field: str,
        params: Mapping[str, Any],
        methods: Sequence[LentMethod],
        *,
        context: CallContext,
        deadline: float,
        keep: bool = False,
    ) -> Iterator[Mapping[str, Any]]:
        """Lend the plugin a service for the time of one call; gives the params with the service's id in them.

        Args:
            field: of the params that gets the id.
            params: of the call.
            methods: of the service.
            context: on whose behalf the plugin calls them.
            deadline: of the call.
            keep: whether the plugin keeps it, and may connect again and again, unless the call fails.

        Raises:
            InvalidParamsError: the caller gave an id of its own.
            UnavailableError: the plugin has no broker, or keeps too much already.
        """
        if field in params:
            raise InvalidParamsError(
                f"{field} is filled in by the host: it is the id of a service of its own",
                hint=f"leave {field} out",
            )
        if self._nursery is None or self._sockets is None or self._call is None:
            raise UnavailableError(f"{self._plugin} has no broker, so {field} cannot be lent to it")
        if keep and self._kept >= MAX_KEPT:
            raise UnavailableError(
                f"{self._plugin} keeps {MAX_KEPT} services of its host already",
                hint="call such a method once, when the plugin has started; to have it start anew, restart it",
            )
        number = next(self._ids)
        serve = partial(
            serve_lent, context=context, deadline=deadline, listener=self._listener, known=self._known
        )
        lent = _Lent(
            id=number,
            socket=self._sockets / f"b{number}",
            handlers={method.path: serve(method) for method in methods},
            keep=keep,
        )
        scope = trio.CancelScope()
        name = f"service {number} lent to {self._plugin}"
        self._kept += keep
        self._nursery.start_soon(self._run_lent, lent, scope, self._call, name=name)
        try:
            yield {**params, field: number}
        except BaseException:
            scope.cancel()
            raise
        if not keep:
            scope.cancel()

    async def _run_lent(self, lent: _Lent, scope: trio.CancelScope, call: StreamCall) -> None:
        """Say where the service is, and serve it until it is withdrawn."""
        try:
            with scope, trio.socket.socket(trio.socket.AF_UNIX) as listener:
                try:
                    await listener.bind(str(lent.socket))
                    listener.listen(MAX_STRANGERS)
                    told = self._known.conn_info(service_id=lent.id, network="unix", address=str(lent.socket))
                    await call.send(told.SerializeToString())
                    serve = self._serve_kept if lent.keep else self._serve_once
                    await serve(lent, trio.SocketListener(listener))
                finally:
                    lent.socket.unlink(missing_ok=True)
        except OSError as error:
            self._note("warn", f"service {lent.id} cannot be lent to it: {error.strerror or error}")
        except (RpcError, trio.ClosedResourceError):
            pass  # the broker's stream has ended, and with it the call that the service was lent for
        finally:
            self._kept -= lent.keep

    async def _serve_once(self, lent: _Lent, listener: trio.SocketListener) -> None:
        """Serve the one connection that the plugin opens in time, if it does."""
        stream: ByteStream | None = None
        with trio.move_on_after(ACCEPT_SECONDS):
            for _ in range(MAX_STRANGERS):
                stream = await self._secured(await listener.accept())
                if stream is not None:
                    break
        if stream is not None:
            lent.socket.unlink(missing_ok=True)
            await listener.aclose()  # who else stands in line is sent away
            await self._serve_one(lent, stream)

    async def _serve_kept(self, lent: _Lent, listener: trio.SocketListener) -> None:
        """Serve all connections that the plugin opens, whenever it does: gRPC closes those that it does not use."""
        room = trio.Semaphore(MAX_CONNECTIONS)

        async def serve(stream: trio.SocketStream) -> None:
            try:
                secured: ByteStream | None = None
                with trio.move_on_after(ACCEPT_SECONDS):
                    secured = await self._secured(stream)
                if secured is not None:
                    await self._serve_one(lent, secured)
            finally:
                room.release()

        async with trio.open_nursery() as nursery:
            while True:
                await room.acquire()
                try:
                    stream = await listener.accept()
                except OSError as error:  # those who are connected are served on
                    self._note("warn", f"service {lent.id} takes no connections: {error.strerror or error}")
                    return
                nursery.start_soon(serve, stream)

    async def _serve_one(self, lent: _Lent, stream: ByteStream) -> None:
        server = Server(
            stream, lent.handlers, max_message=self._max_message, noted=partial(self._note, "error")
        )
        await server.run()

    async def _secured(self, stream: trio.SocketStream) -> ByteStream | None:
        """Encrypt a connection, if that is due; None when the other side is not the plugin."""
        if self._tls is None:
            return stream
        try:
            return await start_tls(stream, self._tls, server_side=True)
        except trio.BrokenResourceError as error:
            self._note("warn", f"a connection to a service that it was lent was refused: {error.__cause__}")
            await trio.aclose_forcefully(stream)
            return None
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise

    def _note(self, level: str, text: str) -> None:
        self._listener.host_noted(level, text)
