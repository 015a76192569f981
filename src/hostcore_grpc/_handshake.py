"""Reads the one line with which a plugin of go-plugin says where it can be reached.

`CORE|APP|NETWORK|ADDRESS|PROTOCOL|CERTIFICATE|MULTIPLEX`: the core protocol, the version of the application's protocol,
`unix` or `tcp`, the address, `grpc` or `netrpc`, the plugin's certificate for AutoMTLS, and whether brokered connections
share the socket. Older plugins leave out fields at the end.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CORE_PROTOCOL: Final = "1"

MIN_FIELDS: Final = 4
MAX_FIELDS: Final = 7

SHORTEST_CERTIFICATE: Final = 50
"""Characters of the field from which on it is a certificate: shorter ones are placeholders of older libraries."""

_LINE: Final = re.compile(r"[0-9]+\|[0-9]+\|(?:unix|tcp)\|[^|]+(?:\|.*)?")
_VERSION: Final = re.compile(r"[0-9]{1,9}")
_PORT: Final = re.compile(r"[0-9]{1,5}")
_HIGHEST_PORT: Final = 65535


class HandshakeMisfitError(Exception):
    """Says what is wrong with the line; the message is for people."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UnixAddress:
    """Is a socket in the file system, or an abstract one of Linux.

    Attributes:
        path: of the socket; for an abstract one, a NUL and its name.
    """

    path: str

    def __str__(self) -> str:
        return f"unix:{self.path.replace(chr(0), '@', 1)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class TcpAddress:
    """Is a port of this machine.

    Attributes:
        host: a loopback address.
        port: the port.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp:{self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Handshake:
    """Is what the line says.

    Attributes:
        version: of the application's protocol.
        address: where the plugin's server listens.
        certificate: the plugin's, in DER; None when it serves in plain text.
    """

    version: int
    address: UnixAddress | TcpAddress
    certificate: bytes | None = None


def looks_like_handshake(line: str) -> bool:
    """Tell the line from what a program may print before it."""
    return _LINE.fullmatch(line.strip()) is not None


def socket_path(line: str) -> str | None:
    """Return the path of the socket that a handshake names, whatever else it says; None when it names none."""
    network, address = line.strip().split("|")[2:4]
    return address if network == "unix" and address.startswith("/") else None


def parse_handshake(line: str, *, versions: Sequence[int]) -> Handshake:
    """Read the line.

    Args:
        line: without its end.
        versions: of the application's protocol that will do.

    Raises:
        HandshakeMisfitError: it is none, or says what this host does not speak.
    """
    fields = line.strip().split("|")
    if not MIN_FIELDS <= len(fields) <= MAX_FIELDS:
        raise HandshakeMisfitError(f"a handshake has {MIN_FIELDS} to {MAX_FIELDS} fields, not {len(fields)}")
    core, version, network, address = fields[:4]
    protocol = fields[4] if len(fields) > 4 and fields[4] else "netrpc"  # noqa: PLR2004 - the fifth field
    if core != CORE_PROTOCOL:
        raise HandshakeMisfitError(
            f"it speaks version {core} of go-plugin's own protocol, not {CORE_PROTOCOL}"
        )
    if not _VERSION.fullmatch(version) or int(version) not in versions:
        known = ", ".join(map(str, versions))
        raise HandshakeMisfitError(
            f"it serves version {version} of its protocol, and the manifest allows {known}: if that one will do, say"
            f" versions = [{version}] in its [grpc]"
        )
    if protocol != "grpc":
        raise HandshakeMisfitError(f"it speaks {protocol}; only plugins that speak gRPC can be run")
    if len(fields) == MAX_FIELDS and fields[6] == "true":
        raise HandshakeMisfitError("it shares one socket for all connections, which was not asked for")
    return Handshake(
        version=int(version),
        address=parse_address(network, address),
        certificate=_certificate(fields[5]) if len(fields) > 5 else None,  # noqa: PLR2004 - the sixth field
    )


def parse_address(network: str, address: str) -> UnixAddress | TcpAddress:
    """Read an address; raises `HandshakeMisfitError` for one that is not of this machine."""
    if network == "unix":
        if not address.startswith(("/", "@")) or "\0" in address:
            raise HandshakeMisfitError(f"{address!r} is no path of a socket")
        # Go writes the NUL before the name of an abstract socket as @.
        return UnixAddress(path=f"\0{address[1:]}" if address.startswith("@") else address)
    if network != "tcp":
        raise HandshakeMisfitError(f"{network!r} is no network; there are unix and tcp")
    host, _, port = address.rpartition(":")
    if not _is_loopback(host):
        raise HandshakeMisfitError(
            f"it listens on {host!r}, and only addresses of this machine are connected to"
        )
    if not _PORT.fullmatch(port) or not 0 < int(port) <= _HIGHEST_PORT:
        raise HandshakeMisfitError(f"{port!r} is no port")
    return TcpAddress(host=host.strip("[]"), port=int(port))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def _certificate(field: str) -> bytes | None:
    if len(field) < SHORTEST_CERTIFICATE:
        return None
    try:  # Go leaves out the padding
        return base64.b64decode(field + "=" * (-len(field) % 4), validate=True)
    except ValueError as error:
        raise HandshakeMisfitError(f"its certificate is no base64: {error}") from None
