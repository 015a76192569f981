"""Opens what the server listens on: ports, with TLS or without, and sockets in the file system."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import trio

from hostcore.errors import ConfigError
from hostweb_api.serving._addresses import (
    ANY,
    UNIX,
    Addresses,
    TcpAddress,
    UnixAddress,
    cannot_listen,
    check_socket_path,
    resolve,
)
from hostweb_api.serving._tls import ServerTls

# Connections that wait to be accepted; the kernel has its own upper limit.
_BACKLOG = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    """Is something that connections are accepted on.

    Attributes:
        sockets: where they come in.
        url: what clients use, e.g. `http://127.0.0.1:8080` or `unix:/run/polyhost.sock`.
        tls: what TLS needs; None without it.
        needs_token: whether other machines can connect, so that everybody has to show a token.
    """

    sockets: trio.SocketListener
    url: str
    tls: ServerTls | None = None
    needs_token: bool = False


@asynccontextmanager
async def open_listeners(
    addresses: Addresses, tls: ServerTls | None = None
) -> AsyncIterator[tuple[Listener, ...]]:
    """Listen on all addresses; leaving the context closes them, and removes the sockets from the file system.

    Args:
        addresses: all of them.
        tls: what TLS needs; None reads what they name.

    Raises:
        ConfigError: one cannot be listened on; none is then.
    """
    tls = tls or addresses.tls()
    opened: list[Listener] = []
    made: list[tuple[Path, tuple[int, int]]] = []
    try:
        for address in addresses.all:
            addresses.check_allowed(address)
            if isinstance(address, UnixAddress):
                listener = _listen_on_path(address)
                made.append((address.path, _identity(address.path)))
            else:
                listener = await _listen_on_port(address, tls)
            opened.append(listener)
        yield tuple(opened)
    finally:
        for path, identity in made:
            with suppress(FileNotFoundError):
                # Not one that another server has made in the meantime.
                if _identity(path) == identity:
                    path.unlink()
        for listener in opened:
            listener.sockets.socket.close()


async def _listen_on_port(address: TcpAddress, tls: ServerTls | None) -> Listener:
    try:
        # A name with several addresses: the first one, else a free port would be another one for each.
        first, *others = await trio.open_tcp_listeners(address.port, host=resolve(address), backlog=_BACKLOG)
    except OSError as error:
        raise cannot_listen(address, error) from error
    for other in others:
        other.socket.close()
    port = first.socket.getsockname()[1]
    # The machine itself reaches it so; by which names others do is theirs to know.
    host = "localhost" if address.host in ANY else address.host
    host = f"[{host}]" if ":" in host else host
    return Listener(
        sockets=first,
        url=f"{'https' if address.is_tls else 'http'}://{host}:{port}",
        tls=tls if address.is_tls else None,
        needs_token=not address.is_loopback,
    )


def _listen_on_path(address: UnixAddress) -> Listener:
    check_socket_path(address.path)
    # Made beside its place and moved there: it never is at its place with other permissions than it is to have, and
    # one that a killed server left behind is replaced.
    temporary = address.path.with_name(f".{os.getpid()}")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        temporary.unlink(missing_ok=True)
        listening.bind(os.fspath(temporary))
        temporary.chmod(address.mode)
        listening.listen(_BACKLOG)
        temporary.replace(address.path)
    except OSError as error:
        listening.close()
        temporary.unlink(missing_ok=True)
        raise ConfigError(
            f"the server cannot listen on the socket {address.path}: {error.strerror or error}",
            location=str(address.path),
            hint="choose another path, in a folder that the server may write to",
        ) from error
    return Listener(
        sockets=trio.SocketListener(trio.socket.from_stdlib_socket(listening)), url=f"{UNIX}{address.path}"
    )


def _identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino


def urls_of(listeners: Sequence[Listener]) -> tuple[str, ...]:
    """Return what clients use, the first one first."""
    return tuple(listener.url for listener in listeners)
