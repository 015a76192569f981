"""The headers of requests, encoded once for all calls of a method."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Final

from hostcore_grpc.http2 import encode_block, encode_field
from hostcore_grpc.rpc._messages import GZIP
from hostcore_grpc.rpc._metadata import encode_metadata, encode_timeout
from hostcore_grpc.rpc._status import Origin, RpcError, StatusCode

KNOWN_PATHS: Final = 1024
"""Paths whose header block is kept ready; the largest Terraform provider's services have fewer than 100 methods."""

KNOWN_TIMEOUTS: Final = 64
"""Timeouts whose header field is kept ready: a host has a handful of different ones."""

_PATH: Final = re.compile(r"/[!-~]+")


class RequestHeaders:
    """Encodes the headers of the calls over one connection.

    Args:
        authority: the `:authority` of all requests.
        scheme: `http` or `https`.
    """

    def __init__(self, *, authority: str, scheme: str) -> None:
        self._paths: dict[str, bytes] = {}
        self._timeouts: dict[float, bytes] = {}
        self._first = ((b":method", b"POST"), (b":scheme", scheme.encode()))
        self._last = (
            (b":authority", authority.encode()),
            (b"te", b"trailers"),
            (b"content-type", b"application/grpc"),
            (b"user-agent", b"polyhost"),
            (b"grpc-accept-encoding", GZIP),
        )

    def __repr__(self) -> str:
        return f"<RequestHeaders paths={len(self._paths)} timeouts={len(self._timeouts)}>"

    def check(self, path: str) -> None:
        """Raise `RpcError` for what is no path of a method."""
        if path not in self._paths:
            self._of_path(path)

    def block(self, path: str, timeout: float) -> bytes:
        """Return the header block of a call without its metadata.

        Args:
            path: `/package.Service/Method`.
            timeout: seconds that it has; infinite for no bound.

        Raises:
            RpcError: it is no path of a method.
        """
        block = self._paths.get(path) or self._of_path(path)
        if timeout != math.inf:
            block += self._timeouts.get(timeout) or self._of_timeout(timeout)
        return block

    def _of_path(self, path: str) -> bytes:
        if not _PATH.fullmatch(path):
            text = f"{path!r} is no path of a method: /package.Service/Method is one"
            raise RpcError(StatusCode.INVALID_ARGUMENT, text, origin=Origin.CALLER, untouched=True)
        block = encode_block((*self._first, (b":path", path.encode()), *self._last))
        if len(self._paths) < KNOWN_PATHS:
            self._paths[path] = block
        return block

    def _of_timeout(self, timeout: float) -> bytes:
        field = encode_field(b"grpc-timeout", encode_timeout(timeout))
        if len(self._timeouts) >= KNOWN_TIMEOUTS:
            self._timeouts.clear()  # those of calls that waited are all different
        self._timeouts[timeout] = field
        return field


def metadata_block(metadata: Iterable[tuple[str, str | bytes]]) -> bytes:
    """Return the header block of a call's own metadata.

    Raises:
        RpcError: a key or a value cannot be sent.
    """
    if not metadata:
        return b""
    try:
        return encode_block(encode_metadata(metadata))
    except ValueError as error:
        raise RpcError(
            StatusCode.INVALID_ARGUMENT, str(error), origin=Origin.CALLER, untouched=True
        ) from None
