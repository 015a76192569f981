"""Reads the one line with which a plugin of go-plugin says where it can be reached.

`CORE|APP|NETWORK|ADDRESS|PROTOCOL|CERTIFICATE|MULTIPLEX`: the core protocol, the version of the application's protocol,
`unix` or `tcp`, the address, `grpc` or `netrpc`, the plugin's certificate for AutoMTLS, and whether brokered connections
share the socket. Older plugins leave out fields at the end.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CORE_PROTOCOL: Final = "1"

MIN_FIELDS: Final = 4
MAX_FIELDS: Final = 7

SHORTEST_CERTIFICATE: Final = 50
"""Characters of the field from which on it is a certificate: shorter ones are placeholders of older libraries."""

MAX_LINE: Final = 64 * 1024
"""Bytes of the line; a P-521 certificate takes one thousand."""

_PORT: Final = re.compile(r"[0-9]{1,5}")
_HIGHEST_PORT: Final = 65535
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})


class HandshakeMisfitError(Exception):
    """Says what is wrong with the line; the message is for people."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UnixAddress:
    """Is a socket in the file system.

    Attributes:
        path: of the socket.
    """

    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


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
    fields = line.strip().split("|")
    return len(fields) >= MIN_FIELDS and fields[0].isdigit() and fields[2] in {"unix", "tcp"}


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
    if not version.isdigit() or int(version) not in versions:
        known = ", ".join(map(str, versions))
        raise HandshakeMisfitError(
            f"it serves version {version} of its protocol, and the manifest allows {known}: have the plugin or the"
            " manifest's [grpc] versions brought up to date"
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
        if not address.startswith(("/", "@")):
            raise HandshakeMisfitError(f"{address!r} is no path of a socket")
        return UnixAddress(path=address)
    if network != "tcp":
        raise HandshakeMisfitError(f"{network!r} is no network; there are unix and tcp")
    host, _, port = address.rpartition(":")
    if host not in _LOOPBACK:
        raise HandshakeMisfitError(
            f"it listens on {host!r}, and only addresses of this machine are connected to"
        )
    if not _PORT.fullmatch(port) or not 0 < int(port) <= _HIGHEST_PORT:
        raise HandshakeMisfitError(f"{port!r} is no port")
    return TcpAddress(host=host.strip("[]"), port=int(port))


def _certificate(field: str) -> bytes | None:
    if len(field) < SHORTEST_CERTIFICATE:
        return None
    try:  # Go leaves out the padding
        return base64.b64decode(field + "=" * (-len(field) % 4), validate=True)
    except binascii.Error as error:
        raise HandshakeMisfitError(f"its certificate is no base64: {error}") from None
