"""What HTTP/2 asks of a header list, whoever sent it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hostcore_grpc.http2._events import Headers

_PSEUDO: Final = frozenset({b":method", b":scheme", b":authority", b":path", b":status", b":protocol"})
_OF_A_REQUEST: Final = frozenset({b":method", b":scheme", b":authority", b":path"})
_NEEDED: Final = (b":method", b":scheme", b":path")

# They belong to one hop of HTTP/1.1; whoever forwards them is confused, or would like others to be.
_OF_A_CONNECTION: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"}
)
_UPPER_CASE: Final = frozenset(range(ord("A"), ord("Z") + 1))
_NEVER_IN_A_VALUE: Final = frozenset(b"\0\r\n")
_MAX_STATUS: Final = 999


@dataclass(frozen=True, kw_only=True, slots=True)
class Fields:
    """Is a header list that was looked at.

    Attributes:
        headers: the list.
        pseudo: its pseudo-headers by name.
        fault: what is wrong with it, wherever it stands; None when nothing is.
        status: that of a response, or what is wrong with the list as headers of a response.
    """

    headers: Headers
    pseudo: Mapping[bytes, bytes]
    fault: str | None
    status: int | str


def examine(headers: Headers) -> Fields:
    """Sort out the pseudo-headers and find the first fault that any header list may have."""
    pseudo: dict[bytes, bytes] = {}
    fault = None
    for index, (name, value) in enumerate(headers):
        if name[:1] == b":":
            found = _pseudo_fault(name, index, pseudo)
            pseudo[name] = value
        else:
            found = _name_fault(name, value)
        if found is None and not _NEVER_IN_A_VALUE.isdisjoint(value):
            found = f"the value of {name!r} has a line break or a NUL"
        fault = fault or found
    return Fields(headers=headers, pseudo=pseudo, fault=fault, status=_status(pseudo, fault))


def _pseudo_fault(name: bytes, index: int, before: Mapping[bytes, bytes]) -> str | None:
    if name not in _PSEUDO:
        return f"{name!r} is no pseudo-header"
    if name in before:
        return f"{name!r} comes twice"
    return None if index == len(before) else f"{name!r} comes after ordinary headers"


def _name_fault(name: bytes, value: bytes) -> str | None:
    if not name:
        return "a header has no name"
    if not _UPPER_CASE.isdisjoint(name):
        return f"the header name {name!r} is not lower case"
    if name in _OF_A_CONNECTION or (name == b"te" and value != b"trailers"):
        return f"the header {name!r} is one of HTTP/1.1"
    return None


def request_fault(fields: Fields) -> str | None:
    """Return what is wrong with the headers of a request."""
    missing = [name.decode() for name in _NEEDED if not fields.pseudo.get(name)]
    if missing:
        return f"a request without {', '.join(missing)}"
    if not fields.pseudo.keys() <= _OF_A_REQUEST:
        return "a request has a pseudo-header that is not one of a request"
    return fields.fault


def _status(pseudo: Mapping[bytes, bytes], fault: str | None) -> int | str:
    if fault is not None:
        return fault
    text = pseudo.get(b":status", b"")
    if len(pseudo) != 1 or len(text) != len(str(_MAX_STATUS)) or not text.isdigit() or text < b"100":
        return f"a response with the status {text!r}"
    return int(text)


def trailers_fault(fields: Fields) -> str | None:
    """Return what is wrong with trailers."""
    return "trailers with pseudo-headers" if fields.pseudo else fields.fault
