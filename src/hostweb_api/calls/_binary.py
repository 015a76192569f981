"""Binary data in calls: MessagePack as a form of JSON that has bytes, and methods that take or give bytes alone."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

import msgpack  # type: ignore[import-untyped]  # msgpack ships no types

from hostcore.errors import InvalidParamsError, InvalidResultError
from hostweb_api._problems import Problem, ProblemError

_BYTES: Final = "$bytes"
# As deep as a JSON body may be; the decoder of MessagePack allows more.
_MAX_DEPTH: Final = 64


def pack(value: Any) -> bytes:
    """Encode a value as MessagePack.

    Raises:
        InvalidResultError: it holds what MessagePack has no form for.
    """
    try:
        packed: bytes = msgpack.packb(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidResultError(f"the answer has no form in MessagePack: {error}") from None
    return packed


def unpack(data: bytes) -> Any:
    """Decode one value in MessagePack, whose maps have text as keys.

    Raises:
        ProblemError: it is no MessagePack, or has what JSON has no counterpart for, but for bytes.
    """
    try:
        value = msgpack.unpackb(
            data, strict_map_key=True, ext_hook=_refuse_extension, object_pairs_hook=_object
        )
        _check(value, _MAX_DEPTH)
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        raise ProblemError(
            Problem(
                code="msgpack-invalid",
                detail=f"Invalid MessagePack: {str(error) or type(error).__name__}.",
                hint="send one map whose keys are text; extension types and timestamps are not taken",
            )
        ) from None
    return value


def _refuse_extension(code: int, _: bytes) -> Any:
    raise ValueError(f"an extension of the type {code}")


def _object(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if not all(type(key) is str for key in found):
        raise ValueError("a map with a key that is no text")
    return found


def _check(value: Any, left: int) -> None:
    """Refuse what is nested too deep, and timestamps, which the decoder makes without asking."""
    if left == 0:
        raise ValueError(f"more than {_MAX_DEPTH} levels")
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            _check(each, left - 1)
    elif isinstance(value, msgpack.Timestamp):
        raise TypeError("a timestamp")


def with_bytes(value: Any) -> Any:
    """Return a value in its JSON form with its binary data as bytes."""
    if isinstance(value, Mapping):
        if len(value) == 1 and isinstance(text := value.get(_BYTES), str):
            try:
                return base64.b64decode(text, validate=True)
            except binascii.Error:
                return value
        return {key: with_bytes(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [with_bytes(each) for each in value]
    return value


def is_binary(schema: Mapping[str, Any] | None) -> bool:
    """Return whether a schema, as a method's description has it, is that of bytes."""
    return schema is not None and _followed(schema, schema).get("x-binary") is True


def binary_member(schema: Mapping[str, Any]) -> str | None:
    """Return the only binary member of the objects that a schema describes, or None when there is none or several."""
    properties = _followed(schema, schema).get("properties", {})
    found = [name for name, each in properties.items() if _followed(each, schema).get("x-binary") is True]
    return found[0] if len(found) == 1 else None


def _followed(schema: Any, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference to a definition, once: further ones are rare, and then the method has no short form."""
    if not isinstance(schema, Mapping):
        return {}
    target = str(schema.get("$ref", ""))
    if target.startswith("#/$defs/"):
        found = document.get("$defs", {}).get(target.removeprefix("#/$defs/"), {})
        return found if isinstance(found, Mapping) else {}
    return schema


def bytes_of(result: Any, member: str, method: str) -> bytes:
    """Return the bytes that a result has in a member; raises `InvalidResultError`."""
    found = with_bytes(result.get(member)) if isinstance(result, Mapping) else None
    if not isinstance(found, bytes):
        raise InvalidResultError(
            f"{method} answered without {member}, which was to be the body",
            hint="ask for JSON with the header Accept: application/json",
        )
    return found


def needs_binary_member(method: str) -> InvalidParamsError:
    """Make the error for raw bytes that a method has no place for."""
    return InvalidParamsError(
        f"{method} has no place for raw bytes: neither one binary param, nor a stream of binary items",
        hint='send JSON, with binary data as {"$bytes": "<base64>"}, or MessagePack',
    )
