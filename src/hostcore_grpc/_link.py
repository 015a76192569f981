"""The connection with one plugin and all that runs on it, from the handshake to the end."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import trio

from hostcore.hooks import TransportContext
from hostcore.transports import LaunchSpec, TransportListener
from hostcore_grpc._broker import Broker
from hostcore_grpc._companions import Companions
from hostcore_grpc._handshake import Handshake, HandshakeMisfitError, TcpAddress, UnixAddress
from hostcore_grpc._own_messages import read_message
from hostcore_grpc._tls import SERVER_NAME, Identity, client_context, server_context
from hostcore_grpc.methods import (
    CONTROLLER_SHUTDOWN,
    HEALTH_CHECK,
    HEALTH_SERVICE,
    HEALTH_SERVING,
    HEALTH_STATUS_NAMES,
    KnownMessages,
)
from hostcore_grpc.rpc import ByteStream, Client, Origin, RpcError, StatusCode, start_tls

_NO_ANSWER: Final = frozenset({StatusCode.UNAVAILABLE, StatusCode.CANCELLED, StatusCode.DEADLINE_EXCEEDED})
"""How a health check fails that was not answered by its service; any other error shows that the server lives."""


class Link:
    """Is one connection; `run` must be running for anything to happen.

    Args:
        stream: the connected stream, which it owns from now on.
        tls: for the host's side of brokered connections; None when nothing is encrypted.
        spec: what was started.
        context: what the host lends to a transport.
        listener: hears what the plugin sends of its own accord.
        known: classes of the adapter's own messages.
        sockets: the folder for the sockets of brokered connections, or None.
        max_message: bytes of the largest message that is taken.

    Attributes:
        client: makes the calls.
        broker: lends services.
        companions: the streams beside the calls.
        known: classes of the adapter's own messages.
        finished: set when all of it is gone.
    """

    def __init__(
        self,
        stream: ByteStream,
        tls: ssl.SSLContext | None,
        *,
        spec: LaunchSpec,
        context: TransportContext,
        listener: TransportListener,
        known: KnownMessages,
        sockets: Path | None,
        max_message: int,
    ) -> None:
        self.known = known
        self.finished = trio.Event()
        self.client = Client(
            stream,
            deadlines=context.deadlines,
            scheme="https" if tls is not None else "http",
            max_inflight=spec.max_inflight,
            queue_limit=spec.queue_limit,
            max_message=max_message,
            noted=partial(listener.host_noted, "error"),
        )
        self.broker = Broker(
            spec.plugin,
            self.client,
            known=known,
            listener=listener,
            sockets=sockets,
            tls=tls,
            max_message=max_message,
        )
        self.companions = Companions(self.client, self.broker, known=known, listener=listener)

    def __repr__(self) -> str:
        return f"<Link {self.client!r}>"

    async def run(self, ended: Callable[[str], None]) -> None:
        """Run all of it until the connection ends, then tell why."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.client.run)
                nursery.start_soon(self.companions.run)
                await self.client.ended.wait()
                ended(self.client.reason or "")
        finally:
            self.finished.set()

    async def ask_health(self, *, timeout: float) -> str | None:
        """Return what the plugin says of its health when it is not well; None when it is, or lives and does not say.

        Raises:
            RpcError: it has not answered.
        """
        request = self.known.health_request(service=HEALTH_SERVICE).SerializeToString()
        try:
            data = await self.client.unary(HEALTH_CHECK, request, timeout=timeout, aside=True)
        except RpcError as error:
            if error.origin is Origin.PEER and error.status not in _NO_ANSWER:
                return None  # it has no health service, or no such name in it: an answer is life
            raise
        status = read_message(self.known.health_response, data).status
        return None if status == HEALTH_SERVING else HEALTH_STATUS_NAMES.get(status, str(status))

    async def ask_to_end(self, *, timeout: float) -> bool:
        """Have the plugin's controller end it; False when it has none, so that nothing will come of it."""
        request = self.known.plugin_empty().SerializeToString()
        try:
            await self.client.unary(CONTROLLER_SHUTDOWN, request, timeout=timeout, aside=True)
        except RpcError as error:
            return error.status != StatusCode.UNIMPLEMENTED
        return True

    def end(self, reason: str) -> None:
        """End the connection at once."""
        self.client.end(reason)


async def connect(
    handshake: Handshake, identity: Identity | None, *, plaintext_fallback: bool
) -> tuple[ByteStream, ssl.SSLContext | None]:
    """Connect, encrypted if the plugin was given a certificate; gives the context for connections that come back, too.

    Args:
        handshake: what the plugin has printed.
        identity: whose certificate it was given, or None.
        plaintext_fallback: whether a plugin will do that shows none of its own in return.

    Raises:
        HandshakeMisfitError: it shows no certificate, or one that cannot be used.
        OSError: nobody listens there.
        trio.BrokenResourceError: the two do not accept each other's certificates.
    """
    if identity is None or (handshake.certificate is None and plaintext_fallback):
        return await _open(handshake.address), None
    if handshake.certificate is None:
        raise HandshakeMisfitError(
            "it shows no certificate although it was asked to: auto_mtls = false in the manifest's [grpc] does"
            " not ask, plaintext_fallback = true takes what comes"
        )
    try:
        client, server = (make(identity, handshake.certificate) for make in (client_context, server_context))
    except ssl.SSLError as error:
        raise HandshakeMisfitError(f"its certificate cannot be read: {error.reason or error}") from error
    stream = await _open(handshake.address)
    try:
        return await start_tls(stream, client, server_hostname=SERVER_NAME), server
    except BaseException:
        await trio.aclose_forcefully(stream)
        raise


async def _open(address: UnixAddress | TcpAddress) -> trio.SocketStream:
    if isinstance(address, UnixAddress):
        return await trio.open_unix_socket(address.path)
    return await trio.open_tcp_stream(address.host, address.port)
