"""TLS on a socket, without a stream around it: what is written is encrypted and goes out in the caller.

`trio.SSLStream` works as well. It costs each call a turn of the scheduler more, for its `send_all` may wait.
"""

from __future__ import annotations

import contextlib
import ssl
from typing import Final

import trio

from hostcore_grpc.rpc._wire import READ_SIZE, SocketWire, released

_RECORD: Final = 65_536
"""Bytes asked of OpenSSL at once; it gives one record of at most 16 KiB."""


class TlsSocket:
    """Is a socket whose TLS handshake is done; a client or a server takes it as its stream."""

    def __init__(
        self, stream: trio.SocketStream, tls: ssl.SSLObject, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO
    ) -> None:
        self.stream = stream
        self.tls = tls
        self.incoming = incoming
        self.outgoing = outgoing

    def __repr__(self) -> str:
        return f"<TlsSocket {self.tls.version()} {self.tls.selected_alpn_protocol()}>"

    async def aclose(self) -> None:
        """Close the socket, if nobody has taken it."""
        await trio.aclose_forcefully(self.stream)


async def start_tls(
    stream: trio.SocketStream,
    context: ssl.SSLContext,
    *,
    server_hostname: str | None = None,
    server_side: bool = False,
) -> TlsSocket:
    """Shake hands over a connected socket, which stays open when that fails.

    There is no limit of time here; put one around.

    Raises:
        trio.BrokenResourceError: the connection broke, or, as its cause says, the peer is not whom the context asks for,
            refused us, or speaks something else. A `trio.SSLStream` raises the same.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_side=server_side, server_hostname=server_hostname)
    while True:
        try:
            tls.do_handshake()
            is_done = True
        except ssl.SSLWantReadError:
            is_done = False
        except ssl.SSLError as error:
            with contextlib.suppress(trio.BrokenResourceError):
                await stream.send_all(outgoing.read())  # the alert tells the peer why
            raise trio.BrokenResourceError(f"the TLS handshake failed: {error.strerror or error}") from error
        if outgoing.pending:
            await stream.send_all(outgoing.read())
        if is_done:
            return TlsSocket(stream, tls, incoming, outgoing)
        data = await stream.receive_some(READ_SIZE)
        if data:
            incoming.write(data)
        else:
            incoming.write_eof()


class TlsWire(SocketWire):
    """Moves bytes over a socket, encrypted."""

    def __init__(self, secured: TlsSocket) -> None:
        super().__init__(released(secured.stream))
        self._tls = secured.tls
        self._incoming = secured.incoming
        self._outgoing = secured.outgoing

    async def read_forever(self) -> None:
        """Read until the end of the stream, a failure or the close."""
        try:
            self._take(b"")  # what came together with the end of the handshake
        except Exception as error:  # noqa: BLE001 - the boundary to what the peer sent; `broken` decides
            self._fail(error)
            return
        await super().read_forever()

    def _take(self, data: bytes) -> None:
        self._incoming.write(data)
        parts = []
        ended = False
        try:
            while True:
                part = self._tls.read(_RECORD)
                if not part:
                    ended = True
                    break
                parts.append(part)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            ended = True
        if self._outgoing.pending:  # TLS answers by itself, as to an update of the keys
            self._send(self._outgoing.read())
        if parts:
            self.received(b"".join(parts))
        if ended:
            raise EOFError

    def write(self, data: bytes) -> None:
        """Write some bytes, in order; never waits. After the close it does nothing."""
        if self.closed:
            return
        try:
            self._tls.write(data)
        except ssl.SSLError as error:
            self._fail_to_write(error)
            return
        self._send(self._outgoing.read())

    async def aclose(self) -> None:
        """Close for good, with a word to the peer if there is room for it; both tasks end."""
        if not self._queue and self._socket.fileno() >= 0:
            with contextlib.suppress(OSError):  # no room, or no peer
                with contextlib.suppress(
                    ssl.SSLError
                ):  # it is asked for the peer's word, for which we do not wait
                    self._tls.unwrap()
                self._socket.send(self._outgoing.read())
        await super().aclose()
