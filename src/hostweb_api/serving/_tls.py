"""TLS around a connection: its beginning and its end, both bounded in time."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import Final

import trio

Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]

# To tell the client that this was all: one small write, which only a client that does not read can hold up.
_CLOSE_SECONDS: Final = 1.0


def as_stream(stream: trio.SocketStream, context: ssl.SSLContext | None) -> Stream:
    """Return the stream with TLS around it, if there is any."""
    if context is None:
        return stream
    # Clients of HTTP close without saying so in TLS, and messages carry their lengths.
    return trio.SSLStream(stream, context, server_side=True, https_compatible=True)


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
