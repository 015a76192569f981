"""Reads the messages of gRPC's and go-plugin's own services, whatever a plugin sends in their place."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # the runtime ships no types

from hostcore_grpc.rpc import Origin, RpcError, StatusCode


def read_message(kind: Any, data: bytes) -> Any:
    """Return a message of one of the classes that `KnownMessages` holds; raises `RpcError` when it is none."""
    try:
        return kind.FromString(data)
    except DecodeError as error:
        name = kind.DESCRIPTOR.full_name
        raise RpcError(
            StatusCode.INTERNAL, f"the {len(data)} bytes are no {name}", origin=Origin.VIOLATION
        ) from error
