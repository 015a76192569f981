"""TLS around a connection: its certificate, its beginning and its end."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import suppress
from socket import MSG_PEEK
from typing import Final

import trio

Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]

# To tell the client that this was all: one small write, which only a client that does not read can hold up.
_CLOSE_SECONDS: Final = 1.0


class ServerTls:
    """Is what the connections of a listener need to speak TLS: certificate and key, which are renewed now and then.

    Args:
        make: returns a new context of the certificate as it is now; what it raises, this and `renew` do.
    """

    def __init__(self, make: Callable[[], ssl.SSLContext]) -> None:
        self._make = make
        self._context = make()

    def __repr__(self) -> str:
        return f"<ServerTls {self._context}>"

    @property
    def context(self) -> ssl.SSLContext:
        """What the next connection gets."""
        return self._context

    def renew(self) -> None:
        """Have the connections from now on get what `make` returns; what it raises leaves all as it was.

        Connections that are there go on with the certificate that they began with.
        """
        # A new context, and no new certificate in the old one, which would keep the old key beside one of another kind.
        self._context = self._make()


def as_stream(stream: trio.SocketStream, tls: ServerTls | None) -> Stream:
    """Return the stream with TLS around it, if there is any."""
    if tls is None:
        return stream
    # Clients of HTTP close without saying so in TLS, and messages carry their lengths.
    return trio.SSLStream(stream, tls.context, server_side=True, https_compatible=True)


async def begins_plainly(stream: Stream, socket: trio.socket.SocketType) -> bool:
    """Wait for the first byte of a client that is to speak TLS, and return whether it begins a request without it.

    A method of HTTP begins with a letter; no record of TLS does, nor the hello of its oldest forms. The byte stays to be read.
    """
    if not isinstance(stream, trio.SSLStream):
        return False
    with suppress(OSError):  # it has gone: the handshake finds that out, too
        return (await socket.recv(1, MSG_PEEK)).isalpha()
    return False


async def shake_hands(stream: Stream) -> bool:
    """Agree upon TLS, if there is any; returns whether that was possible."""
    if not isinstance(stream, trio.SSLStream):
        return True
    try:
        await stream.do_handshake()
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        # No TLS, an old version, or a client that does not trust the certificate: all up to the client.
        return False
    return True


async def close(stream: Stream) -> None:
    """Close a stream; with TLS the client is told that this was all."""
    if isinstance(stream, trio.SSLStream):
        with trio.move_on_after(_CLOSE_SECONDS), suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await stream.aclose()
            return
    await trio.aclose_forcefully(stream)
