"""How a call ends: status codes, the error that a caller sees, and the tables that turn other endings into a status."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from hostcore_grpc.http2 import ErrorCode, Headers, error_name
from hostcore_grpc.rpc._metadata import Metadata, decode_binary, decode_message, decode_metadata


class StatusCode(enum.IntEnum):
    """Numbers how a call ended, as gRPC does."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class Origin(enum.Enum):
    """Says who decided that a call failed; the same status may mean different things from different mouths."""

    PEER = "peer"
    """The peer answered with this status."""
    DEADLINE = "deadline"
    """The deadline passed here."""
    CONNECTION = "connection"
    """The connection ended, goes away, or the peer refused the stream."""
    VIOLATION = "violation"
    """What the peer answered is no gRPC."""
    CALLER = "caller"
    """The call cannot be made, or its answer cannot be taken: a limit, bad metadata, a full queue."""


class RpcError(Exception):
    """Says that a call failed; a handler raises it to answer with a status.

    Attributes:
        status: the gRPC code, 1 to 16.
        message: for a person; empty when the peer said nothing.
        origin: who decided it.
        details: `grpc-status-details-bin`, a serialized `google.rpc.Status`; None when there were none.
        trailers: the metadata that came with the status.
        untouched: whether the peer has surely done nothing for the call, so that it may be made again.
    """

    def __init__(
        self,
        status: int,
        message: str = "",
        *,
        origin: Origin = Origin.PEER,
        details: bytes | None = None,
        trailers: Metadata = (),
        untouched: bool = False,
    ) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.origin = origin
        self.details = details
        self.trailers = trailers
        self.untouched = untouched

    @property
    def told(self) -> str:
        """The message, or words for that there was none."""
        return self.message or f"it said no more than {status_name(self.status)}"

    def __str__(self) -> str:
        return f"{status_name(self.status)}: {self.message}" if self.message else status_name(self.status)

    def __repr__(self) -> str:
        return f"<RpcError {self} origin={self.origin.value}{' untouched' if self.untouched else ''}>"


def status_name(status: int) -> str:
    """Return the name of a status, or its number when gRPC has none."""
    try:
        return StatusCode(status).name
    except ValueError:
        return f"status {status}"


# What a proxy, or a server that is none of gRPC, means: gRPC's "HTTP to gRPC Status Code Mapping".
_OF_HTTP: Final[Mapping[int, StatusCode]] = {
    400: StatusCode.INTERNAL,
    401: StatusCode.UNAUTHENTICATED,
    403: StatusCode.PERMISSION_DENIED,
    404: StatusCode.UNIMPLEMENTED,
    429: StatusCode.UNAVAILABLE,
    502: StatusCode.UNAVAILABLE,
    503: StatusCode.UNAVAILABLE,
    504: StatusCode.UNAVAILABLE,
}

_FAILURES: Final = frozenset(map(int, StatusCode)) - {StatusCode.OK}

# gRPC over HTTP2, "Errors"; what is not listed means INTERNAL.
_OF_RESET: Final[Mapping[int, StatusCode]] = {
    ErrorCode.REFUSED_STREAM: StatusCode.UNAVAILABLE,
    ErrorCode.CANCEL: StatusCode.CANCELLED,
    ErrorCode.ENHANCE_YOUR_CALM: StatusCode.RESOURCE_EXHAUSTED,
    ErrorCode.INADEQUATE_SECURITY: StatusCode.PERMISSION_DENIED,
}


def error_of_http(status: int, content_type: bytes) -> RpcError:
    """Return what an HTTP response means that carries no gRPC."""
    return RpcError(
        _OF_HTTP.get(status, StatusCode.UNKNOWN),
        f"the answer is no gRPC: HTTP status {status}, content-type {content_type.decode(errors='replace')!r}",
        origin=Origin.VIOLATION,
    )


def error_of_reset(code: int) -> RpcError:
    """Return what it means that the peer reset the stream of a call."""
    refused = code == ErrorCode.REFUSED_STREAM
    return RpcError(
        _OF_RESET.get(code, StatusCode.INTERNAL),
        f"the peer reset the stream ({error_name(code)})",
        origin=Origin.CONNECTION if refused else Origin.PEER,
        untouched=refused,
    )


def error_of_trailers(status: bytes | None, trailers: Headers) -> RpcError:
    """Return the error that the server answered with, whatever it made of the status."""
    metadata = decode_metadata(trailers)
    if status is None:
        text = "the answer has no grpc-status"
        return RpcError(StatusCode.UNKNOWN, text, origin=Origin.VIOLATION, trailers=metadata)
    code = int(status) if status.isdigit() and len(status) <= len("16") else -1
    fields = dict(trailers)
    message = decode_message(fields.get(b"grpc-message", b""))
    if code not in _FAILURES:
        message = f"{message} (grpc-status {status.decode(errors='replace')!r})".strip()
    details = fields.get(b"grpc-status-details-bin")
    return RpcError(
        code if code in _FAILURES else StatusCode.UNKNOWN,
        message,
        details=None if details is None else decode_binary(details),
        trailers=metadata,
    )
