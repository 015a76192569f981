"""Names of machines: what a Host header may be, and which names can only mean this machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Final

_DEFAULT_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_USUAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# What a Host header may be: stricter than any URL parser, which all forgive something.
_HOST: Final = re.compile(
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[0-9A-Za-z._-]{1,253}))(?::(?P<port>[0-9]{1,5}))?"
)


def is_loopback(name: str) -> bool:
    """Return whether a host name or address can only mean this machine."""
    if name.lower() in _USUAL:  # it is asked at each request, and reading an address takes its time
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def is_machine_name(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether the Host header names a machine by a name, which is neither an address nor any machine's own."""
    hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
    found = split_host(hosts[0].strip(), "https") if len(hosts) == 1 else None
    if found is None or found[0].rstrip(".") == "localhost" or found[0].rstrip(".").endswith(".localhost"):
        return False
    try:
        ip_address(found[0])
    except ValueError:
        return True
    return False


def split_host(text: str, scheme: str) -> tuple[str, int] | None:
    """Take `name`, `name:port` or `[v6]:port` apart; None when it is none of them."""
    found = _HOST.fullmatch(text)
    if found is None:
        return None
    port = int(found["port"]) if found["port"] else _DEFAULT_PORTS[scheme]
    return found["v6"] or found["name"].lower(), port
